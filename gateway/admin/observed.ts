import type { ErrorCode } from '../core/errors.ts';
import type { GuardName } from '../core/vocabulary.ts';
import type { ObservedCounts } from '../edge/observed.ts';
import type { AdminDeps } from './deps.ts';

/** Callers that are named for each guard of a route, those with the most requests first. */
const maxNamed = 10;

/** What an observing guard of a route would have done, held against what the upstream itself answered. */
export interface ObservedRow {
  readonly route: string;
  readonly guard: GuardName;
  /** Since when it is counted: the start, or the last change of the guard's settings. */
  readonly since: string;
  /** Requests that the guard would refuse though the upstream accepted them: whom the rule would lock out. */
  readonly lockedOut: number;
  readonly refusedByBoth: number;
  /** Requests that the guard lets pass though the upstream refused them. */
  readonly refusedByUpstream: number;
  readonly passed: number;
  /** The guard would refuse, and the upstream failed: nobody knows. */
  readonly undecided: number;
  /** Why those of `lockedOut` would be refused. */
  readonly codes: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Who those of `lockedOut` are. */
  readonly callers: readonly { readonly caller: string; readonly requests: number }[];
}

/** Every observing guard that was asked, of the routes that run; those that would lock out most first. */
export const observedRows = (deps: Pick<AdminDeps, 'observed'>): readonly ObservedRow[] =>
  [...deps.observed()]
    .filter(wasAsked)
    .map(toRow)
    .sort((one, other) => other.lockedOut - one.lockedOut);

const wasAsked = (counts: ObservedCounts): boolean =>
  counts.lockedOut + counts.refusedByBoth + counts.refusedByUpstream + counts.passed + counts.undecided > 0;

const toRow = ({ since, codes, callers, ...counts }: ObservedCounts): ObservedRow => ({
  ...counts,
  since: new Date(since).toISOString(),
  codes: Object.fromEntries(codes),
  callers: [...callers]
    .map(([caller, requests]) => ({ caller, requests }))
    .sort((one, other) => other.requests - one.requests)
    .slice(0, maxNamed),
});
