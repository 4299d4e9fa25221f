import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type Bus,
  type SubscribeOptions,
  Unhandleable,
} from '../../../extracted-services/chassis/events/bus.ts';
import {
  type CloudEvent,
  type EventType,
  newEvent,
} from '../../../extracted-services/chassis/events/cloud-event.ts';
import { type BusPlace, busKinds, openBusPlace } from '../../kit/buses.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const event = (subject: string, type: EventType = 'order.placed.v1', data: unknown = {}): CloudEvent =>
  newEvent({ source: '/services/orders', type, subject, data });
const ids = (events: readonly CloudEvent[]): readonly string[] => events.map(({ id }) => id);

/** A group that keeps what it is given. */
async function listen(bus: Bus, options: Partial<SubscribeOptions> = {}) {
  const given: CloudEvent[] = [];
  const subscription = bus.subscribe({
    group: 'mail',
    types: ['order.placed.v1'],
    backoff: 1,
    ...options,
    async handle(received) {
      given.push(received);
      await options.handle?.(received);
    },
  });
  await subscription.ready;
  return { given, subscription };
}

const fail = async (): Promise<void> => {
  throw new RangeError('the post office is closed');
};

describe.each(busKinds)('the $kind bus', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let place: BusPlace;
    let bus: Bus;
    beforeEach(async () => {
      place = await openBusPlace(kind);
      bus = await place.open();
    });
    afterEach(() => place[Symbol.asyncDispose]());

    it('gives an event as it was to every group that wants its type, and to no other', async () => {
      const mail = await listen(bus);
      const search = await listen(await place.open(), { group: 'search' });
      const stock = await listen(bus, { group: 'products', types: ['stock.changed.v1'] });
      const sent = newEvent({
        source: '/services/orders',
        type: 'order.placed.v1',
        subject: 'order/1',
        data: { text: 'Müller & “Söhne”', cents: 12_90 },
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      });
      await bus.publish(sent);
      const changed = event('product/1', 'stock.changed.v1');
      await bus.publish(changed);
      await expect.poll(() => [mail.given, search.given, stock.given]).toEqual([[sent], [sent], [changed]]);
    });

    it('keeps events for a group whose processes all rest', async () => {
      const { subscription } = await listen(bus);
      await subscription.close();
      const sent = event('order/1');
      await (await place.open()).publish(sent);
      const { given } = await listen(await place.open());
      await expect.poll(() => ids(given)).toEqual([sent.id]);
    });

    it('delivers what is published twice twice: telling them apart is the inbox’s work', async () => {
      const { given } = await listen(bus);
      const sent = event('order/1');
      await bus.publish(sent);
      await bus.publish(sent);
      await expect.poll(() => ids(given)).toEqual([sent.id, sent.id]);
    });

    it('keeps the order of a subject while one of its events is tried again, and lets others pass', async () => {
      const finished: string[] = [];
      const { promise: mayPass, resolve: pass } = Promise.withResolvers<void>();
      let failures = 0;
      await listen(bus, {
        async handle({ subject, data }) {
          const { number } = data as { number: number };
          if (number === 1) {
            await mayPass;
            failures += 1;
            if (failures < 3) throw new Error('not yet');
          }
          finished.push(`${subject} ${number}`);
        },
      });
      for (const number of [1, 2, 3]) await bus.publish(event('order/1', 'order.placed.v1', { number }));
      await bus.publish(event('order/2', 'order.placed.v1', { number: 9 }));
      await expect.poll(() => finished).toEqual(['order/2 9']);
      pass();
      await expect.poll(() => finished).toEqual(['order/2 9', 'order/1 1', 'order/1 2', 'order/1 3']);
    });

    it('makes what fails five times a dead letter with its reason, and replays it to that group alone', async () => {
      let handle = fail;
      const { given } = await listen(bus, { handle: () => handle() });
      const search = await listen(bus, { group: 'search' });
      const sent = event('order/1');
      await bus.publish(sent);
      await expect.poll(() => bus.deadLetters.list()).toHaveLength(1);
      const [letter] = await bus.deadLetters.list('mail');
      expect(letter).toMatchObject({
        group: 'mail',
        id: sent.id,
        reason: 'RangeError: the post office is closed',
        attempts: 5,
      });
      expect(JSON.parse(letter?.body ?? '')).toEqual(sent);
      expect(Math.abs(Date.parse(letter?.at ?? '') - Date.now())).toBeLessThan(60_000);
      expect(given).toHaveLength(5);
      expect(await bus.deadLetters.list('search')).toEqual([]);

      handle = async () => {};
      expect(await bus.deadLetters.replay('search', sent.id)).toBe(0);
      expect(await bus.deadLetters.replay('mail', 'another')).toBe(0);
      expect(await bus.deadLetters.replay('mail', sent.id)).toBe(1);
      await expect.poll(() => given).toHaveLength(6);
      expect(await bus.deadLetters.list()).toEqual([]);
      expect(search.given).toHaveLength(1);
    });

    it('makes what its handler calls unhandleable a dead letter at once', async () => {
      const { given } = await listen(bus, {
        handle: async () => {
          throw new Unhandleable('data.user_id: expected text');
        },
      });
      await bus.publish(event('order/1'));
      await expect.poll(() => bus.deadLetters.list()).toHaveLength(1);
      const [letter] = await bus.deadLetters.list();
      expect(letter).toMatchObject({ reason: 'Unhandleable: data.user_id: expected text', attempts: 1 });
      expect(given).toHaveLength(1);
    });

    it('gives a replayed event all its attempts again', async () => {
      const { given } = await listen(bus, { attempts: 2, handle: fail });
      await bus.publish(event('order/1'));
      await expect.poll(() => bus.deadLetters.list()).toHaveLength(1);
      await bus.deadLetters.replay('mail', 'all');
      await expect.poll(() => given).toHaveLength(4);
      await expect.poll(() => bus.deadLetters.list()).toHaveLength(1);
    });

    it('goes on with the next event of a subject when one is dead', async () => {
      const { given } = await listen(bus, {
        attempts: 1,
        handle: async ({ data }) => (data === 1 ? fail() : undefined),
      });
      await bus.publish(event('order/1', 'order.placed.v1', 1));
      await bus.publish(event('order/1', 'order.placed.v1', 2));
      await expect.poll(() => given.map(({ data }) => data)).toEqual([1, 2]);
    });

    it('drops a dead letter by its id, or all of a group', async () => {
      await listen(bus, { attempts: 1, handle: fail });
      await listen(bus, { group: 'search', attempts: 1, handle: fail });
      const sent = [event('order/1'), event('order/2'), event('order/3')];
      for (const each of sent) await bus.publish(each);
      await expect.poll(() => bus.deadLetters.list()).toHaveLength(6);
      expect(await bus.deadLetters.drop('mail', sent[1]?.id ?? '')).toBe(1);
      expect((await bus.deadLetters.list('mail')).map(({ id }) => id).toSorted()).toEqual(
        [sent[0]?.id, sent[2]?.id].toSorted(),
      );
      expect(await bus.deadLetters.drop('search', 'all')).toBe(3);
      expect(await bus.deadLetters.list()).toHaveLength(2);
    });

    it.each([
      ['{ no JSON', 'malformed: expected a JSON object, got { no JSON'],
      [JSON.stringify({ ...event('order/1'), id: undefined }), 'malformed: id: expected'],
      [JSON.stringify({ ...event('order/1'), specversion: '0.3' }), 'malformed: specversion: expected "1.0"'],
    ])('makes %s a dead letter without asking the handler', async (text, reason) => {
      const { given } = await listen(bus);
      await place.inject('mail', text);
      await expect.poll(() => bus.deadLetters.list()).toHaveLength(1);
      const [letter] = await bus.deadLetters.list('mail');
      expect(letter).toMatchObject({ group: 'mail', attempts: 1, body: text });
      expect(letter?.reason).toContain(reason);
      expect(given).toEqual([]);
      expect(await bus.deadLetters.drop('mail', letter?.id ?? '')).toBe(1);
    });

    it('refuses to publish what its own reader would refuse', async () => {
      const { given } = await listen(bus);
      const large = event('order/1', 'order.placed.v1', 'x'.repeat(300_000));
      await expect(async () => bus.publish(large)).rejects.toThrow('expected at most 262144 bytes, got 300');
      await expect(async () => bus.publish({ ...event('order/1'), id: 'a b' })).rejects.toThrow(TypeError);
      expect(given).toEqual([]);
    });

    it('has at most `prefetch` events under way', async () => {
      const waiting: (() => void)[] = [];
      const sent = Array.from({ length: 40 }, (_, number) => event(`order/${number}`));
      const { given, subscription } = await listen(bus, {
        prefetch: 3,
        handle: () => new Promise(resolve => waiting.push(resolve)),
      });
      for (const each of sent) await bus.publish(each);
      let most = 0;
      await expect
        .poll(() => {
          most = Math.max(most, waiting.length);
          if (waiting.length === 3 || given.length > 37) waiting.shift()?.();
          return given.length;
        })
        .toBe(40);
      expect(most).toBe(3);
      expect(new Set(ids(given)).size).toBe(40);
      for (const end of waiting) end();
      await subscription.close();
    });

    it('shares a group’s events among its processes, each to one of them', async () => {
      const holding = await place.startConsumer('mail', 'endless');
      const sent = Array.from({ length: 60 }, (_, number) => event(`order/${number}`));
      await Promise.all(sent.map(each => bus.publish(each)));
      await expect.poll(() => holding.given.length).toBeGreaterThan(0);
      // Whoever comes later gets what nobody has.
      const quick = await place.startConsumer('mail', 'quick');
      await expect.poll(() => [...holding.given, ...quick.given].toSorted()).toEqual(ids(sent).toSorted());
      expect(quick.given.length).toBeGreaterThan(0);
    });

    it('gives what a process had when it was killed to another', async () => {
      const killed = await place.startConsumer('mail', 'endless');
      const sent = event('order/1');
      await bus.publish(sent);
      await expect.poll(() => killed.given).toEqual([sent.id]);
      await killed.kill();
      const clock = createManualClock(Date.now());
      const { given } = await listen(await place.open({ clock }));
      await expect
        .poll(() => {
          clock.advance(1000);
          return ids(given);
        })
        .toEqual([sent.id]);
    });

    it('closes when the handlers under way have ended, and gives them nothing more', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const { given, subscription } = await listen(bus, { prefetch: 1, handle: () => promise });
      await bus.publish(event('order/1'));
      await bus.publish(event('order/2'));
      await expect.poll(() => given).toHaveLength(1);
      const closed = subscription.close();
      resolve();
      await closed;
      const next = await listen(await place.open());
      await expect.poll(() => next.given.map(({ subject }) => subject)).toEqual(['order/2']);
      expect(given).toHaveLength(1);
    });

    it('waits ten seconds for a handler, and then gives its event to another', async () => {
      const clock = createManualClock(Date.now());
      const first = await place.open({ clock });
      const { given, subscription } = await listen(first, { handle: () => new Promise(() => {}) });
      const sent = event('order/1');
      await bus.publish(sent);
      await expect
        .poll(() => {
          clock.advance(100);
          return ids(given);
        })
        .toEqual([sent.id]);
      const closed = subscription.close();
      const next = await listen(await place.open());
      expect(next.given).toEqual([]);
      await expect
        .poll(() => {
          clock.advance(10_000);
          return ids(next.given);
        })
        .toEqual([sent.id]);
      await closed;
    });

    it('does not lose what waits for its next attempt when it closes', async () => {
      const { given, subscription } = await listen(bus, { backoff: 1_000, handle: fail });
      const sent = event('order/1');
      await bus.publish(sent);
      await expect.poll(() => given).toHaveLength(1);
      await subscription.close();
      const clock = createManualClock(Date.now());
      const next = await listen(await place.open({ clock }));
      await expect
        .poll(() => {
          clock.advance(1000);
          return ids(next.given);
        })
        .toEqual([sent.id]);
    });

    it.each([{ group: 'Mail' }, { types: [] }, { prefetch: 0 }, { attempts: 1.5 }])(
      'refuses to subscribe with %j',
      async options => {
        await expect(listen(bus, options)).rejects.toThrow(TypeError);
      },
    );
  });
});
