import { isBad, isEqual, type Outcome, outcomes, type SkipReason } from '../core/outcome.ts';
import type { EpochKey, Trial } from './evidence.ts';
import type { Fingerprints } from './fingerprints.ts';
import { addTime, isSlow, newPairTimes, type PairTimes } from './latency.ts';
import { countAgain, countShown, newSignature, type SignatureCount } from './signature-counts.ts';
import {
  endingOf,
  type SetShape,
  type SignatureLabel,
  setOf,
  type TrialSet,
  type TrialSets,
  union,
} from './trial-sets.ts';

/** What a distinct request is: good, by its outcome, or one of a set of trials that something stands against. */
export type TrialLabel = TrialSet | Outcome;

/** Counters of one method and match entry, under one set of rules, at one version of the service. */
export interface Epoch {
  readonly id: string;
  readonly key: EpochKey;
  /** Its name in the keys of fingerprints. */
  readonly number: number;
  /** First and last trial of any outcome. */
  readonly began: number;
  last: number;
  /** Last trial that said this version itself; 0 before that. */
  heard: number;
  /** First and last trial that was compared; undefined before that. */
  compared: { first: number; last: number } | undefined;
  /** Milliseconds that epochs of the same rules before it had gathered, which are forgotten. */
  earlier: number;
  /** Requests by outcome, without those that `sets` count. */
  readonly counts: Record<Outcome, number>;
  readonly skips: Partial<Record<SkipReason, number>>;
  /** Distinct requests. */
  distinct: number;
  /** When the last of them were seen. */
  recent: readonly number[];
  /** By status class of legacy's answer, `answers[2]` for 2xx: all, and those that were compared. */
  readonly answers: number[];
  readonly answersCompared: number[];
  readonly signatures: SignatureCount[];
  readonly positions: Map<string, number>;
  readonly sets: TrialSets;
  /** Requests that a rule excused something in, by rule. */
  readonly excuses: Map<string, Excuse>;
  readonly times: PairTimes;
}

export interface Excuse {
  count: number;
  firstSeen: number;
  lastSeen: number;
}

/** What an epoch needs of its route to count a trial. */
export interface Counting {
  readonly fingerprints: Fingerprints<TrialLabel>;
  readonly distinctFor: number;
  readonly isMarked: (signature: string) => boolean;
  /** Asks for room for one more signature. */
  readonly hasRoom: () => boolean;
  /** A distinct request is new, or has turned bad. */
  readonly onTrial: (key: string) => void;
}

/** Stands for differences beyond the bounds, where signatures are listed. */
export const cutMark = '…';

const mostRecent = 64;
const mostExcuses = 500;

export function newEpoch(id: string, key: EpochKey, at: { number: number; began: number }): Epoch {
  return {
    ...{
      id,
      key,
      number: at.number,
      began: at.began,
      last: at.began,
      heard: 0,
      compared: undefined,
      earlier: 0,
    },
    counts: Object.fromEntries(outcomes.map(outcome => [outcome, 0])) as Record<Outcome, number>,
    ...{ skips: {}, distinct: 0, recent: [], answers: Array(6).fill(0), answersCompared: Array(6).fill(0) },
    ...{ signatures: [], positions: new Map(), sets: new Map(), excuses: new Map(), times: newPairTimes() },
  };
}

export const fingerprintKey = (epoch: Epoch, fingerprint: string): string => `${epoch.number} ${fingerprint}`;

/** Counts trials of which nothing was compared. */
export function countUncompared(epoch: Epoch, trial: Trial): Outcome {
  const { outcome, skip, count = 1 } = trial;
  countAnswer(epoch, trial, count);
  epoch.counts[outcome] += count;
  if (skip !== undefined) epoch.skips[skip] = (epoch.skips[skip] ?? 0) + count;
  return outcome;
}

function countAnswer(epoch: Epoch, trial: Trial, count = 1): void {
  epoch.last = Math.max(epoch.last, trial.at);
  if (trial.key.version === epoch.key.version) epoch.heard = Math.max(epoch.heard, trial.at);
  countStatus(epoch.answers, trial.status, count);
}

/** Counts a trial that was compared; returns how it ends by the present labels. */
export function countTrial(epoch: Epoch, trial: Trial, counting: Counting): Outcome {
  countAnswer(epoch, trial);
  countStatus(epoch.answersCompared, trial.status);
  const { first, last } = epoch.compared ?? { first: trial.at, last: trial.at };
  epoch.compared = { first: Math.min(first, trial.at), last: Math.max(last, trial.at) };
  for (const rule of trial.rules) countExcuse(epoch.excuses, rule, trial.at);
  countTimes(epoch.times, trial);
  const shape = shapeOf(epoch, trial, counting);
  countSigns(epoch, trial, counting);
  countDistinct(epoch, trial, { shape, counting });
  if (trial.outcome !== 'mismatch' || shape === undefined) {
    epoch.counts[trial.outcome] += 1;
    return trial.outcome;
  }
  const set = setOf(epoch.sets, shape);
  set.seen += 1;
  return endingOf(set, labels(epoch, counting.isMarked));
}

