import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../extracted-services/chassis/database/database.ts';
import { type Bus, openBus } from '../../../extracted-services/chassis/events/bus.ts';
import { type CloudEvent, newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import {
  handleNewest,
  handleOnce,
  inboxMigration,
} from '../../../extracted-services/chassis/events/inbox.ts';
import {
  appendToOutbox,
  createRelay,
  outboxMigration,
} from '../../../extracted-services/chassis/events/outbox.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const product = (price: number, time = new Date().toISOString()): CloudEvent =>
  newEvent({
    source: '/services/products',
    type: 'product.changed.v1',
    subject: 'product/3',
    data: { price },
    time,
  });
const migrations = [
  outboxMigration,
  inboxMigration,
  'CREATE TABLE prices (id AUTO_ID, price BIGINT NOT NULL)',
];

/** A bus that takes what it is given, unless it is told to refuse. */
function createTakingBus() {
  const taken: CloudEvent[] = [];
  const state = { isAway: false };
  const publish: Bus['publish'] = async event => {
    if (state.isAway) throw new Error('the bus is away');
    taken.push(event);
  };
  return { taken, state, bus: { publish } as Bus };
}

describe.each(storeKinds)('on $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let store: EmptyStore;
    let database: Database;
    beforeEach(async () => {
      store = await openEmptyStore(kind);
      database = await openDatabase({ ...store.options, schema: 'shop', migrations });
    });
    afterEach(async () => {
      await database.close();
      await store[Symbol.asyncDispose]();
    });

    const change = (event: CloudEvent): Promise<void> =>
      database.transaction(async tx => {
        await tx.run('INSERT INTO prices (price) VALUES (?)', (event.data as { price: number }).price);
        await appendToOutbox(tx, event);
      });
    const prices = async (): Promise<readonly number[]> =>
      (await database.all<{ price: number }>('SELECT price FROM prices ORDER BY id')).map(
        ({ price }) => price,
      );

    describe('the outbox', () => {
      it('is published in the order of its commits, each event once', async () => {
        const { taken, bus } = createTakingBus();
        const events = Array.from({ length: 120 }, (_, price) => product(price));
        for (const event of events) await change(event);
        const relay = createRelay({ database, bus });
        await expect.poll(() => taken).toEqual(events);
        const later = product(999);
        await change(later);
        relay.wake();
        await expect.poll(() => taken.slice(120)).toEqual([later]);
        await relay.close();
      });

      it('holds nothing of a change that was rolled back', async () => {
        const { taken, bus } = createTakingBus();
        const failed = database.transaction(async tx => {
          await appendToOutbox(tx, product(1));
          throw new Error('no');
        });
        await expect(failed).rejects.toThrow('no');
        const kept = product(2);
        await change(kept);
        const relay = createRelay({ database, bus });
        await expect.poll(() => taken).toEqual([kept]);
        await relay.close();
      });

      it('is published after a restart where the process ended between commit and publish', async () => {
        const { taken, bus } = createTakingBus();
        const event = product(1);
        await change(event);
        await database.close();
        database = await openDatabase({ ...store.options, schema: 'shop', migrations });
        const relay = createRelay({ database, bus });
        await expect.poll(() => taken).toEqual([event]);
        await relay.close();
      });

      it('is published again where the process ended between publish and mark, and takes effect once', async () => {
        const { taken, bus } = createTakingBus();
        const event = product(1);
        await database.transaction(tx => appendToOutbox(tx, event));
        // The database ends at the very moment at which the event is to be marked.
        const relay = createRelay({
          database,
          bus: {
            ...bus,
            async publish(published) {
              await bus.publish(published);
              await database.close();
            },
          },
        });
        await expect.poll(() => taken).toHaveLength(1);
        await relay.close();
        database = await openDatabase({ ...store.options, schema: 'shop', migrations });
        const next = createRelay({ database, bus });
        await expect.poll(() => taken).toEqual([event, event]);
        await next.close();
        for (const delivered of taken) await handle(delivered);
        expect(await prices()).toEqual([1]);
      });

      it('waits while the bus refuses, says so, and keeps its order', async () => {
        const { taken, state, bus } = createTakingBus();
        const clock = createManualClock();
        const troubles: string[] = [];
        state.isAway = true;
        const events = [product(1), product(2)];
        for (const event of events) await change(event);
        const relay = createRelay({ database, bus, clock, onTrouble: what => troubles.push(what) });
        await expect
          .poll(() => {
            clock.advance(100);
            return troubles.length;
          })
          .toBeGreaterThan(2);
        expect(troubles[0]).toBe('outbox: Error: the bus is away');
        state.isAway = false;
        await expect
          .poll(() => {
            clock.advance(30_000);
            return taken;
          })
          .toEqual(events);
        await relay.close();
      });

      it('forgets what was published more than a day ago', async () => {
        const clock = createManualClock(Date.now());
        const { taken, bus } = createTakingBus();
        await change(product(1));
        const relay = createRelay({ database, bus, clock });
        await expect.poll(() => taken).toHaveLength(1);
        clock.advance(25 * 3_600_000);
        await expect
          .poll(() => {
            clock.advance(1000);
            return database.get('SELECT count(*) AS n FROM outbox');
          })
          .toEqual({ n: 0 });
        await relay.close();
      });
    });

    const handle = (event: CloudEvent, how = handleOnce): Promise<boolean> =>
      database.transaction(tx =>
        how(tx, 'catalogue', event, async inner => {
          await inner.run('INSERT INTO prices (price) VALUES (?)', (event.data as { price: number }).price);
        }),
      );

    describe('the inbox', () => {
      it('lets an event that is delivered twice, even at once, take effect once', async () => {
        const event = product(1);
        const done = await Promise.all([handle(event), handle(event), handle(event)]);
        expect(done.filter(Boolean)).toHaveLength(1);
        expect(await handle(event)).toBe(false);
        expect(await prices()).toEqual([1]);
      });

      it('knows each consumer’s events apart', async () => {
        const event = product(1);
        await handle(event);
        const other = await database.transaction(tx => handleOnce(tx, 'search', event, async () => {}));
        expect(other).toBe(true);
      });

      it('does not know an event whose work failed', async () => {
        const event = product(1);
        const failed = database.transaction(tx =>
          handleOnce(tx, 'catalogue', event, async () => {
            throw new Error('later');
          }),
        );
        await expect(failed).rejects.toThrow('later');
        expect(await handle(event)).toBe(true);
      });

      it('leaves out a late state: the newest stays, in whatever order they come', async () => {
        const [first, second, third] = [1, 2, 3].map(day => product(day, `2026-03-0${day}T00:00:00Z`));
        const done = [];
        for (const event of [second, first, third, second])
          done.push(await handle(event as CloudEvent, handleNewest));
        expect(done).toEqual([true, false, true, false]);
        expect(await prices()).toEqual([2, 3]);
      });

      it('compares times as instants, whatever their zone', async () => {
        await handle(product(1, '2026-03-01T12:00:00Z'), handleNewest);
        expect(await handle(product(2, '2026-03-01T12:30:00+01:00'), handleNewest)).toBe(false);
        expect(await handle(product(3, '2026-03-01T11:30:00-01:00'), handleNewest)).toBe(true);
      });
    });
  });
});

it('is not opened without a place', async () => {
  await expect(openBus({})).rejects.toThrow('a bus needs amqpUrl or file');
});
