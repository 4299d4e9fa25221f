import { describe, expect, it } from 'vitest';
import { changesAtOnce, parseMessage, toText } from '../../gateway/admin/hold-change.ts';
import { type ChannelListener, createHoldSharing, pollEvery } from '../../gateway/admin/hold-sharing.ts';
import { createHolds } from '../../gateway/admin/holds.ts';
import { createEvents, type GatewayEvent } from '../../gateway/core/events.ts';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import type { Store } from '../../gateway/store/store.ts';
import { hold } from '../contract/store.suite.ts';
import { createManualClock, type ManualClock } from '../kit/manual-clock.ts';

const minute = 60_000;
const order = { route: 'orders', by: 'alice', reason: 'wrong totals' };
const release = { route: 'orders', by: 'bob', reason: 'fixed' };

/** Where everybody hears everybody who is there. */
function createNetwork() {
  const there = new Set<ChannelListener>();
  const network = {
    sent: [] as string[],
    join(listener: ChannelListener) {
      there.add(listener);
      listener.ready();
    },
    part(listener: ChannelListener) {
      there.delete(listener);
      listener.lost('socket closed');
    },
    say: (from: ChannelListener, text: string) => {
      if (!there.has(from)) return;
      network.sent.push(text);
      for (const listener of there) listener.heard(text);
    },
  };
  return network;
}

interface Node {
  readonly clock: ManualClock;
  readonly network?: ReturnType<typeof createNetwork>;
  readonly store?: Store;
  readonly isStoreShared?: boolean;
}

/** One gateway, as far as its holds go. */
function openNode({ clock, network, store = createMemoryStore(), isStoreShared = false }: Node) {
  const events = createEvents();
  const heard: GatewayEvent[] = [];
  for (const type of ['route-held', 'route-released', 'holds-degraded', 'holds-restored'] as const)
    events.on(type, event => void heard.push(event));
  let listener: ChannelListener | undefined;
  const holds = createHolds({
    ...{ store, clock, events, isStoreShared },
    announce: change => sharing.announce(change),
  });
  const sharing = createHoldSharing({
    ...{ holds, isStoreShared, clock, events },
    open(_, given) {
      listener = given;
      return { send: text => network?.say(given, text), close() {} };
    },
  });
  if (network !== undefined) sharing.follow('redis://x');
  return {
    ...{ holds, sharing, store, heard },
    reasons: () => holds.list().map(({ route, reason }) => `${route}: ${reason}`),
    join: () => network?.join(listener!),
    part: () => network?.part(listener!),
  };
}

/** Two gateways with stores of their own that hear each other. */
function openPair() {
  const clock = createManualClock();
  const network = createNetwork();
  const [one, other] = [openNode({ clock, network }), openNode({ clock, network })];
  one.join();
  other.join();
  return { clock, network, one, other };
}

/** A store that is there for one gateway and away for another. */
function seenFrom(store: Store) {
  const state = { isAway: false };
  const seen = new Proxy(store, {
    get(target, key: keyof Store) {
      const method = target[key] as (...given: unknown[]) => unknown;
      return async (...given: unknown[]) => {
        if (state.isAway) throw new Error('no route to host');
        return method(...given);
      };
    },
  });
  return { seen, state };
}

