import { describe, expect, it } from 'vitest';
import { createEvents } from '../../gateway/core/events.ts';
import type { Exchange } from '../../gateway/core/exchange.ts';
import type { Route } from '../../gateway/routing/route.ts';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import { createLeftoverKeeper } from '../../gateway/telemetry/leftovers.ts';
import { makeExchange, makeRoute, unclaimedRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const orders = makeRoute({ stage: 'migrated' });
const users = makeRoute({ name: 'users', index: 2, stage: 'migrated' });

function openKeeper(store = createMemoryStore(), clock = createManualClock()) {
  const events = createEvents();
  const failures: string[] = [];
  events.on('store-failed', ({ task }) => failures.push(task));
  const keeper = createLeftoverKeeper({ store, events, clock });
  const finish = (ended: Partial<Exchange> = {}, route: Route = orders): void =>
    events.emit({ type: 'exchange-finished', exchange: makeExchange(route, ended), totalMs: 1 });
  return { store, clock, keeper, finish, failures, [Symbol.dispose]: () => keeper.close() };
}

describe('what legacy still does', () => {
  it.each([
    ['a request that legacy served', {}, ['legacyServed']],
    ['one that the service served', { served: 'service' }, []],
    ['one that nobody served', { served: undefined }, []],
    ['a fallback', { fallback: 'upstream-reset' }, ['legacyServed', 'fallbacks']],
    ['a hold', { because: 'hold' }, ['legacyServed', 'holds']],
  ] as const)('%s counts as that', async (_, ended, kinds) => {
    using opened = openKeeper();
    opened.keeper.follow([unclaimedRoute, orders]);
    opened.clock.advance(1000);
    opened.finish(ended);
    const { legacyServed, fallbacks, holds, nearMisses } = await opened.keeper.of('orders');
    const all = { legacyServed, fallbacks, holds, nearMisses };
    for (const [kind, trace] of Object.entries(all))
      expect([kind, trace]).toEqual([
        kind,
        kinds.some(one => one === kind) ? { count: 1, lastAt: opened.clock.wall() } : { count: 0, lastAt: 0 },
      ]);
  });

  it('a near miss counts for the route it misses, where legacy has something there', async () => {
    using opened = openKeeper();
    opened.keeper.follow([unclaimedRoute, orders]);
    opened.finish({ nearMiss: orders, status: 404 }, unclaimedRoute);
    expect((await opened.keeper.of('orders')).nearMisses.count).toBe(0);
    opened.finish({ nearMiss: orders, status: 302 }, unclaimedRoute);
    const left = await opened.keeper.of('orders');
    expect([left.nearMisses.count, left.legacyServed.count]).toEqual([1, 0]);
  });

  it('is remembered over a restart, and by all gateways of the store', async () => {
    const store = createMemoryStore();
    const clock = createManualClock();
    const began = clock.wall();
    using first = openKeeper(store, clock);
    first.keeper.follow([unclaimedRoute, orders]);
    first.finish();
    clock.advance(30_000);
    await expect.poll(() => store.leftovers()).toMatchObject([{ route: 'orders', lastLegacyAt: began }]);
    clock.advance(60_000);
    using second = openKeeper(store, clock);
    second.keeper.follow([unclaimedRoute, orders]);
    expect(await second.keeper.of('orders')).toMatchObject({
      ...{ since: began, legacyServed: { count: 0, lastAt: began }, isPartial: false },
    });
  });

  it('what a route claims anew was served by legacy until then', async () => {
    using opened = openKeeper();
    opened.keeper.follow([unclaimedRoute, orders]);
    opened.clock.advance(5000);
    opened.keeper.follow([unclaimedRoute, orders, users]);
    expect((await opened.keeper.of('orders')).legacyServed.lastAt).toBe(0);
    expect((await opened.keeper.of('users')).legacyServed).toEqual({ count: 0, lastAt: opened.clock.wall() });
    opened.clock.advance(5000);
    const entry = {
      text: '/o/:id',
      pattern: '/o/:id',
      methods: undefined,
      host: undefined,
      headers: [],
      query: [],
    };
    opened.keeper.follow([unclaimedRoute, { ...orders, entries: [entry] }, users]);
    expect((await opened.keeper.of('orders')).legacyServed.lastAt).toBe(opened.clock.wall());
  });

  it('says so where the store is away, goes on in memory, and offers it again', async () => {
    const store = createMemoryStore();
    let isAway = true;
    const flaky = {
      ...store,
      saveLeftovers: (records: Parameters<typeof store.saveLeftovers>[0]) =>
        isAway ? Promise.reject(new Error('away')) : store.saveLeftovers(records),
      leftovers: () => (isAway ? Promise.reject(new Error('away')) : store.leftovers()),
    };
    using opened = openKeeper(flaky);
    opened.keeper.follow([unclaimedRoute, orders]);
    opened.finish();
    await opened.keeper.save();
    await opened.keeper.save();
    expect(opened.failures).toEqual(['save leftovers']);
    expect(await opened.keeper.of('orders')).toMatchObject({ isPartial: true, legacyServed: { count: 1 } });
    isAway = false;
    await opened.keeper.save();
    expect(await store.leftovers()).toMatchObject([{ route: 'orders', lastLegacyAt: opened.clock.wall() }]);
  });
});
