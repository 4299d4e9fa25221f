import { setImmediate } from 'node:timers';
import type { Clock } from '../../core/clock.ts';
import type { Events } from '../../core/events.ts';
import { type Redis, type RedisListener, reasonOf } from './redis.ts';

/** Of every key in Redis. */
export const keyPrefix = 'figway:limit:';

/** How long one count waits for Redis, milliseconds. A request that two rules count, one after the other, waits 50. */
const usualDeadline = 25;

/** How often it is asked whether Redis is back, milliseconds. */
const probeEvery = 250;

/** How long a start waits for the first connection, milliseconds. */
const patience = 1000;

/** Counted to see whether the whole way works, script and write included. */
const probeKey: SharedKey = { key: `${keyPrefix}probe`, window: probeEvery, heard() {} };

/** Keys whose hits are kept for telling while Redis is slow. */
const mostKeys = 10_000;

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

/** A key that several processes count. */
export interface SharedKey {
  readonly key: string;
  /** Milliseconds. */
  readonly window: number;
  /**
   * Hears the newest total, also one that comes too late for who asked.
   * @param ahead hits in it that were counted ahead.
   */
  heard(count: SharedCount, ahead: number): void;
}

/** Counts that several processes share. While it is not up each of them counts alone. */
export interface SharedCounts {
  readonly isUp: boolean;
  /** Why it is not up. */
  readonly detail: string;
  /** Settled once it is known whether it is up; within a second. */
  readonly ready: Promise<void>;
  /**
   * Counts one hit. Undefined where no answer came in time. Never rejects.
   * @param ahead hits that are counted with it, for those to come; once for a key in a turn of the event loop.
   */
  ask(key: SharedKey, ahead?: number): Promise<SharedCount | undefined>;
  /** Counts one hit, or takes hits back; nobody waits. Forgotten where there is no connection. */
  tell(key: SharedKey, hits?: number): void;
  close(): void;
}

interface Entry {
  readonly shared: SharedKey;
  amount: number;
  /** Of the amount, those that were counted ahead. */
  ahead: number;
  /** Those who wait, in the order in which they came. */
  readonly waiting: ((count: SharedCount | undefined) => void)[];
}

type Entries = ReadonlyMap<string, Entry>;

export interface SharedCountsDeps {
  readonly events: Events;
  readonly clock: Clock;
  open(listener: RedisListener): Redis;
  /** How long one count waits, milliseconds; default 25. */
  readonly deadline?: number;
}

/**
 * All hits of one turn of the event loop go to Redis as one command, those of one key as one amount. While Redis is
 * slow nobody waits, but hits are still told, one command at a time; the first answer in time ends that.
 */
