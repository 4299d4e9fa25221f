/**
 * A rule with its counters, on express-rate-limit: the library checks the options, starts the store and knows what one
 * address is; counting itself is the store's. Its middleware is not called for each request, see
 * docs/decisions/0012-limits-count-without-the-middleware.md. The only file that knows the library.
 */
import { type ClientRateLimitInfo, ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import type { Clock } from '../../core/clock.ts';
import type { Rate } from '../../core/units.ts';

/** What a store says of a key after a hit. */
export interface Count extends ClientRateLimitInfo {
  /** Hits in this window, this one included; they go on beyond the limit. */
  readonly totalHits: number;
  /** When the window ends, on the wall clock. */
  readonly resetTime: Date;
  /** The same on the monotonic clock, milliseconds. */
  readonly resetAt: number;
}

/** The library's contract for stores, whose counts also tell the monotonic time. One store serves one rule. */
export interface CountStore extends Store {
  /** A promise only if somebody else has to be asked. Never rejects. */
  increment(key: string): Count | Promise<Count>;
  /** Counts a hit and answers at once with what this process knows. */
  note(key: string): Count;
  get(key: string): Count | undefined;
}

/** A rule that counts. */
export interface Limiter {
  readonly rate: Rate;
  /** Counts a hit of `key`. At once, unless other processes count along; then it waits for them, within a bound. */
  hit(key: string): Count | Promise<Count>;
  /** Counts a hit, and answers with what this process knows: for those who must not wait. */
  note(key: string): Count;
  /** What this process knows, without a hit; undefined where no window runs. */
  known(key: string): Count | undefined;
  /** Whole seconds until the window ends, at least 1. */
  secondsLeft(count: Count): number;
}

/** @throws TypeError if the store does not keep the library's contract. */
export function createLimiter(rate: Rate, store: CountStore, clock: Clock): Limiter {
  rateLimit({
    windowMs: rate.window,
    limit: rate.requests,
    store,
    legacyHeaders: false,
    standardHeaders: false,
    // Keys are made by `client-key.ts`. The library would keep every store that it saw for ever, over all reloads.
    keyGenerator: () => '',
    validate: { keyGeneratorIpFallback: false, unsharedStore: false, creationStack: false },
  });
  return {
    rate,
    hit: key => store.increment(key),
    note: key => store.note(key),
    known: key => store.get(key),
    secondsLeft: ({ resetAt }) => Math.max(1, Math.ceil((resetAt - clock.now()) / 1000)),
  };
}

/** Bits of an IPv6 address that one customer usually has (RFC 6177). */
const subnet = 56;

/** One client by its address: IPv4 as it is, IPv6 by /56. It costs some 20 µs for IPv6. */
export const toNetwork = (address: string): string => ipKeyGenerator(address, subnet);
