import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type Room } from '../../../gateway/edge/limit/memory-store.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const open = (requests = 5, window = 1000, room: Room = { used: 0, max: 100_000 }) => {
  const clock = createManualClock();
  return { clock, room, store: createMemoryStore({ requests, window }, room, clock) };
};

describe('memory store', () => {
  it('counts as a naive model does, whatever keys come when', () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 700 }), fc.boolean()),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, moves => {
        const { clock, store } = open();
        const model = new Map<string, { hits: number; end: number }>();
        for (const [key, pause, isSwept] of moves) {
          clock.advance(pause);
          if (isSwept) store.sweep();
          const known = model.get(key);
          const window =
            known !== undefined && clock.now() < known.end ? known : { hits: 0, end: clock.now() + 1000 };
          window.hits += 1;
          model.set(key, window);
          const { totalHits, resetAt, resetTime } = store.increment(key);
          expect({ totalHits, resetAt }).toEqual({ totalHits: window.hits, resetAt: window.end });
          expect(resetTime.getTime()).toBe(clock.wall() + window.end - clock.now());
        }
      }),
    );
  });

  it('answers what it knows without counting', () => {
    const { store, clock } = open();
    expect(store.get('a')).toBeUndefined();
    store.increment('a');
    store.increment('a');
    store.decrement('a');
    expect(store.get('a')?.totalHits).toBe(1);
    clock.advance(1000);
    expect(store.get('a')).toBeUndefined();
  });

  it('forgets one key, or all', () => {
    const { store, room } = open();
    store.increment('a');
    store.increment('b');
    store.resetKey('a');
    expect([store.get('a'), store.get('b')?.totalHits, room.used]).toEqual([undefined, 1, 1]);
    store.shutdown();
    expect([store.size, room.used]).toEqual([0, 0]);
  });

  it('forgets what has ended within two windows, without being hit', () => {
    const { store, room, clock } = open();
    for (let i = 0; i < 50; i++) store.increment(`key ${i}`);
    clock.advance(1000);
    store.sweep();
    clock.advance(1000);
    store.sweep();
    expect([store.size, room.used]).toEqual([0, 0]);
  });

  it('forgets all at once after a long silence', () => {
    const { store, room, clock } = open();
    store.increment('a');
    clock.advance(2000);
    store.sweep();
    expect([store.size, room.used]).toEqual([0, 0]);
  });

  it('never holds more keys than there is room for, over all rules', () => {
    const room: Room = { used: 0, max: 5000 };
    const clock = createManualClock();
    const stores = [1, 2, 3].map(() => createMemoryStore({ requests: 5, window: 60_000 }, room, clock));
    for (let i = 0; i < 30_000; i++) stores[i % 3]!.increment(`key ${i}`);
    expect(room.used).toBeLessThanOrEqual(5000);
    expect(stores.reduce((sum, store) => sum + store.size, 0)).toBe(room.used);
  });

  it('leaves a rule a thousand keys when others have used all room', () => {
    const room: Room = { used: 5000, max: 5000 };
    const { store } = open(5, 60_000, room);
    for (let i = 0; i < 3000; i++) store.increment(`key ${i}`);
    expect(store.size).toBeGreaterThan(900);
    expect(store.size).toBeLessThanOrEqual(1000);
  });

  it('gives nobody over the limit a new count for flooding it with other keys', () => {
    const { store } = open(5, 60_000, { used: 0, max: 2000 });
    for (let i = 0; i < 10; i++) store.increment('flooding');
    for (let i = 0; i < 20_000; i++) store.increment(`key ${i}`);
    expect(store.increment('flooding').totalHits).toBe(11);
    expect(store.size).toBeLessThanOrEqual(2000);
  });

  it('stays within its room even if every key is over the limit', () => {
    const { store } = open(1, 60_000, { used: 0, max: 2000 });
    for (let i = 0; i < 5000; i++) {
      store.increment(`key ${i}`);
      store.increment(`key ${i}`);
    }
    expect(store.size).toBeLessThanOrEqual(2000);
  });

  describe('told what other processes counted', () => {
    it('goes on from the greater count, in their window', () => {
      const { store, clock } = open(100);
      store.increment('a');
      store.learn('a', 40, clock.now() + 300);
      expect(store.increment('a').totalHits).toBe(41);
      store.learn('a', 39, clock.now() + 299);
      expect(store.increment('a').totalHits).toBe(42);
      clock.advance(301);
      expect(store.increment('a').totalHits).toBe(1);
    });

    it('begins anew with their next window, and ignores an answer about the last one', () => {
      const { store, clock } = open(100);
      store.increment('a');
      store.learn('a', 90, clock.now() + 10);
      store.learn('a', 2, clock.now() + 1000);
      expect(store.increment('a').totalHits).toBe(3);
      store.learn('a', 91, clock.now() + 9);
      expect(store.increment('a').totalHits).toBe(4);
    });
  });
});