export function openSharedCounts({ events, clock, open, ...given }: SharedCountsDeps): SharedCounts {
  const { deadline = usualDeadline } = given;
  let state: 'starting' | 'up' | 'degraded' | 'closed' = 'starting';
  let detail = 'not connected yet';
  let next = new Map<string, Entry>();
  let isScheduled = false;
  /** Commands that are not answered yet. */
  let underWay = 0;
  let cancelProbe = (): void => {};
  const { promise: ready, resolve: settled } = Promise.withResolvers<void>();

  const restore = (): void => {
    if (state === 'up' || state === 'closed') return;
    cancelProbe();
    if (state === 'degraded') events.emit({ type: 'limits-restored' });
    state = 'up';
    detail = '';
    settled();
    if (next.size > 0) schedule();
  };

  const degrade = (reason: string): void => {
    if (state === 'closed') return;
    detail = reason;
    if (state === 'degraded') return;
    state = 'degraded';
    settled();
    events.emit({ type: 'limits-degraded', reason });
    scheduleProbe();
  };

  /** Settled with the answer, however late it is. Those who wait do so until the deadline. */
  const send = async (entries: Entries): Promise<void> => {
    let isAnswered = false;
    let isLate = false;
    const cancel = clock.after(deadline, () => {
      // If it was this process that was busy, the answer is there already and is read first.
      setImmediate(() => {
        if (isAnswered) return;
        isLate = true;
        degrade(`no answer within ${deadline} ms`);
        settle(entries, undefined);
      });
    });
    underWay++;
    const counts = await redis.run([...entries.keys()], toArguments(entries)).then(
      answer => toCounts(answer, clock.now()),
      (error: unknown) => {
        degrade(reasonOf(error));
        return undefined;
      },
    );
    underWay--;
    isAnswered = true;
    cancel();
    settle(entries, counts);
    if (state === 'up' || counts === undefined) return;
    if (isLate) probe();
    else restore();
  };

  const flush = (): void => {
    isScheduled = false;
    const entries = next;
    next = new Map();
    void send(entries);
  };

  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(flush);
  };

  /** Tells what is to be told, if nothing else is under way; the answer shows how quick Redis is. */
  const probe = (): void => {
    scheduleProbe();
    if (underWay > 0 || !redis.isReady) return;
    const entries = next.size > 0 ? next : new Map([[probeKey.key, toEntry(probeKey, 1)]]);
    next = new Map();
    void send(entries);
  };

  const scheduleProbe = (): void => {
    cancelProbe();
    if (state !== 'closed') cancelProbe = clock.after(probeEvery, probe);
  };

  const redis = open({
    ready: probe,
    lost(reason) {
      degrade(reason);
      // What was not told yet is of no use once there is a connection again.
      if (!isScheduled) next = new Map();
    },
  });
  const cancelPatience = clock.after(patience, () => {
    if (state === 'starting') degrade(detail);
  });

  const enter = (shared: SharedKey, hits: number): Entry | undefined => {
    const known = next.get(shared.key);
    if (known !== undefined) {
      known.amount += hits;
      return known;
    }
    if (!redis.isReady || next.size >= mostKeys) return undefined;
    const entry = toEntry(shared, hits);
    next.set(shared.key, entry);
    if (state === 'up') schedule();
    return entry;
  };

  return {
    get isUp() {
      return state === 'up';
    },
    get detail() {
      return detail;
    },
    ready,
    ask: (shared, ahead = 0) =>
      new Promise(resolve => {
        const entry = enter(shared, 1);
        if (entry === undefined || state !== 'up') return resolve(undefined);
        entry.amount += ahead - Math.min(ahead, entry.ahead);
        entry.ahead = Math.max(ahead, entry.ahead);
        entry.waiting.push(resolve);
      }),
    tell: (shared, hits = 1) => void enter(shared, hits),
    close() {
      state = 'closed';
      settled();
      cancelProbe();
      cancelPatience();
      redis.close();
    },
  };
}

const toEntry = (shared: SharedKey, amount: number): Entry => ({ shared, amount, ahead: 0, waiting: [] });

const toArguments = (entries: Entries): string[] =>
  [...entries.values()].flatMap(({ amount, shared }) => [String(amount), String(shared.window)]);

/** Tells all who wait, and those who did. Undefined: nothing is known. */
function settle(entries: Entries, counts: readonly SharedCount[] | undefined): void {
  let at = 0;
  for (const { shared, waiting, ahead } of entries.values()) {
    const count = counts?.[at++];
    if (count !== undefined) shared.heard(count, ahead);
    // The last who waits has the total but for what was counted ahead, those before him one less each.
    const before = count === undefined ? 0 : count.totalHits - ahead - waiting.length;
    for (let i = 0; i < waiting.length; i++)
      waiting[i]!(count && { totalHits: before + i + 1, resetAt: count.resetAt });
  }
}

/** Pairs of total and milliseconds left, as the script answers. */
function toCounts(answer: unknown, now: number): SharedCount[] {
  const numbers = Array.isArray(answer) ? answer.map(Number) : [];
  return Array.from({ length: numbers.length / 2 }, (_, i) => ({
    totalHits: numbers[i * 2]!,
    resetAt: now + numbers[i * 2 + 1]!,
  }));
}
