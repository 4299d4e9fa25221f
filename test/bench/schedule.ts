/**
 * When the requests of a constant rate are due, whether or not earlier ones were answered. Latency counts from
 * the due time, so that a stalled server cannot hide the requests that had to wait for it (coordinated omission).
 */
export interface Schedule {
  /** Requests in all. */
  readonly count: number;
  /** How many are due at `elapsed` milliseconds. */
  dueBy(elapsed: number): number;
  /** Milliseconds after the start at which request `index` is due, from 0. */
  dueAt(index: number): number;
}

/** `rate` requests a second, evenly, for `seconds`. The first is due at once. */
export function toSchedule(rate: number, seconds: number): Schedule {
  const count = Math.floor(rate * seconds);
  return {
    count,
    dueBy: elapsed => (elapsed < 0 ? 0 : Math.min(count, Math.floor((elapsed * rate) / 1000) + 1)),
    dueAt: index => (index * 1000) / rate,
  };
}
