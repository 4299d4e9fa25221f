/** Epochs as the JSON that a store keeps, and back. */
import { type Outcome, outcomes, type SkipReason } from '../core/outcome.ts';
import type { Epoch, Excuse } from './epoch.ts';
import type { Histogram } from './latency.ts';
import type { SignatureCount } from './signature-counts.ts';
import { setOf, type TrialSet } from './trial-sets.ts';

/** Raised whenever what is written changes so that an older reader would be wrong. */
const version = 1;

interface State
  extends Pick<
    Epoch,
    | 'number'
    | 'began'
    | 'last'
    | 'heard'
    | 'earlier'
    | 'skips'
    | 'distinct'
    | 'recent'
    | 'answers'
    | 'answersCompared'
  > {
  readonly v: number;
  readonly compared: Epoch['compared'] | null;
  readonly counts: Partial<Record<Outcome, number>>;
  readonly signatures: readonly SignatureCount[];
  readonly sets: readonly TrialSet[];
  readonly excuses: readonly (readonly [rule: string, excuse: Excuse])[];
  readonly times: {
    readonly legacy: SparseHistogram;
    readonly service: SparseHistogram;
    readonly pairs: number;
    readonly slow: number;
  };
}

/** Buckets that hold something. */
type SparseHistogram = readonly (readonly [bucket: number, count: number])[];

/** What stands in the place of an epoch that was forgotten. */
export const forgottenState = JSON.stringify({ v: version, forgotten: true });

export function toState(epoch: Epoch): string {
  const { number, began, last, heard, compared, earlier, counts, skips, distinct, recent } = epoch;
  const { answers, answersCompared, signatures, sets, excuses, times } = epoch;
  const state: State = {
    ...{
      v: version,
      number,
      began,
      last,
      heard,
      compared: compared ?? null,
      earlier,
      counts,
      skips,
      distinct,
      recent,
    },
    ...{ answers, answersCompared, signatures, sets: [...sets.values()], excuses: [...excuses] },
    times: { ...times, legacy: toSparse(times.legacy), service: toSparse(times.service) },
  };
  return JSON.stringify(state);
}

/** Undefined where it is none, of another version, or that of an epoch that was forgotten. */
export function parseState(text: string): State | undefined {
  try {
    const state: unknown = JSON.parse(text);
    return isState(state) ? state : undefined;
  } catch {
    return undefined;
  }
}

/** Puts into a new epoch what was written of it. */
export function fillEpoch(epoch: Epoch, state: State): void {
  epoch.last = state.last;
  epoch.heard = state.heard;
  epoch.compared = state.compared ?? undefined;
  epoch.earlier = state.earlier;
  epoch.distinct = state.distinct;
  epoch.recent = state.recent;
  for (const outcome of outcomes) epoch.counts[outcome] = state.counts[outcome] ?? 0;
  for (const [reason, count] of Object.entries(state.skips)) epoch.skips[reason as SkipReason] = count;
  state.answers.forEach((count, at) => {
    epoch.answers[at] = count;
  });
  state.answersCompared.forEach((count, at) => {
    epoch.answersCompared[at] = count;
  });
  for (const signature of state.signatures) {
    epoch.positions.set(signature.text, epoch.signatures.length);
    epoch.signatures.push({ ...signature });
  }
  for (const set of state.sets)
    Object.assign(setOf(epoch.sets, set), { distinct: set.distinct, seen: set.seen });
  for (const [rule, excuse] of state.excuses) epoch.excuses.set(rule, { ...excuse });
  fromSparse(epoch.times.legacy, state.times.legacy);
  fromSparse(epoch.times.service, state.times.service);
  epoch.times.pairs = state.times.pairs;
  epoch.times.slow = state.times.slow;
}

/** The store gives back what was put there; this only tells a row of another version or make from one of ours. */
function isState(state: unknown): state is State {
  if (typeof state !== 'object' || state === null) return false;
  const { v, number, began, last, heard, signatures, sets, times } = state as Partial<State>;
  const numbers = [number, began, last, heard].every(each => typeof each === 'number');
  return v === version && numbers && Array.isArray(signatures) && Array.isArray(sets) && times !== undefined;
}

const toSparse = (histogram: Histogram): SparseHistogram =>
  [...histogram].flatMap((count, bucket) => (count === 0 ? [] : [[bucket, count] as const]));

function fromSparse(histogram: Histogram, sparse: SparseHistogram): void {
  for (const [bucket, count] of sparse) histogram[bucket] = count;
}
