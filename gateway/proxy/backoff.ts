/** Milliseconds that the first retry waits at most; it doubles with each further one. */
const base = 25;
/** Milliseconds that no retry waits longer than. */
const cap = 1000;

/**
 * Milliseconds to wait before a retry, with full jitter: anything from 0 to the bound, evenly, so that clients that
 * failed together do not come back together.
 *
 * @param retry 1 for the first retry: at most 25 ms, then 50, 100, … up to 1 s.
 * @param random from 0 to below 1.
 */
export function backoff(retry: number, random: () => number = Math.random): number {
  return random() * Math.min(cap, base * 2 ** (retry - 1));
}
