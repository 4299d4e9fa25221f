import type { Clock } from '../../core/clock.ts';
import type { Rate } from '../../core/units.ts';
import type { CountStore } from './limiter.ts';
import { KeyWindow, type MemoryStore } from './memory-store.ts';
import type { SharedCount, SharedCounts } from './shared-counts.ts';

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

  const share = async (key: string): Promise<SharedCount | undefined> => {
    const count = await shared.add(prefix + key, window);
    if (count !== undefined) memory.learn(key, count.totalHits, count.resetAt);
    return count;
  };

  return {
    localKeys: false,
    prefix,
    increment(key) {
      const known = memory.increment(key);
      if (!shared.isUp || known.totalHits > requests) return known;
      const alone = new KeyWindow(clock, known.totalHits, known.resetAt);
      return share(key).then(count =>
        count === undefined ? alone : new KeyWindow(clock, count.totalHits, count.resetAt),
      );
    },
    note(key) {
      const known = memory.increment(key);
      if (shared.isUp && known.totalHits <= requests) void share(key);
      return known;
    },
    get: memory.get,
    decrement(key) {
      memory.decrement(key);
      if (shared.isUp) shared.take(prefix + key, window, 1);
    },
    resetKey(key) {
      const known = memory.get(key);
      memory.resetKey(key);
      if (shared.isUp && known !== undefined)
        // Beyond the limit nothing was shared.
        shared.take(prefix + key, window, Math.min(known.totalHits, requests));
    },
  };
}
