import type { Clock } from '../../core/clock.ts';
import type { Rate } from '../../core/units.ts';
import type { CountStore } from './limiter.ts';
import { isSameWindow, KeyWindow, type MemoryStore } from './memory-store.ts';
import type { SharedCounts, SharedKey } from './shared-counts.ts';

export interface SharedStoreParts {
  readonly rate: Rate;
  /** Of the keys; the same in every process for the same rule. */
  readonly prefix: string;
  readonly memory: MemoryStore;
  readonly shared: SharedCounts;
  readonly clock: Clock;
  /** Hits that are counted ahead with one that is asked about, so that the next ones need not be; default 0. */
  readonly ahead?: number;
}

/**
 * Counts with other processes. Each hit counts in memory too, so that this process goes on from what it knows when the
 * others cannot be asked; and a key that is over its limit is not asked about again until its window ends. Hits that were
 * counted ahead are spent before the others are asked again: the sum over all never exceeds the limit by them, and may stay
 * below it by those that are not spent.
 */
export function createSharedStore(parts: SharedStoreParts): CountStore {
  const { rate, prefix, memory, shared, clock, ahead = 0 } = parts;
  const { requests, window } = rate;
  const toShared = (key: string): SharedKey => ({
    key: prefix + key,
    window,
    heard(count, counted) {
      memory.learn(key, count.totalHits, count.resetAt);
      const known = counted > 0 && count.totalHits <= requests ? memory.get(key) : undefined;
      if (known !== undefined) known.leased += counted;
    },
  });

  return {
    localKeys: false,
    prefix,
    increment(key) {
      const leased = ahead > 0 ? memory.get(key) : undefined;
      if (leased !== undefined && leased.leased > 0) {
        leased.leased -= 1;
        return leased;
      }
      const known = memory.increment(key);
      if (known.totalHits > requests) return known;
      if (!shared.isUp) {
        shared.tell(toShared(key));
        return known;
      }
      const alone = new KeyWindow(clock, known.totalHits, known.resetAt);
      const asked = known.isLeasing ? 0 : ahead;
      if (asked > 0) known.isLeasing = true;
      return shared.ask(toShared(key), asked).then(count => {
        if (asked > 0) known.isLeasing = false;
        if (count === undefined) return alone;
        // What was counted alone before counts too, while its window lasts.
        const hits = isSameWindow(rate, alone, count)
          ? Math.max(count.totalHits, alone.totalHits)
          : count.totalHits;
        return new KeyWindow(clock, hits, count.resetAt);
      });
    },
    note(key) {
      const known = memory.increment(key);
      if (known.totalHits <= requests) shared.tell(toShared(key));
      return known;
    },
    get: memory.get,
    decrement(key) {
      memory.decrement(key);
      shared.tell(toShared(key), -1);
    },
    resetKey(key) {
      const known = memory.get(key);
      memory.resetKey(key);
      // Beyond the limit nothing was shared.
      if (known !== undefined) shared.tell(toShared(key), -Math.min(known.totalHits, requests));
    },
  };
}
