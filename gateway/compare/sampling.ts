import type { Exchange } from '../core/exchange.ts';
import type { SkipReason } from '../core/outcome.ts';
import type { Rate } from '../core/units.ts';
import { isSafe } from '../core/vocabulary.ts';
import type { ByteBudget, Hashing } from '../proxy/bounded-body.ts';
import type { Shadowing } from './shadowing.ts';

/** Pairs, and bytes of their bodies, that may be in flight at once, over all routes (comparison.md §7). */
export const bounds = { pairs: 64, bytes: 64 * 1024 * 1024 } as const;
/** Bytes of one body that is too large to be kept which are hashed, and of all such bodies in a second. */
export const hashBounds = { body: 16 * 1024 * 1024, second: 64 * 1024 * 1024 } as const;

/** Why a request is not copied, whatever the load; undefined if it may be. */
export function whyNever(exchange: Exchange, { config, methods }: Shadowing): SkipReason | undefined {
  const { method, decision } = exchange;
  if (exchange.isUpgrade) return 'upgrade';
  if (exchange.isUncopied) return 'would-refuse';
  if (exchange.isOverridden || exchange.isPreflight) return 'unsafe-method';
  if (methods?.has(method) === false) return 'unsafe-method';
  // Held in a stage that gives copies to legacy alone, which serves now.
  if (decision.shadow === undefined) return 'sampled-out';
  const isToLegacy = decision.shadow === 'legacy';
  // That its side effects go nowhere is said of the service.
  if (isToLegacy && !isSafe(method)) return 'unsafe-method';
  if (config.effects) return 'effects';
  if (isToLegacy && !mayCarry(exchange, config)) return 'cookie';
  return undefined;
}

/**
 * Whether legacy may get a request that its user did not send it: one with a cookie may hold a lock on the user's session,
 * or use up a message that is shown once.
 */
export const mayCarry = ({ req }: Exchange, { reask }: Shadowing['config']): boolean =>
  req.headers.cookie === undefined || reask?.cookies === true;

/** Draws samples, and keeps count of what is in flight. */
export interface Sampling {
  /** Undefined: the request is copied, and holds a place until `leave`. */
  enter(shadowing: Shadowing): SkipReason | undefined;
  leave(shadowing: Shadowing): void;
  readonly pairs: number;
  readonly budget: ByteBudget;
  readonly hashing: Hashing;
  /** Forgets routes that are not in the table any more. */
  keep(isRoute: (name: string) => boolean): void;
}

interface RouteCount {
  inFlight: number;
  /** Of the window of `rate`. */
  windowAt: number;
  requests: number;
}

export interface SamplingDeps {
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /** Whether what comes of a comparison on that route cannot be kept now. */
  readonly isStoreAway: (route: string) => boolean;
  /** Of each bound, what this process may use: over 0 up to 1; default 1. At least one request is always within it. */
  readonly share?: number;
}

export function createSampling({ now, random, isStoreAway, share = 1 }: SamplingDeps): Sampling {
  const routes = new Map<string, RouteCount>();
  const bytes = createByteBudget(bounds.bytes * share);
  const hashing = createHashing(now, share);
  const ours = (bound: number): number => Math.max(1, Math.floor(bound * share));
  let pairs = 0;

  const countOf = (name: string): RouteCount => {
    let count = routes.get(name);
    if (count === undefined) {
      count = { inFlight: 0, windowAt: Number.NEGATIVE_INFINITY, requests: 0 };
      routes.set(name, count);
    }
    return count;
  };

  const isOver = (count: RouteCount, { requests, window }: Rate): boolean => {
    const at = now();
    if (at - count.windowAt >= window) {
      count.windowAt = at;
      count.requests = 0;
    }
    return count.requests >= ours(requests);
  };

  return {
    enter({ route, config }) {
      if (config.sample < 100 && random() * 100 >= config.sample) return 'sampled-out';
      if (isStoreAway(route.name)) return 'store';
      const count = countOf(route.name);
      if (config.rate !== undefined && isOver(count, config.rate)) return 'rate';
      if (count.inFlight >= ours(config.concurrency) || pairs >= ours(bounds.pairs) || bytes.isFull)
        return 'overload';
      count.requests++;
      count.inFlight++;
      pairs++;
      return undefined;
    },
    leave({ route }) {
      countOf(route.name).inFlight--;
      pairs--;
    },
    get pairs() {
      return pairs;
    },
    budget: bytes,
    hashing,
    keep(isRoute) {
      for (const [name, { inFlight }] of routes) if (inFlight === 0 && !isRoute(name)) routes.delete(name);
    },
  };
}

/** Seconds are counted from the first byte that is hashed in each. */
function createHashing(now: () => number, share: number): Hashing {
  let [since, taken] = [Number.NEGATIVE_INFINITY, 0];
  return {
    most: hashBounds.body,
    take(bytes) {
      const at = now();
      if (at - since >= 1000) [since, taken] = [at, 0];
      taken += bytes;
      return taken <= hashBounds.second * share;
    },
  };
}

export function createByteBudget(bound: number): ByteBudget & { readonly isFull: boolean } {
  let taken = 0;
  return {
    take(bytes) {
      if (taken + bytes > bound) return false;
      taken += bytes;
      return true;
    },
    give(bytes) {
      taken -= bytes;
    },
    get isFull() {
      return taken >= bound;
    },
  };
}
