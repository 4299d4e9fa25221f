import { describe, expect, it } from 'vitest';
import { createHolds } from '../../gateway/admin/holds.ts';
import { createEvents, type GatewayEvent } from '../../gateway/core/events.ts';
import type { HoldStore } from '../../gateway/routing/route.ts';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const minute = 60_000;
const order = { route: 'orders', by: 'alice', reason: 'wrong totals' };

function openHolds(store: HoldStore = createMemoryStore()) {
  const clock = createManualClock();
  const events = createEvents();
  const heard: GatewayEvent[] = [];
  for (const type of ['route-held', 'route-released', 'store-failed', 'store-restored'] as const)
    events.on(type, event => void heard.push(event));
  return {
    holds: createHolds({ store, clock, events }),
    clock,
    store,
    heard,
    again: () => createHolds({ store, clock, events }),
  };
}

/** A store that can be sent away and called back. */
function createFickleStore() {
  const store = createMemoryStore();
  const state = { isAway: false };
  const through =
    <Given extends unknown[], Value>(call: (...given: Given) => Promise<Value>) =>
    async (...given: Given) => {
      if (state.isAway) throw new Error('disk I/O error');
      return call(...given);
    };
  const fickle: HoldStore = {
    holds: through(() => store.holds()),
    hold: through(one => store.hold(one)),
    release: through(route => store.release(route)),
  };
  return { fickle, state, store };
}

