import type { VerdictState } from '../core/vocabulary.ts';
import { logBetaTails } from './beta.ts';
import { fewestMore, type Tally } from './e-process.ts';

/** One bound may be wrong in so many of 100 cases. */
const doubt = Math.log(0.05);

/** Bad ones of a number of trials that was fixed before anybody looked. */
export interface OfflineTally {
  readonly bad: number;
  readonly n: number;
  /** Percent, as `maxMismatch` in routes.yaml: 0.1 is 0.1 %. */
  readonly maxMismatch: number;
}

export interface OfflineVerdict {
  readonly state: VerdictState;
  /** Exact one-sided 95 % bounds of the share of bad ones (Clopper and Pearson 1934), 0 to 1. */
  readonly lower: number;
  readonly upper: number;
  /** How many more trials, all good, would make it ready; 0 if it is, undefined if none would. */
  readonly more: number | undefined;
}

/** Judges recorded trials once. Not for a page that people watch: who looks often is told "ready" wrongly too often. */
export function judgeOffline({ bad, n, maxMismatch }: OfflineTally): OfflineVerdict {
  const bound = maxMismatch / 100;
  const more = fewestMore(extra => isBelow({ bad, n: n + extra, bound }));
  const state = more === 0 ? 'ready' : isAbove({ bad, n, bound }) ? 'blocked' : 'pending';
  return { state, lower: lowerBound(bad, n), upper: upperBound(bad, n), more };
}

/** The largest share under which `bad` or fewer of n are not too unlikely. */
export const upperBound = (bad: number, n: number): number =>
  bad >= n ? 1 : bisect(share => logBetaTails(share, bad + 1, n - bad).above > doubt);

/** The smallest share under which `bad` or more of n are not too unlikely. */
export const lowerBound = (bad: number, n: number): number =>
  bad <= 0 ? 0 : bisect(share => logBetaTails(share, bad, n - bad + 1).below < doubt);

const isBelow = ({ bad, n, bound }: Tally): boolean =>
  bound >= 1 || (bad < n && logBetaTails(bound, bad + 1, n - bad).above <= doubt);

const isAbove = ({ bad, n, bound }: Tally): boolean =>
  bad > 0 && logBetaTails(bound, bad, n - bad + 1).below <= doubt;

/** Where `isLow` turns from true to false between 0 and 1. */
function bisect(isLow: (share: number) => boolean): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (isLow(middle)) low = middle;
    else high = middle;
  }
  return high;
}
