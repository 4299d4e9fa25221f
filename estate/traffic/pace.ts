import { setTimeout } from 'node:timers/promises';

/** Hands out turns, so many a second, whoever asks; nobody can save them up. */
export interface Pace {
  /** True at the next free moment; false as soon as there will be none any more. */
  turn(): Promise<boolean>;
  end(): void;
}

/** @param rate turns a second. @param seconds how long; without it until `end`. */
export function createPace(rate: number, seconds?: number): Pace {
  const interval = 1000 / rate;
  const over = new AbortController();
  const until = seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + seconds * 1000;
  let next = performance.now();
  return {
    async turn() {
      const mine = Math.max(next, performance.now());
      next = mine + interval;
      if (mine >= until || over.signal.aborted) return false;
      try {
        await setTimeout(Math.max(0, mine - performance.now()), undefined, { signal: over.signal });
        return true;
      } catch {
        return false;
      }
    },
    end: () => over.abort(),
  };
}
