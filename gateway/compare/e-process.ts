/**
 * Evidence that may be looked at as often as anybody likes: a process that is at most 1 on average while
 * the claim is false, so that it ever reaches 20 in at most one of 20 such cases (comparison.md §6).
 * Everything is a natural logarithm.
 */
import { logBeta, logBetaTails } from './beta.ts';

/** Where a process has said enough: ln 20. */
export const enough = Math.log(20);

/** Bad ones among distinct requests, and the share of bad ones that is asked about, 0 to 1. */
export interface Tally {
  readonly bad: number;
  readonly n: number;
  readonly bound: number;
}

/** How much speaks for a true share of bad ones below `bound`. */
export function logBelow({ bad, n, bound }: Tally): number {
  if (bound >= 1) return Number.POSITIVE_INFINITY;
  if (bound <= 0) return Number.NEGATIVE_INFINITY;
  const a = 0.5;
  const b = 0.5 / bound;
  const mass = (u: number, v: number): number => logBeta(u, v) + logBetaTails(bound, u, v).below;
  return mass(bad + a, n - bad + b) - mass(a, b) - atBound({ bad, n, bound });
}

/** The mirror of it: how much speaks for a true share of bad ones above `bound`. */
export function logAbove({ bad, n, bound }: Tally): number {
  if (bound >= 1) return Number.NEGATIVE_INFINITY;
  if (bound <= 0) return bad > 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  const mass = (u: number, v: number): number => logBeta(u, v) + logBetaTails(bound, u, v).above;
  return mass(bad + 0.5, n - bad + 0.5) - mass(0.5, 0.5) - atBound({ bad, n, bound });
}

/** How much speaks against a fair coin, towards `b`, of b + c throws. */
export const logSign = (b: number, c: number): number => logAbove({ bad: b, n: b + c, bound: 0.5 });

/** Likelihood of exactly this, were the share at the bound. */
const atBound = ({ bad, n, bound }: Tally): number => bad * Math.log(bound) + (n - bad) * Math.log1p(-bound);

/** Beyond so many requests nobody waits for an answer. */
const most = 2 ** 40;
/** What `fewestBelow` remembers: it depends on nothing else, and hardly changes from one look to the next. */
const known = new Map<string, number>();
const mostKnown = 4096;

/**
 * How many distinct requests it takes until `logBelow` says enough, `bad` of them bad; undefined: never.
 * Exactly from there on it does: with every good request the process grows.
 */
export function fewestBelow(bad: number, bound: number): number | undefined {
  const key = `${bad} of ${bound}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const more = fewestMore(extra => logBelow({ bad, n: bad + extra, bound }) >= enough);
  if (more === undefined) return undefined;
  if (known.size >= mostKnown) known.clear();
  known.set(key, bad + more);
  return bad + more;
}

/** The smallest number for which `isEnough` holds; it must hold for every larger one. Undefined: for none. */
export function fewestMore(isEnough: (more: number) => boolean): number | undefined {
  if (isEnough(0)) return 0;
  let short = 0;
  let reach = 1;
  for (; !isEnough(reach); reach *= 2) {
    if (reach > most) return undefined;
    short = reach;
  }
  while (reach - short > 1) {
    const middle = Math.floor((short + reach) / 2);
    if (isEnough(middle)) reach = middle;
    else short = middle;
  }
  return reach;
}