describe('holds of several gateways', () => {
  it('count on the other at once, are kept there too, and end there too', async () => {
    const { one, other } = openPair();
    const held = one.holds.hold(order);
    expect(other.holds.of('orders')).toMatchObject(order);
    await held;
    await expect.poll(() => other.store.holds()).toHaveLength(1);
    await other.holds.release(release);
    expect(one.holds.isEmpty).toBe(true);
    await expect.poll(() => one.store.holds()).toEqual([]);
    expect(one.heard.at(-1)).toEqual({ type: 'route-released', ...release });
    expect(other.heard[0]).toMatchObject({ type: 'route-held', ...order });
  });

  it('go through a ramp together, and tell of its beginning alone', async () => {
    const { one, other, clock, network } = openPair();
    await one.holds.hold(order);
    const before = network.sent.length;
    await one.holds.release({ ...release, ramp: { steps: [10, 50, 100], every: 10 * minute } });
    expect(other.holds.of('orders')?.released).toBe(10);
    clock.advance(10 * minute);
    expect([one, other].map(({ holds }) => holds.of('orders')?.released)).toEqual([50, 50]);
    clock.advance(10 * minute);
    expect([one, other].map(({ holds }) => holds.isEmpty)).toEqual([true, true]);
    expect(network.sent).toHaveLength(before + 1);
  });

  it('end on all when their time is up', async () => {
    const { one, other, clock } = openPair();
    await one.holds.hold({ ...order, for: minute });
    clock.advance(minute);
    expect([one, other].map(({ holds }) => holds.isEmpty)).toEqual([true, true]);
  });

  it('are exchanged when a gateway comes back: what it missed, held and released, and what it did alone', async () => {
    const { one, other, clock } = openPair();
    await one.holds.hold(order);
    other.part();
    expect(other.sharing.status()).toMatchObject({ redis: 'away', detail: 'socket closed' });
    clock.advance(1000);
    await one.holds.release(release);
    await one.holds.hold({ ...order, route: 'users' });
    await other.holds.hold({ ...order, route: 'products' });
    expect(other.reasons()).toEqual(['orders: wrong totals', 'products: wrong totals']);
    other.join();
    const both = ['products: wrong totals', 'users: wrong totals'];
    expect([one, other].map(node => node.reasons().sort())).toEqual([both, both]);
    expect(other.sharing.status()).toMatchObject({ redis: 'up', detail: '' });
    const told = other.heard.map(({ type }) => type).filter(type => type.startsWith('holds-'));
    expect(told).toEqual(['holds-degraded', 'holds-restored']);
  });

  it('of two orders for one route the later counts on both, whichever comes first', async () => {
    const { one, other, clock } = openPair();
    other.part();
    await other.holds.hold({ ...order, reason: 'earlier' });
    clock.advance(1000);
    await one.holds.hold({ ...order, reason: 'later' });
    other.join();
    expect([one, other].map(node => node.reasons())).toEqual([['orders: later'], ['orders: later']]);
  });

  it('are ordered by what a gateway has heard, not by its clock', async () => {
    const network = createNetwork();
    const one = openNode({ clock: createManualClock(Date.UTC(2026, 0, 1)), network });
    const late = openNode({ clock: createManualClock(Date.UTC(2025, 0, 1)), network });
    one.join();
    late.join();
    await one.holds.hold(order);
    await late.holds.release(release);
    expect([one, late].map(({ holds }) => holds.isEmpty)).toEqual([true, true]);
    await late.holds.hold({ ...order, reason: 'again' });
    expect([one, late].map(node => node.reasons())).toEqual([['orders: again'], ['orders: again']]);
    await expect.poll(() => one.store.holds()).toHaveLength(1);
  });

  it('that were kept by another clock can be released by an earlier one', async () => {
    const network = createNetwork();
    const kept = hold({ since: Date.UTC(2026, 0, 1) });
    const nodes = [2026, 2025].map(year =>
      openNode({ clock: createManualClock(Date.UTC(year, 0, 1)), network }),
    );
    for (const { store, holds, join } of nodes) {
      await store.hold(kept);
      await holds.load();
      join();
    }
    await nodes[1]!.holds.release(release);
    expect(nodes.map(({ holds }) => holds.isEmpty)).toEqual([true, true]);
  });

  it('that are over already when they are heard of end what they replaced', async () => {
    const { one, other, clock } = openPair();
    await one.holds.hold(order);
    other.part();
    await one.holds.hold({ ...order, for: minute });
    clock.advance(2 * minute);
    expect(other.holds.isEmpty).toBe(false);
    other.join();
    expect(other.holds.isEmpty).toBe(true);
  });

  it('are learned by a gateway that starts later, and what ended meanwhile is not taken from it', async () => {
    const clock = createManualClock();
    const network = createNetwork();
    const store = createMemoryStore();
    await store.hold(hold({ since: clock.wall() - 5000 }));
    const one = openNode({ clock, network });
    one.join();
    await one.holds.hold(order);
    await one.holds.release(release);
    await one.holds.hold({ ...order, route: 'users' });
    const started = openNode({ clock, network, store });
    await started.holds.load();
    expect(started.reasons()).toEqual([`orders: ${hold().reason}`]);
    started.join();
    expect(started.reasons()).toEqual(['users: wrong totals']);
    expect(one.reasons()).toEqual(['users: wrong totals']);
  });

  it('on a shared store are read every three seconds, without Redis', async () => {
    const clock = createManualClock();
    const store = createMemoryStore();
    const [one, other] = [1, 2].map(() => openNode({ clock, store, isStoreShared: true }));
    await one!.holds.hold(order);
    expect(other!.holds.isEmpty).toBe(true);
    clock.advance(pollEvery);
    await expect.poll(() => other!.reasons()).toEqual(['orders: wrong totals']);
    await other!.holds.release(release);
    clock.advance(pollEvery);
    await expect.poll(() => one!.holds.isEmpty).toBe(true);
    expect(one!.heard.at(-1)).toMatchObject({ type: 'route-released', by: 'another gateway' });
    expect(one!.sharing.status()).toEqual({ redis: 'none', detail: '', isStoreShared: true });
  });

  it('on a shared store are not undone by one whose time is up elsewhere', async () => {
    const clock = createManualClock();
    const store = createMemoryStore();
    const [one, late] = [1, 2].map(() => openNode({ clock, store, isStoreShared: true }));
    await one!.holds.hold({ ...order, for: minute });
    await late!.holds.sync();
    const again = hold({ since: clock.wall() + 1, reason: 'again' });
    await store.hold(again);
    clock.advance(minute);
    await expect.poll(() => late!.holds.unsaved).toBe(0);
    expect(await store.holds()).toEqual([again]);
  });

  it('on a shared store that the holder cannot reach count on the others all the same', async () => {
    const clock = createManualClock();
    const network = createNetwork();
    const store = createMemoryStore();
    const { seen, state } = seenFrom(store);
    const one = openNode({ clock, network, store: seen, isStoreShared: true });
    const other = openNode({ clock, network, store, isStoreShared: true });
    one.join();
    other.join();
    state.isAway = true;
    await one.holds.hold(order);
    expect(other.reasons()).toEqual(['orders: wrong totals']);
    for (let at = 0; at < 30; at++) {
      clock.advance(pollEvery);
      await other.holds.sync();
      expect(other.reasons()).toEqual(['orders: wrong totals']);
    }
    state.isAway = false;
    clock.advance(10_000);
    await expect.poll(() => store.holds()).toHaveLength(1);
    await expect.poll(() => one.holds.unsaved).toBe(0);
    clock.advance(minute);
    await other.holds.sync();
    expect(other.reasons()).toEqual(['orders: wrong totals']);
  });

  it('on a shared store count no longer than it says so, once it has said so', async () => {
    const clock = createManualClock();
    const network = createNetwork();
    const store = createMemoryStore();
    const [one, other] = [1, 2].map(() => openNode({ clock, network, store, isStoreShared: true }));
    one!.join();
    other!.join();
    await one!.holds.hold(order);
    await other!.holds.sync();
    one!.part();
    await one!.holds.release(release);
    clock.advance(pollEvery);
    await other!.holds.sync();
    expect(other!.holds.isEmpty).toBe(true);
  });

  it('on a shared store are not undone by a reading that began before them', async () => {
    const clock = createManualClock();
    const store = createMemoryStore();
    const node = openNode({ clock, store, isStoreShared: true });
    const reading = node.holds.sync();
    await node.holds.hold(order);
    await reading;
    expect(node.reasons()).toEqual(['orders: wrong totals']);
  });

  it('leave no timer behind', async () => {
    const { one, other, clock } = openPair();
    const shared = openNode({ clock, isStoreShared: true });
    for (const { sharing, holds } of [one, other, shared]) {
      sharing.close();
      holds.close();
    }
    expect(clock.pending()).toBe(0);
  });

  it('are told in messages of a bounded size', async () => {
    const { one, other, network } = openPair();
    other.part();
    const routes = Array.from({ length: 450 }, (_, at) => `route-${at}`);
    await Promise.all(routes.map(route => one.holds.hold({ ...order, route })));
    network.sent.length = 0;
    other.join();
    expect(other.holds.list()).toHaveLength(450);
    for (const text of network.sent) expect(parseMessage(text)).toBeDefined();
  });
});

