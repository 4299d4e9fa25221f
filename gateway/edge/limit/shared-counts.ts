import { setImmediate } from 'node:timers';
import type { Clock } from '../../core/clock.ts';
import type { Events } from '../../core/events.ts';
import { type Redis, type RedisListener, reasonOf } from './redis.ts';

/** Of every key in Redis. */
export const keyPrefix = 'figway:limit:';

/** How long a request waits for Redis, milliseconds: with what is left to do it has its answer within 50. */
const deadline = 40;

/** How often it is asked whether Redis is back, milliseconds. */
const probeEvery = 250;

/** Counted to see whether the whole way works, script and write included. */
const probeKey = `${keyPrefix}probe`;

/** How long a start waits for the first connection, milliseconds. */
const patience = 1000;

/**
 * Adds hits to keys: an amount and a window for each. Answers the new total and the milliseconds that are left. A
 * window begins with the first hit of any process, and Redis alone keeps its time.
 */
export const addHits = `local answer = {}
for i, key in ipairs(KEYS) do
  local total = redis.call('INCRBY', key, ARGV[i * 2 - 1])
  local left = redis.call('PTTL', key)
  if left < 0 then
    left = tonumber(ARGV[i * 2])
    redis.call('PEXPIRE', key, left)
  end
  answer[i * 2 - 1] = total
  answer[i * 2] = left
end
return answer`;

/** Hits of all processes. */
export interface SharedCount {
  readonly totalHits: number;
  /** Monotonic, milliseconds. */
  readonly resetAt: number;
}

/** Counts that several processes share. While it is not up each of them counts alone. */
export interface SharedCounts {
  readonly isUp: boolean;
  /** Why it is not up. */
  readonly detail: string;
  /** Settled once it is known whether it is up; within a second. */
  readonly ready: Promise<void>;
  /** Counts one hit in a window of so many milliseconds. Undefined where no answer came in time. Never rejects. */
  add(key: string, window: number): Promise<SharedCount | undefined>;
  /** Takes hits back. */
  take(key: string, window: number, hits: number): void;
  close(): void;
}

interface Entry {
  readonly window: number;
  amount: number;
  /** Those who wait, in the order in which they came. */
  readonly waiting: ((count: SharedCount | undefined) => void)[];
}

export interface SharedCountsDeps {
  readonly events: Events;
  readonly clock: Clock;
  open(listener: RedisListener): Redis;
}

/** All hits of one turn of the event loop go to Redis as one command, those of one key as one amount. */
export function openSharedCounts({ events, clock, open }: SharedCountsDeps): SharedCounts {
  let isUp = false;
  let detail = 'not connected yet';
  let isDegraded = false;
  let isProbing = false;
  let isClosed = false;
  let next = new Map<string, Entry>();
  let cancelProbe = (): void => {};
  const { promise: ready, resolve: settled } = Promise.withResolvers<void>();

  const restore = (): void => {
    cancelProbe();
    isUp = true;
    detail = '';
    settled();
    if (isDegraded) events.emit({ type: 'limits-restored' });
    isDegraded = false;
  };

  const fail = (reason: string): void => {
    if (isClosed) return;
    isUp = false;
    detail = reason;
    settled();
    if (isDegraded) return;
    isDegraded = true;
    events.emit({ type: 'limits-degraded', reason });
    scheduleProbe();
  };

  const send = async (entries: ReadonlyMap<string, Entry>): Promise<boolean> => {
    const args = [...entries.values()].flatMap(({ amount, window }) => [String(amount), String(window)]);
    const answer = await inTime(redis.run([...entries.keys()], args), clock);
    if (answer instanceof Failure) fail(answer.reason);
    const counts = answer instanceof Failure ? undefined : toCounts(answer, clock.now());
    let at = 0;
    for (const { waiting } of entries.values()) {
      const count = counts?.[at++];
      // The last who waits has the total, those before him one less each.
      for (let i = 0; i < waiting.length; i++)
        waiting[i]!(count && { ...count, totalHits: count.totalHits - waiting.length + i + 1 });
    }
    return counts !== undefined;
  };

  const probe = async (): Promise<void> => {
    scheduleProbe();
    if (isProbing || !redis.isReady) return;
    isProbing = true;
    const isBack = await send(new Map([[probeKey, { window: probeEvery, amount: 1, waiting: [] }]]));
    isProbing = false;
    if (isBack && !isClosed) restore();
  };

  const scheduleProbe = (): void => {
    cancelProbe();
    if (!isClosed) cancelProbe = clock.after(probeEvery, () => void probe());
  };

  const flush = (): void => {
    const entries = next;
    next = new Map();
    void send(entries);
  };

  const redis = open({ ready: () => void probe(), lost: fail });
  const cancelPatience = clock.after(patience, () => {
    if (!isUp) fail(detail);
  });

  return {
    get isUp() {
      return isUp;
    },
    get detail() {
      return detail;
    },
    ready,
    add: (key, window) =>
      new Promise(resolve => {
        if (next.size === 0) setImmediate(flush);
        const entry = next.get(key);
        if (entry === undefined) next.set(key, { window, amount: 1, waiting: [resolve] });
        else {
          entry.amount += 1;
          entry.waiting.push(resolve);
        }
      }),
    take: (key, window, hits) => void send(new Map([[key, { window, amount: -hits, waiting: [] }]])),
    close() {
      isClosed = true;
      isUp = false;
      settled();
      cancelProbe();
      cancelPatience();
      redis.close();
    },
  };
}

/** Why there is no answer. */
class Failure {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** The answer, or a Failure: at the latest after the deadline. */
const inTime = (answer: Promise<unknown>, clock: Clock): Promise<unknown> =>
  new Promise(resolve => {
    const cancel = clock.after(deadline, () => {
      // If it was this process that was busy, the answer is there already and is read first.
      setImmediate(() => resolve(new Failure(`no answer within ${deadline} ms`)));
    });
    answer.then(
      value => {
        cancel();
        resolve(value);
      },
      (error: unknown) => {
        cancel();
        resolve(new Failure(reasonOf(error)));
      },
    );
  });

/** Pairs of total and milliseconds left, as the script answers. */
function toCounts(answer: unknown, now: number): SharedCount[] {
  const numbers = Array.isArray(answer) ? answer.map(Number) : [];
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    totalHits: numbers[i * 2]!,
    resetAt: now + numbers[i * 2 + 1]!,
  }));
}
