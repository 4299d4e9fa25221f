import type { Clock } from '../../gateway/core/clock.ts';

/** A clock that stands until it is told to move. */
export interface ManualClock extends Clock {
  /** Moves on by `ms`, and makes the calls that fall due in order. */
  advance(ms: number): void;
  /** Calls that still wait. */
  readonly waiting: number;
}

export function createManualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = 0;
  const calls = new Set<{ at: number; call: () => void }>();
  const next = (until: number) =>
    [...calls].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at)[0];
  return {
    wall: () => start + now,
    now: () => now,
    after(ms, call) {
      const entry = { at: now + ms, call };
      calls.add(entry);
      return () => void calls.delete(entry);
    },
    advance(ms) {
      const until = now + ms;
      for (let due = next(until); due !== undefined; due = next(until)) {
        calls.delete(due);
        now = Math.max(now, due.at);
        due.call();
      }
      now = until;
    },
    get waiting() {
      return calls.size;
    },
  };
}
