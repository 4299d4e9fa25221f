import type { Outcome } from '../core/outcome.ts';
import { type Epoch, labels } from './epoch.ts';
import type { SignatureCount } from './signature-counts.ts';
import { endingOf } from './trial-sets.ts';

/** What an epoch comes to by the present labels of its signatures. */
export interface EpochTally {
  /** Distinct requests; those that count as bad; those of them that surely are. */
  readonly n: number;
  readonly bad: number;
  readonly confirmed: number;
  /** All requests by outcome. */
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Requests that were compared. */
  readonly compared: number;
  /** Signatures that stand against the service, most distinct requests first. */
  readonly real: readonly SignatureCount[];
  readonly unknown: readonly SignatureCount[];
}

export type IsMarked = (signature: string) => boolean;

/** Looks at each set of trials, not at each trial. */
export function tallyOf(epoch: Epoch, isMarked: IsMarked): EpochTally {
  const labelOf = labels(epoch, isMarked);
  const open = epoch.signatures
    .filter((signature, position) => signature.count > 0 && labelOf(position) === 'open')
    .sort((a, b) => b.distinct - a.distinct);
  const real = open.filter(signature => signature.finding === 'real');
  const surely = new Set(real.map(signature => epoch.positions.get(signature.text)));
  const counts = { ...epoch.counts };
  let bad = 0;
  let confirmed = 0;
  for (const set of epoch.sets.values()) {
    const ending = endingOf(set, labelOf);
    if (!set.isFailed) counts[ending] += set.seen;
    if (ending === 'mismatch' || ending === 'service-failed') bad += set.distinct;
    if (set.isFailed || set.members.some(position => surely.has(position))) confirmed += set.distinct;
  }
  return {
    ...{ n: epoch.distinct, bad, confirmed, counts, compared: comparedOf(counts), real },
    unknown: open.filter(signature => signature.finding !== 'real'),
  };
}

/** Those whose both answers count: all but what legacy failed and what was skipped. */
export const comparedOf = (counts: Readonly<Record<Outcome, number>>): number =>
  counts.match + counts.excused + counts.noise + counts.lagged + counts.mismatch + counts['service-failed'];