export const isCompared = (outcome: Outcome): boolean =>
  isEqual(outcome) || isBad(outcome) || outcome === 'lagged';

/** What the signatures of an epoch mean for its trials, by their positions. */
export const labels =
  (epoch: Epoch, isMarked: (signature: string) => boolean) =>
  (position: number): SignatureLabel => {
    const signature = epoch.signatures[position];
    if (signature === undefined) return 'open';
    if (isMarked(signature.text)) return 'excused';
    return signature.finding === 'noise' ? 'noise' : 'open';
  };

function countStatus(classes: number[], status: number, count = 1): void {
  const at = Math.floor(status / 100);
  if (at >= 1 && at <= 5) classes[at] = (classes[at] ?? 0) + count;
}

function countExcuse(excuses: Map<string, Excuse>, rule: string, at: number): void {
  const excuse = excuses.get(rule);
  if (excuse !== undefined) {
    excuse.count += 1;
    excuse.firstSeen = Math.min(excuse.firstSeen, at);
    excuse.lastSeen = Math.max(excuse.lastSeen, at);
  } else if (excuses.size < mostExcuses) excuses.set(rule, { count: 1, firstSeen: at, lastSeen: at });
}

function countTimes(times: PairTimes, { ms: { legacy, service } }: Trial): void {
  if (legacy === undefined || service === undefined) return;
  addTime(times.legacy, legacy);
  addTime(times.service, service);
}

/** What stands against the trial; undefined: nothing. A mismatch that names no signature is cut. */
function shapeOf(epoch: Epoch, trial: Trial, { hasRoom }: Counting): SetShape | undefined {
  if (!isBad(trial.outcome)) return undefined;
  const isFailed = trial.outcome === 'service-failed';
  const members: number[] = [];
  let isCut = trial.isCut === true || (trial.signatures.length === 0 && !isFailed);
  for (const text of new Set(trial.signatures)) {
    const position = positionOf(epoch, text, hasRoom);
    if (position === undefined) isCut = true;
    else members.push(position);
  }
  for (const position of members) countShown(epoch.signatures[position]!, trial);
  return { members: members.sort((a, b) => a - b), isFailed, isCut };
}

function positionOf(epoch: Epoch, text: string, hasRoom: () => boolean): number | undefined {
  const known = epoch.positions.get(text);
  if (known !== undefined) return known;
  if (!hasRoom()) return undefined;
  epoch.positions.set(text, epoch.signatures.length);
  return epoch.signatures.push(newSignature(text)) - 1;
}

/** Holds the service's differences against legacy's own, where it was asked twice and all of them are known. */
function countSigns(epoch: Epoch, trial: Trial, { hasRoom }: Counting): void {
  const isKnown = (isEqual(trial.outcome) || trial.outcome === 'mismatch') && trial.isCut !== true;
  if (trial.again === undefined || !isKnown) return;
  const service = new Set(trial.signatures);
  const again = new Set(trial.again);
  for (const text of new Set([...service, ...again])) {
    const position = positionOf(epoch, text, hasRoom);
    if (position !== undefined)
      countAgain(epoch.signatures[position]!, { service: service.has(text), again: again.has(text) });
  }
}

interface Shown {
  readonly shape: SetShape | undefined;
  readonly counting: Counting;
}

/** Counts a distinct request once, and turns it bad once. */
function countDistinct(epoch: Epoch, trial: Trial, { shape, counting }: Shown): void {
  const key = fingerprintKey(epoch, trial.fingerprint);
  const before = counting.fingerprints.find(key, trial.at, counting.distinctFor);
  if (before === undefined) {
    epoch.distinct += 1;
    epoch.recent = [...epoch.recent, trial.at].slice(-mostRecent);
    countSlow(epoch.times, trial);
    const label = shape === undefined ? trial.outcome : join(epoch, shape, undefined);
    counting.fingerprints.add({ key, at: trial.at, label });
    counting.onTrial(key);
  } else if (shape !== undefined) {
    const label = typeof before.label === 'string' ? undefined : before.label;
    const next = join(epoch, shape, label);
    if (next === label) return;
    before.label = next;
    counting.onTrial(key);
  }
}

/** Puts a distinct request into the set of all that stands against it. */
function join(epoch: Epoch, shape: SetShape, before: TrialSet | undefined): TrialSet {
  const next = setOf(epoch.sets, before === undefined ? shape : union(before, shape));
  if (next === before) return next;
  if (before !== undefined) before.distinct -= 1;
  next.distinct += 1;
  for (const position of shape.members) {
    const signature = epoch.signatures[position];
    if (signature !== undefined && before?.members.includes(position) !== true) signature.distinct += 1;
  }
  return next;
}

function countSlow(times: PairTimes, { ms: { legacy, service } }: Trial): void {
  if (legacy === undefined || service === undefined) return;
  times.pairs += 1;
  if (isSlow(legacy, service)) times.slow += 1;
}
