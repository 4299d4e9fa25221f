import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../extracted-services/chassis/database/database.ts';
import { newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import { newTrace } from '../../../extracted-services/chassis/trace.ts';
import type { OrderEvent } from '../../../extracted-services/orders/events.ts';
import { firstOwnId } from '../../../extracted-services/orders/order.ts';
import { apply, execute } from '../../../extracted-services/orders/order-log.ts';
import { rebuild } from '../../../extracted-services/orders/rebuild.ts';
import { type Repository, VersionConflict } from '../../../extracted-services/orders/repository.ts';
import { steps } from '../../../extracted-services/orders/saga-steps.ts';
import { createRepository, openOrdersDatabase } from '../../../extracted-services/orders/sql-repository.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';

const now = Date.UTC(2026, 2, 4, 4, 6, 7);
const lease = { owner: 'one', until: now + 30_000 };
const occasion = { now, trace: newTrace(), lease };
const line = {
  ...{ lineNo: 1, productId: 3, sku: 'HO-1003', productName: 'Wool blanket, crème' },
  ...{ quantity: 2, unitCents: 3095, lineCents: 6190 },
};
const content = {
  ...{ userId: 1, customerName: 'Alice Liddell', currency: 'EUR', lines: [line] },
  ...{ netCents: 5202, taxCents: 988, totalCents: 6190 },
};
const placed: OrderEvent = { type: 'order-placed', at: new Date(now).toISOString(), ...content };
const all = {
  userId: undefined,
  status: undefined,
  before: undefined,
  limit: 500,
  order: 'newest-first',
} as const;

describe.each(storeKinds)('a store of orders on $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let place: EmptyStore;
    let database: Database;
    let repository: Repository;
    beforeEach(async () => {
      place = await openEmptyStore(kind);
      database = await openOrdersDatabase(place.options);
      repository = createRepository(database);
    });
    afterEach(async () => {
      await repository.close();
      await place[Symbol.asyncDispose]();
    });

    const placeOne = (userId = 1): Promise<number> =>
      repository.transaction(async store => {
        const id = await store.nextId();
        await apply(store, id, { kind: 'place', ...content, userId }, occasion);
        return id;
      });
    const confirm = async (id: number): Promise<void> => {
      for (const { name: step } of steps) {
        await execute(repository, id, { kind: 'note-done', step, paymentId: 'pay_1' }, occasion);
      }
    };
    const projectAll = async (): Promise<void> => {
      while ((await repository.readModel.project(7)) > 0);
    };
    const told = async (): Promise<readonly string[]> =>
      (await database.all<{ body: string }>('SELECT body FROM outbox ORDER BY position')).map(
        ({ body }) => (JSON.parse(body) as { type: string }).type,
      );

    it('gives back what was appended, folded, and nothing for an order that is not there', async () => {
      const id = await placeOne();
      await confirm(id);
      const { state, version } = await repository.load(id);
      expect(version).toBe(6);
      expect(state.order).toMatchObject({ id, ...content, status: 'paid', paymentStatus: 'captured' });
      expect(await repository.load(7)).toMatchObject({ version: 0, state: { order: undefined } });
    });

    it('refuses to append where others have appended', async () => {
      const append = (expected: number) =>
        repository.transaction(store => store.append(5, expected, [placed]));
      await append(0);
      await expect(append(0)).rejects.toThrow(VersionConflict);
      await expect(append(2)).rejects.toThrow('order 5: expected 2 events, found 1');
      expect((await repository.load(5)).version).toBe(1);
    });

    it('decides anew where two decide at once: one event, not two', async () => {
      const id = await placeOne();
      const note = { kind: 'note-done', step: 'reserve-stock' } as const;
      await Promise.all([1, 2, 3, 4].map(() => execute(repository, id, note, occasion)));
      expect((await repository.load(id)).version).toBe(2);
    });

    it('numbers orders from a million on, never twice, and events without a gap', async () => {
      const ids = await Promise.all(Array.from({ length: 8 }, () => placeOne()));
      expect(ids.toSorted()).toEqual(Array.from({ length: 8 }, (_, index) => firstOwnId + index));
      await repository.transaction(store => store.append(1, 4, [placed])).catch(() => {});
      await placeOne();
      const rows = await database.all<{ position: number }>('SELECT position FROM events ORDER BY position');
      expect(rows.map(({ position }) => position)).toEqual(
        Array.from({ length: 9 }, (_, index) => index + 1),
      );
    });

    it('tells others in the transaction of the change, and nothing of what was rolled back', async () => {
      const id = await placeOne();
      const broken = repository.transaction(async store => {
        await apply(store, await store.nextId(), { kind: 'place', ...content }, occasion);
        throw new Error('power cut');
      });
      await expect(broken).rejects.toThrow('power cut');
      await confirm(id);
      expect(await told()).toEqual(['order.placed.v1', 'order.confirmed.v1']);
    });

    it('lists sagas that are under way, to one owner at a time', async () => {
      const id = await placeOne();
      expect(await repository.sagas.claim('two', now, now + 1)).toEqual([]);
      expect(await repository.sagas.claim('two', lease.until + 1, lease.until + 2)).toEqual([id]);
      expect(await repository.sagas.renew(id, 'one', now)).toBe(false);
      expect(await repository.sagas.renew(id, 'two', lease.until + 9)).toBe(true);
      await repository.sagas.letGo('two');
      expect(await repository.sagas.claim('one', now, lease.until)).toEqual([id]);
      await confirm(id);
      expect(await repository.sagas.count()).toBe(0);
    });

    it('keeps names and prices, the newest whatever comes last', async () => {
      const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z'];
      const product = { id: 3, sku: 'HO-1003', name: 'Wool', cents: 100 };
      const { customer, product: kept } = await repository.transaction(async store => {
        await store.saveCustomer({ id: 1, name: 'New' }, late);
        await store.saveCustomer({ id: 1, name: 'Old' }, early);
        await store.saveProduct({ ...product, cents: 200 }, late);
        await store.saveProduct(product, '');
        return { customer: await store.customer(1), product: await store.product(3) };
      });
      expect([customer, kept]).toEqual([
        { id: 1, name: 'New' },
        { ...product, cents: 200 },
      ]);
    });

    it('remembers keys, for thirty days, and handles an event once', async () => {
      const event = newEvent({ source: '/x', type: 'user.changed.v1', subject: 'user/1', data: {} });
      let count = 0;
      for (let time = 0; time < 2; time += 1) {
        await repository.transaction(store =>
          store.once(event, async () => {
            count += 1;
          }),
        );
      }
      expect(count).toBe(1);
      const known = { fingerprint: 'f', orderId: 1 };
      const recalled = await repository.transaction(async store => {
        await store.remember('k', known, '2026-01-01T00:00:00.000Z');
        const first = await store.recall('k');
        await store.remember('l', known, '2026-02-01T00:00:00.000Z');
        return [first, await store.recall('k'), await store.recall('l')];
      });
      expect(recalled).toEqual([known, undefined, known]);
    });

    describe('the read model', () => {
      it('is behind until it is told to follow, and takes each event once', async () => {
        const id = await placeOne();
        expect(await repository.readModel.list(all)).toEqual([]);
        expect(await repository.readModel.project(1)).toBe(1);
        expect(await repository.readModel.list(all)).toMatchObject([{ id, status: 'pending' }]);
        await confirm(id);
        // Two projectors at once: each event is taken by one of them.
        const taken = await Promise.all([repository.readModel.project(9), repository.readModel.project(9)]);
        expect(taken.reduce((sum, count) => sum + count)).toBe(5);
        expect(await repository.readModel.list(all)).toMatchObject([{ id, status: 'paid' }]);
        expect(await repository.readModel.project(9)).toBe(0);
      });

      it('changes nothing where its place is lost and it sees events again', async () => {
        await confirm(await placeOne());
        await projectAll();
        const before = await repository.readModel.list(all);
        await database.run('UPDATE generations SET position = 2');
        await projectAll();
        expect(await repository.readModel.list(all)).toEqual(before);
      });

      it('lists by user, status and id, newest first or as the monolith does', async () => {
        const ids = [await placeOne(1), await placeOne(2), await placeOne(1)];
        await confirm(ids[0] ?? 0);
        await projectAll();
        const list = async (more: object) =>
          (await repository.readModel.list({ ...all, ...more })).map(({ id }) => id);
        expect(await list({})).toEqual(ids.toReversed());
        expect(await list({ userId: 1 })).toEqual([ids[2], ids[0]]);
        expect(await list({ status: 'paid' })).toEqual([ids[0]]);
        expect(await list({ before: ids[2], limit: 1 })).toEqual([ids[1]]);
        const scattered = ids.toSorted((one, other) => ((one * 7919) % 1009) - ((other * 7919) % 1009));
        expect(await list({ order: 'as-legacy' })).toEqual(scattered);
        expect((await repository.readModel.after(ids[0] ?? 0, 5)).map(({ id }) => id)).toEqual(ids.slice(1));
        expect((await repository.readModel.after(0, 1))[0]?.lines).toEqual([line]);
      });

      it('forgets an order that the monolith has deleted', async () => {
        const { id: _, ...order } = (await repository.load(await placeOne())).state.order ?? { id: 0 };
        const take = { kind: 'take-legacy', change: 1, order: order as never } as const;
        await execute(repository, 42, take, occasion);
        await projectAll();
        expect((await repository.readModel.after(41, 1))[0]?.id).toBe(42);
        await execute(repository, 42, { kind: 'remove-legacy', change: 2 }, occasion);
        await projectAll();
        expect((await repository.readModel.after(41, 1))[0]?.id).toBe(firstOwnId);
      });

      it('is made anew while it serves, and while orders are placed', async () => {
        for (let count = 0; count < 12; count += 1) await placeOne();
        await projectAll();
        await database.run("UPDATE views SET status = 'nonsense', state = '{}'");
        const seen: number[] = [];
        const events = await rebuild(repository, {
          pageSize: 5,
          onPage: taken => void seen.push(taken),
        });
        expect([events, seen]).toEqual([12, [5, 10, 12]]);
        expect(await repository.readModel.list(all)).toHaveLength(12);
        const [, orders] = await Promise.all([
          rebuild(repository, { pageSize: 2 }),
          (async () => {
            const ids = [];
            for (let count = 0; count < 5; count += 1) {
              ids.push(await placeOne(3));
              await projectAll();
              expect((await repository.readModel.list(all)).length).toBeGreaterThanOrEqual(12 + count);
            }
            return ids;
          })(),
        ]);
        await projectAll();
        expect((await repository.readModel.list({ ...all, userId: 3 })).map(({ id }) => id)).toEqual(
          orders.toReversed(),
        );
      });

      it('is the old one until the new one is whole; one that was cut off is begun again', async () => {
        for (let count = 0; count < 4; count += 1) await placeOne();
        await projectAll();
        const cut = rebuild(repository, {
          pageSize: 2,
          onPage() {
            throw new Error('power cut');
          },
        });
        await expect(cut).rejects.toThrow('power cut');
        expect(await repository.readModel.list(all)).toHaveLength(4);
        expect(await rebuild(repository)).toBe(4);
        expect(await repository.readModel.list(all)).toHaveLength(4);
        const rows = await database.all('SELECT DISTINCT generation FROM views');
        expect(rows).toHaveLength(1);
      });
    });
  });
});
