import type { Clock } from '../../gateway/core/clock.ts';

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  /** Goes `ms` forward; what falls due is called on the way, in order, each at its own time. */
  advance(ms: number): void;
  /** Goes forward to the call that is due first; nothing where there is none. */
  next(): void;
  /** Calls that are still to come. */
  pending(): number;
}

/** @param start wall time at the beginning; the monotonic time begins at 1000. */
export function createManualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  const timers = new Set<{ readonly at: number; readonly call: () => void }>();
  const origin = 1000;
  let now = origin;

  const nextBefore = (end: number) => {
    let next: { readonly at: number; readonly call: () => void } | undefined;
    for (const timer of timers)
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    return next;
  };

  const advance = (ms: number): void => {
    const end = now + ms;
    for (let timer = nextBefore(end); timer !== undefined; timer = nextBefore(end)) {
      timers.delete(timer);
      now = Math.max(now, timer.at);
      timer.call();
    }
    now = end;
  };

  return {
    wall: () => start + now - origin,
    now: () => now,
    after(ms, call) {
      const timer = { at: now + ms, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance,
    next() {
      const timer = nextBefore(Number.POSITIVE_INFINITY);
      if (timer !== undefined) advance(timer.at - now);
    },
    pending: () => timers.size,
  };
}
