import type { Clock } from '../../core/clock.ts';
import type { Events } from '../../core/events.ts';
import type { Rate } from '../../core/units.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { createMemoryStore, type MemoryStore, maxKeys, type Room } from './memory-store.ts';
import { createNetworks } from './network.ts';
import { openRedis, type Redis, type RedisListener } from './redis.ts';
import { addHits, keyPrefix, openSharedCounts, type SharedCounts } from './shared-counts.ts';
import { createSharedStore } from './shared-store.ts';

/** What is counted: the same rule of the same route, over all reloads and processes. */
export interface LimitRule extends Rate {
  /** `unclaimed` or a route's name; empty for what all routes share. */
  readonly name: string;
  /** What tells clients apart: `client`, `user`, `ip`, `key`, `header:NAME`; or `total` or `failures`. */
  readonly by: string;
}

/** The counters of one config. A rule that was there before goes on with its counts. */
export interface Limits {
  limiter(rule: LimitRule): Limiter;
  /** One client by its address: IPv4 as it is, IPv6 by /56. Remembered. */
  networkOf(address: string): string;
}

/** Whether counts are shared with other processes, and whether that works. */
export interface LimitsStatus {
  readonly store: 'memory' | 'redis';
  /** False while Redis is away or slow: then each process counts alone. */
  readonly isUp: boolean;
  /** Why it is not; empty while it is. No credentials. */
  readonly detail: string;
}

/** All counters, whatever configs use them. */
export interface Counters {
  /** @param redis address of Redis; empty: this process counts alone. */
  apply(redis: string): Limits;
  /** Ends connections and forgets counts that `kept` has no use for. */
  retire(kept: Limits): void;
  /** Settled once it is known whether Redis is there; within a second. */
  ready(): Promise<void>;
  status(): LimitsStatus;
  close(): void;
}

/** With whom counts are shared: nobody, or all who use the same Redis. */
interface Sharing {
  readonly store: LimitsStatus['store'];
  readonly shared: SharedCounts | undefined;
  /** By rule. */
  readonly limiters: Map<string, Limiter>;
}

/** How often rules that nobody hits any more are swept, milliseconds. */
const sweepEvery = 60_000;

/**
 * How long a count waits for another process of this gateway, milliseconds: longer than for Redis, which may be dead for
 * minutes, while a process on the same machine is at most waiting for its turn.
 */
const deadlineHere = 250;

export interface CountersDeps {
  readonly events: Events;
  readonly clock: Clock;
  /** Where counts are kept that the processes of one gateway share without Redis; undefined: there is one process. */
  readonly openCounts?: ((listener: RedisListener) => Redis) | undefined;
  /** Of the processes that share these counts, this one's share; default 1. */
  readonly share?: number;
}

/** Of a limit, what all processes together may count ahead: by so much the sum may stay below it. */
const aheadShare = 0.02;

export function createCounters({ events, clock, openCounts, share = 1 }: CountersDeps): Counters {
  const room: Room = { used: 0, max: maxKeys };
  const memories = new Map<string, MemoryStore>();
  const sharings = new Map<string, Sharing>();
  const uses = new WeakMap<Limits, { readonly sharing: Sharing; readonly rules: ReadonlySet<string> }>();
  const networkOf = createNetworks();
  let running: Sharing | undefined;

  const sharingBy = (redis: string): Sharing => {
    const known = sharings.get(redis);
    if (known !== undefined) return known;
    const open = redis === '' ? openCounts : (listener: RedisListener) => openRedis(redis, addHits, listener);
    const shared =
      open && openSharedCounts({ events, clock, open, ...(redis === '' ? { deadline: deadlineHere } : {}) });
    const opened: Sharing = { store: redis === '' ? 'memory' : 'redis', shared, limiters: new Map() };
    sharings.set(redis, opened);
    return opened;
  };

  const memoryOf = (id: string, rule: Rate): MemoryStore => {
    const known = memories.get(id);
    if (known !== undefined) return known;
    const made = createMemoryStore(rule, room, clock);
    memories.set(id, made);
    return made;
  };

  const limiterOf = (id: string, rate: Rate, { store: kind, shared, limiters }: Sharing): Limiter => {
    const known = limiters.get(id);
    if (known !== undefined) return known;
    const memory = memoryOf(id, rate);
    const prefix = `${keyPrefix}${id}:`;
    const ahead = kind === 'memory' ? Math.floor(rate.requests * aheadShare * share) : 0;
    const store =
      shared === undefined ? memory : createSharedStore({ rate, prefix, memory, shared, clock, ahead });
    const made = createLimiter(rate, store, clock);
    limiters.set(id, made);
    return made;
  };

  let cancelSweep = (): void => {};
  const sweep = (): void => {
    for (const memory of memories.values()) memory.sweep();
    cancelSweep = clock.after(sweepEvery, sweep);
  };
  sweep();

  return {
    apply(redis) {
      const sharing = sharingBy(redis);
      running ??= sharing;
      const rules = new Set<string>();
      const limits: Limits = {
        limiter({ name, by, requests, window }) {
          const id = `${name}:${by}:${requests}/${window}`;
          rules.add(id);
          return limiterOf(id, { requests, window }, sharing);
        },
        networkOf,
      };
      uses.set(limits, { sharing, rules });
      return limits;
    },
    retire(kept) {
      const use = uses.get(kept);
      if (use === undefined) return;
      running = use.sharing;
      for (const [redis, sharing] of sharings)
        if (sharing !== running) {
          sharing.shared?.close();
          sharings.delete(redis);
        }
      for (const id of running.limiters.keys()) if (!use.rules.has(id)) running.limiters.delete(id);
      for (const [id, memory] of memories)
        if (!use.rules.has(id)) {
          memory.shutdown();
          memories.delete(id);
        }
    },
    ready: async () => running?.shared?.ready,
    status() {
      const { store = 'memory', shared } = running ?? {};
      return { store, isUp: shared?.isUp ?? true, detail: shared?.detail ?? '' };
    },
    close() {
      cancelSweep();
      for (const { shared } of sharings.values()) shared?.close();
      for (const memory of memories.values()) memory.shutdown();
    },
  };
}
