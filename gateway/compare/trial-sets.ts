/**
 * Trials by what stands against them: all trials with the same signatures are one set, so that a settled
 * signature turns thousands of them by a look at each set.
 */

/** What a signature means for its trials. */
export type SignatureLabel = 'open' | 'noise' | 'excused';

export interface TrialSet {
  /** Positions of its signatures in the epoch, ascending. */
  readonly members: readonly number[];
  /** The service failed at least once. */
  readonly isFailed: boolean;
  /** There is more than `members` says: nothing ever excuses it. */
  readonly isCut: boolean;
  /** Distinct requests. */
  distinct: number;
  /** Requests that ended as a mismatch by the rules, repeated ones too. */
  seen: number;
}

export type SetShape = Pick<TrialSet, 'members' | 'isFailed' | 'isCut'>;

/** By key; see `toKey`. */
export type TrialSets = Map<string, TrialSet>;

/** An epoch tells so many sets apart; further ones are cut to nothing, and count as bad for good. */
export const mostSets = 4096;

export const findSet = (sets: TrialSets, shape: SetShape): TrialSet | undefined => sets.get(toKey(shape));

/** The one set of that shape. */
export function setOf(sets: TrialSets, shape: SetShape): TrialSet {
  const found = findSet(sets, shape);
  if (found !== undefined) return found;
  const cut = { members: [], isFailed: shape.isFailed, isCut: true };
  // Two places are kept for the sets that stand for the rest.
  const kept = sets.size < mostSets - 2 || toKey(shape) === toKey(cut) ? shape : cut;
  const set = sets.get(toKey(kept)) ?? { ...kept, distinct: 0, seen: 0 };
  sets.set(toKey(kept), set);
  return set;
}

/** What a trial is once it has shown both. */
export const union = (one: SetShape, other: SetShape): SetShape => ({
  members: [...new Set([...one.members, ...other.members])].sort((a, b) => a - b),
  isFailed: one.isFailed || other.isFailed,
  isCut: one.isCut || other.isCut,
});

/** How a request of this set ends, by the present labels. */
export function endingOf(set: SetShape, labelOf: (signature: number) => SignatureLabel): TrialEnding {
  if (set.isFailed) return 'service-failed';
  const labels = set.members.map(labelOf);
  if (set.isCut || labels.includes('open')) return 'mismatch';
  return labels.includes('excused') ? 'excused' : 'noise';
}

export type TrialEnding = 'service-failed' | 'mismatch' | 'excused' | 'noise';

const toKey = ({ members, isFailed, isCut }: SetShape): string =>
  `${isFailed ? 'f' : ''}${isCut ? 'c' : ''}${members.join(' ')}`;
