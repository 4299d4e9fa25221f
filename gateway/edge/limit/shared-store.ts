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
}

/**
 * Counts with other processes. Each hit counts in memory too, so that this process goes on from what it knows when the
 * others cannot be asked; and a key that is over its limit is not asked about again until its window ends.
 */
export function createSharedStore({ rate, prefix, memory, shared, clock }: SharedStoreParts): CountStore {
  const { requests, window } = rate;
  const toShared = (key: string): SharedKey => ({
    key: prefix + key,
    window,
    heard: count => memory.learn(key, count.totalHits, count.resetAt),
  });

  return {
    localKeys: false,
    prefix,
    increment(key) {
      const known = memory.increment(key);
      if (known.totalHits > requests) return known;
      if (!shared.isUp) {
        shared.tell(toShared(key));
        return known;
      }
      const alone = new KeyWindow(clock, known.totalHits, known.resetAt);
      return shared.ask(toShared(key)).then(count => {
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
