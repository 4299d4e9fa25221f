import type { Clock } from '../core/clock.ts';

/** Places in the queue: as many as may be in flight, and never more than this. */
const longestQueue = 128;
/** Milliseconds that anybody waits for a place. */
const longestWait = 500;

/**
 * Bounds the requests in flight to one upstream. Beyond it a short queue: as many places as `concurrency`, at most 128,
 * for at most 500 ms, first come, first served. Beyond that there is no way in.
 */
export interface Bulkhead {
  readonly concurrency: number;
  readonly inFlight: number;
  readonly queued: number;
  /** True with a place, false without. A promise only where one has to wait. */
  enter(): boolean | Promise<boolean>;
  leave(): void;
}

interface Waiter {
  readonly answer: (hasPlace: boolean) => void;
  readonly stopTimer: () => void;
}

/** @param concurrency Infinity where nothing bounds it: then it only counts. */
export function createBulkhead(concurrency: number, clock: Clock): Bulkhead {
  const waiters = new Set<Waiter>();
  const places = Math.min(concurrency, longestQueue);
  let inFlight = 0;

  const wait = (): Promise<boolean> =>
    new Promise(resolve => {
      const waiter: Waiter = {
        answer: resolve,
        stopTimer: clock.after(longestWait, () => {
          waiters.delete(waiter);
          resolve(false);
        }),
      };
      waiters.add(waiter);
    });

  return {
    concurrency,
    get inFlight() {
      return inFlight;
    },
    get queued() {
      return waiters.size;
    },
    enter() {
      if (inFlight < concurrency) {
        inFlight++;
        return true;
      }
      return waiters.size < places ? wait() : false;
    },
    leave() {
      // A place is handed on rather than freed, so that no newcomer overtakes the queue.
      for (const next of waiters) {
        waiters.delete(next);
        next.stopTimer();
        return next.answer(true);
      }
      inFlight--;
    },
  };
}
