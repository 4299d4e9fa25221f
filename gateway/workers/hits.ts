import type { Clock } from '../core/clock.ts';
import type { Redis, RedisListener } from '../edge/limit/redis.ts';
import type { Channel } from './channel.ts';

/** Keys that are remembered; beyond, those that are over go, then the oldest. */
const maxKeys = 200_000;
/** Share of the keys that goes at once where there is no room. */
const forgotten = 1 / 16;

/** Counts that all workers share, kept by the process that started them. */
export interface SharedHits {
  /** Adds hits to keys: an amount and a window for each. Answers the new total and the milliseconds left of each. */
  add(keys: readonly string[], args: readonly string[]): number[];
  readonly size: number;
}

/** What Redis does for several gateways (see `addHits`), for the workers of one. Windows begin with their first hit. */
export function createSharedHits(clock: Pick<Clock, 'now'>, most = maxKeys): SharedHits {
  const windows = new Map<string, { total: number; readonly resetAt: number }>();

  const makeRoom = (now: number): void => {
    for (const [key, { resetAt }] of windows) if (resetAt <= now) windows.delete(key);
    let left = windows.size < most ? 0 : Math.max(1, Math.floor(most * forgotten));
    for (const key of windows.keys()) {
      if (left-- <= 0) return;
      windows.delete(key);
    }
  };

  const open = (key: string, resetAt: number, now: number) => {
    if (windows.size >= most) makeRoom(now);
    const opened = { total: 0, resetAt };
    // A window that begins anew is the newest.
    windows.delete(key);
    windows.set(key, opened);
    return opened;
  };

  return {
    add(keys, args) {
      const now = clock.now();
      return keys.flatMap((key, at) => {
        const known = windows.get(key);
        const isOver = known === undefined || known.resetAt <= now;
        const found = isOver ? open(key, now + Number(args[at * 2 + 1]), now) : known;
        found.total += Number(args[at * 2]);
        return [found.total, found.resetAt - now];
      });
    },
    get size() {
      return windows.size;
    },
  };
}

/** The same as a worker sees it: what stands in the place of a connection to Redis. */
export interface HitsClient {
  open(listener: RedisListener): Redis;
  /** What came back. */
  counted(id: number, answer: readonly number[]): void;
}

export function createHitsClient(channel: Pick<Channel, 'send'>): HitsClient {
  const waiting = new Map<number, (answer: readonly number[]) => void>();
  let lastId = 0;
  return {
    open(listener) {
      setImmediate(listener.ready);
      return {
        isReady: true,
        run: (keys, args) =>
          new Promise(resolve => {
            const id = ++lastId;
            waiting.set(id, resolve);
            channel.send({ kind: 'hits', id, keys, args });
          }),
        close: () => {},
      };
    },
    counted(id, answer) {
      waiting.get(id)?.(answer);
      waiting.delete(id);
    },
  };
}