describe('a message of another gateway', () => {
  const ramp = { steps: [50], every: 1, nextAt: 2, by: 'a', reason: 'b' };
  const change = { route: 'orders', at: 5, hold: hold({ ramp }), by: 'alice', reason: 'x' };
  const message = { kind: 'tell', from: 'a', changes: [change] } as const;

  it('is what was sent', () => {
    expect(parseMessage(toText(message))).toEqual(message);
    expect(parseMessage(toText({ kind: 'ask', from: 'a' }))).toEqual({ kind: 'ask', from: 'a' });
  });

  it.each([
    ['no JSON', 'hold orders'],
    ['another kind', JSON.stringify({ ...message, kind: 'shout' })],
    ['no sender', JSON.stringify({ ...message, from: 7 })],
    ['a hold of another route', JSON.stringify({ ...message, changes: [{ ...change, route: 'users' }] })],
    ['a time that is none', JSON.stringify({ ...message, changes: [{ ...change, at: 'soon' }] })],
    [
      'a ramp that is none',
      JSON.stringify({ ...message, changes: [{ ...change, hold: hold({ ramp: 1 as never }) }] }),
    ],
    [
      'a reason without end',
      JSON.stringify({ ...message, changes: [{ ...change, reason: 'x'.repeat(1001) }] }),
    ],
    [
      'more changes than fit',
      JSON.stringify({ ...message, changes: new Array(changesAtOnce + 1).fill(change) }),
    ],
    ['more text than fits', JSON.stringify({ ...message, more: 'x'.repeat(2 ** 20) })],
  ])('is ignored with %s', (_, text) => {
    expect(parseMessage(text)).toBeUndefined();
  });
});