describe('holds', () => {
  it('covers a route from the moment it is held until it is released', async () => {
    const { holds, heard, clock } = openHolds();
    expect(holds.isEmpty).toBe(true);
    const done = holds.hold(order);
    expect(holds.of('orders')).toMatchObject({
      ...order,
      since: clock.wall(),
      until: undefined,
      released: 0,
    });
    expect(holds.of('users')).toBeUndefined();
    expect(holds.isEmpty).toBe(false);
    await done;
    expect(await holds.release({ ...order, by: 'bob', reason: 'fixed' })).toBe(true);
    expect(holds.isEmpty).toBe(true);
    expect(heard).toEqual([
      { type: 'route-held', ...order, until: undefined },
      { type: 'route-released', route: 'orders', by: 'bob', reason: 'fixed' },
    ]);
  });

  it('says that there is nothing to release', async () => {
    const { holds, heard } = openHolds();
    expect(await holds.release(order)).toBe(false);
    expect(heard).toEqual([]);
  });

  it('survives a restart, with what is left of its time', async () => {
    const { holds, clock, again } = openHolds();
    await holds.hold({ ...order, for: 10 * minute });
    holds.close();
    clock.advance(4 * minute);
    const next = again();
    await next.load();
    expect(next.of('orders')).toMatchObject(order);
    clock.advance(6 * minute);
    expect(next.of('orders')).toBeUndefined();
  });

  it('drops a hold whose time was up while nothing ran', async () => {
    const { holds, clock, store, again } = openHolds();
    await holds.hold({ ...order, for: minute });
    holds.close();
    clock.advance(2 * minute);
    const next = again();
    await next.load();
    expect(next.isEmpty).toBe(true);
    expect(await store.holds()).toEqual([]);
  });

  it('ends by itself when its time is up, each at its own, in the store too', async () => {
    const { holds, clock, store, heard } = openHolds();
    await holds.hold({ ...order, route: 'late', for: 5 * minute });
    await holds.hold({ ...order, route: 'soon', for: minute });
    await holds.hold({ ...order, route: 'forever' });
    clock.advance(minute - 1);
    expect(holds.list()).toHaveLength(3);
    clock.advance(1);
    expect(holds.list().map(({ route }) => route)).toEqual(['late', 'forever']);
    clock.advance(4 * minute);
    expect(holds.list().map(({ route }) => route)).toEqual(['forever']);
    await expect.poll(() => store.holds()).toHaveLength(1);
    expect(heard.at(-1)).toMatchObject({ type: 'route-released', route: 'late', reason: 'its time was up' });
  });

  it('waits longer than a timer can', async () => {
    const { holds, clock } = openHolds();
    const days = 24 * 60 * minute;
    await holds.hold({ ...order, for: 60 * days });
    clock.advance(59 * days);
    expect(holds.of('orders')).toBeDefined();
    clock.advance(days);
    expect(holds.of('orders')).toBeUndefined();
  });

  it('lets clients go in steps, and is gone after the last', async () => {
    const { holds, clock, heard } = openHolds();
    await holds.hold(order);
    await holds.release({ ...order, reason: 'fixed', ramp: { steps: [10, 50, 100], every: 10 * minute } });
    expect(holds.of('orders')?.released).toBe(10);
    clock.advance(10 * minute);
    expect(holds.of('orders')?.released).toBe(50);
    clock.advance(10 * minute - 1);
    expect(holds.of('orders')?.released).toBe(50);
    clock.advance(1);
    expect(holds.of('orders')).toBeUndefined();
    expect(heard.at(-1)).toMatchObject({ type: 'route-released', by: 'alice', reason: 'fixed' });
  });

  it('goes on with a ramp after a restart', async () => {
    const { holds, clock, again } = openHolds();
    await holds.hold(order);
    await holds.release({ ...order, ramp: { steps: [10, 100], every: minute } });
    holds.close();
    const next = again();
    await next.load();
    expect(next.of('orders')?.released).toBe(10);
    clock.advance(minute);
    expect(next.of('orders')).toBeUndefined();
  });

  it('covers everybody again when it is set anew during a ramp', async () => {
    const { holds, clock } = openHolds();
    await holds.hold(order);
    await holds.release({ ...order, ramp: { steps: [10, 100], every: minute } });
    await holds.hold(order);
    clock.advance(10 * minute);
    expect(holds.of('orders')).toMatchObject({ released: 0 });
  });

  it('holds without the store, loudly, and hands it over when the store is back', async () => {
    const { fickle, state, store } = createFickleStore();
    const { holds, clock, heard } = openHolds(fickle);
    state.isAway = true;
    await holds.hold(order);
    expect(holds.of('orders')).toBeDefined();
    expect(holds.unsaved).toBe(1);
    expect(heard).toContainEqual({ type: 'store-failed', task: 'hold on orders', reason: 'disk I/O error' });
    state.isAway = false;
    clock.advance(10_000);
    await expect.poll(() => store.holds()).toHaveLength(1);
    await expect.poll(() => holds.unsaved).toBe(0);
    expect(heard.at(-1)).toEqual({ type: 'store-restored' });
  });

  it('tells once a try that the store is away, however much is waiting for it', async () => {
    const { fickle, state } = createFickleStore();
    const { holds, clock, heard } = openHolds(fickle);
    state.isAway = true;
    await Promise.all(['a', 'b', 'c'].map(route => holds.hold({ ...order, route })));
    const failures = () => heard.filter(({ type }) => type === 'store-failed').length;
    expect([failures(), holds.unsaved]).toEqual([1, 3]);
    clock.advance(10_000);
    await expect.poll(failures).toBe(2);
    holds.close();
  });

  it('reads the store later if it was away at the start, and what was ordered meanwhile wins', async () => {
    const { fickle, state, store } = createFickleStore();
    const kept = { by: 'bob', reason: 'old', since: 1, until: undefined, released: 0 };
    for (const route of ['orders', 'users']) await store.hold({ ...kept, route });
    const { holds, clock } = openHolds(fickle);
    state.isAway = true;
    await holds.load();
    await holds.hold(order);
    expect(holds.of('users')).toBeUndefined();
    state.isAway = false;
    clock.advance(10_000);
    await expect.poll(() => holds.of('users')?.reason).toBe('old');
    expect(holds.of('orders')?.reason).toBe('wrong totals');
    await expect.poll(() => holds.unsaved).toBe(0);
  });

  it('is quick to hold ten thousand routes with a time each', async () => {
    const { holds, clock } = openHolds();
    const routes = Array.from({ length: 10_000 }, (_, at) => `route-${at}`);
    await Promise.all(routes.map((route, at) => holds.hold({ ...order, route, for: minute + at })));
    expect(clock.pending()).toBe(1);
    clock.advance(2 * minute);
    expect(holds.isEmpty).toBe(true);
  });

  it('leaves no timer behind', async () => {
    const { holds, clock } = openHolds();
    await holds.hold({ ...order, for: minute });
    holds.close();
    expect(clock.pending()).toBe(0);
  });
});
