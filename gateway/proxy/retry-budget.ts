import type { Clock } from '../core/clock.ts';
import { SlidingCount } from './sliding-count.ts';

const span = 10_000;
/** So many retries in 10 s are always allowed, or a quiet upstream would never get one. */
const free = 3;

/** Keeps retries a bounded share of the requests of the last 10 s, so that they never make an outage worse. */
export interface RetryBudget {
  /** Counts an attempt that went out, first or not. */
  attempted(): void;
  /** Takes a retry if there is one left. */
  take(): boolean;
}

/** @param share percent of the first attempts that may be followed by a retry. */
export function createRetryBudget(share: number, clock: Clock): RetryBudget {
  const attempts = new SlidingCount(span);
  const retries = new SlidingCount(span);
  return {
    attempted: () => attempts.add(clock.now()),
    take() {
      const now = clock.now();
      const taken = retries.total(now);
      const firsts = attempts.total(now) - taken;
      if (taken >= free && (taken + 1) * 100 > firsts * share) return false;
      retries.add(now);
      return true;
    },
  };
}
