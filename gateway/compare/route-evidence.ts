import { createHash } from 'node:crypto';
import type { Outcome } from '../core/outcome.ts';
import {
  type Counting,
  countTrial,
  countUncompared,
  type Epoch,
  isCompared,
  newEpoch,
  type TrialLabel,
} from './epoch.ts';
import type { EpochKey, EpochRecord, EvidenceSettings, SignatureMark, Trial } from './evidence.ts';
import { createFingerprints, type Fingerprints } from './fingerprints.ts';

/** All that is known of one route. Epochs are many: a few for each method and match entry. */
export interface RouteEvidence {
  readonly name: string;
  /** By `nameOf(key)`. */
  readonly epochs: Map<string, Epoch>;
  readonly fingerprints: Fingerprints<TrialLabel>;
  /** Signatures that somebody has called a bug of legacy. */
  readonly marks: Map<string, SignatureMark>;
  /** The one that was counted in last, and is still there: the next is mostly of the same. */
  latest: Epoch | undefined;
  /** For the next epoch. */
  nextNumber: number;
  /** The service has said its version at least once. */
  hasVersions: boolean;
  /** What has to be written: epochs, keys of fingerprints, marks, epochs that were forgotten. */
  readonly changed: { epochs: Set<Epoch>; trials: Set<string>; marks: boolean; forgotten: Map<string, Gone> };
}

/** An epoch that was forgotten, as its row must say. */
export type Gone = Omit<EpochRecord, 'state'>;

/** Epochs that a method and match entry keeps; beyond, the one silent for longest is forgotten but for its span. */
const mostEpochs = 4;
const mostSignatures = 2000;
/** Milliseconds after which a version that answers no more has ended, while another does. */
const silence = 10 * 60_000;
/** Beyond so many the newest are not remembered as forgotten: their old rows are read again after a restart. */
const mostForgotten = 1000;

export function newRoute(name: string): RouteEvidence {
  const changed = {
    epochs: new Set<Epoch>(),
    trials: new Set<string>(),
    marks: false,
    forgotten: new Map<string, Gone>(),
  };
  const fingerprints = createFingerprints<TrialLabel>({ onForget: key => changed.trials.delete(key) });
  return {
    name,
    epochs: new Map(),
    fingerprints,
    marks: new Map(),
    latest: undefined,
    nextNumber: 0,
    hasVersions: false,
    changed,
  };
}

export function recordOn(route: RouteEvidence, trial: Trial, settings: EvidenceSettings): Outcome {
  const epoch = epochFor(route, trial);
  route.changed.epochs.add(epoch);
  if (!isCompared(trial.outcome)) return countUncompared(epoch, trial);
  const counting: Counting = {
    fingerprints: route.fingerprints,
    distinctFor: settings.distinctFor,
    isMarked: text => route.marks.has(text),
    hasRoom: () => hasRoom(route, epoch),
    onTrial: key => route.changed.trials.add(key),
  };
  return countTrial(epoch, trial, counting);
}

/** Epochs of the rules that hold now: those of `rules`, else of whatever was heard last. */
export function epochsUnder(route: RouteEvidence, rules: string | undefined): readonly Epoch[] {
  const all = [...route.epochs.values()];
  const holding = rules ?? newest(all, epoch => epoch.last)?.key.rules;
  return all.filter(epoch => epoch.key.rules === holding);
}

/**
 * The version of the service that is judged, of epochs under one set of rules. While two answer side by side
 * it is the one that came later; it has ended once it was silent for ten minutes and another was not.
 */
export function versionOf(epochs: readonly Epoch[]): string | undefined {
  const heard = Math.max(...epochs.map(epoch => epoch.heard));
  const versions = Map.groupBy(epochs, epoch => epoch.key.version);
  const alive = [...versions].filter(([, own]) => own.some(epoch => epoch.heard >= heard - silence));
  return newest(alive, ([, own]) => Math.min(...own.map(epoch => epoch.began)))?.[0];
}

export const nameOf = ({ method, entry, rules, version }: EpochKey): string =>
  JSON.stringify([method, entry, rules, version]);

/** The same key always has the same id: a store replaces its row. */
export const idOf = (key: EpochKey): string =>
  createHash('sha256').update(key.route).update('\0').update(nameOf(key)).digest('hex').slice(0, 24);

/** Puts an epoch in its place; the one that has been silent for longest may have to go. */
export function addEpoch(route: RouteEvidence, key: EpochKey, began: number): Epoch {
  const epoch = newEpoch(idOf(key), key, { number: route.nextNumber++, began });
  route.epochs.set(nameOf(key), epoch);
  if (key.version !== '') route.hasVersions = true;
  route.changed.forgotten.delete(epoch.id);
  const part = [...route.epochs.values()].filter(other => isSamePart(other.key, key));
  const others = part.filter(other => other !== epoch);
  if (part.length > mostEpochs) forget(route, oldest(others));
  return epoch;
}

function epochFor(route: RouteEvidence, { key, at }: Trial): Epoch {
  const { latest } = route;
  if (latest !== undefined && isSameKey(latest.key, key)) return latest;
  const found = findEpoch(route, key, at);
  route.latest = found;
  return found;
}

const isSameKey = (one: EpochKey, other: EpochKey): boolean =>
  one.method === other.method &&
  one.entry === other.entry &&
  one.rules === other.rules &&
  one.version === other.version;

function findEpoch(route: RouteEvidence, key: EpochKey, at: number): Epoch {
  if (key.version !== '' || !route.hasVersions)
    return route.epochs.get(nameOf(key)) ?? addEpoch(route, key, at);
  const same = [...route.epochs.values()].filter(epoch => epoch.key.rules === key.rules);
  const spoken = { ...key, version: versionOf(same) ?? '' };
  return route.epochs.get(nameOf(spoken)) ?? addEpoch(route, spoken, at);
}

/** A signature more: epochs that have ended make room for it. */
function hasRoom(route: RouteEvidence, own: Epoch): boolean {
  const count = (): number => {
    let sum = 0;
    for (const epoch of route.epochs.values()) sum += epoch.signatures.length;
    return sum;
  };
  for (let left = count(); left >= mostSignatures; left = count()) {
    const ended = [...route.epochs.values()].filter(
      epoch => epoch !== own && epoch.signatures.length > 0 && epoch.last < own.last - silence,
    );
    const gone = ended.filter(
      epoch => epoch.key.version !== own.key.version || epoch.key.rules !== own.key.rules,
    );
    if (gone.length === 0) return false;
    forget(route, oldest(gone));
  }
  return true;
}

/** Lets an epoch go. What it adds to the span goes to the newest epoch of the same part and rules. */
function forget(route: RouteEvidence, gone: Epoch): void {
  route.epochs.delete(nameOf(gone.key));
  if (route.latest === gone) route.latest = undefined;
  route.changed.epochs.delete(gone);
  if (route.changed.forgotten.size < mostForgotten) {
    const { id, key, last } = gone;
    route.changed.forgotten.set(id, { id, key, updatedAt: last });
  }
  const kin = [...route.epochs.values()].filter(
    epoch => isSamePart(epoch.key, gone.key) && epoch.key.rules === gone.key.rules,
  );
  const heir = newest(kin, epoch => epoch.last);
  if (heir === undefined) return;
  heir.earlier += gone.earlier + timeBefore(gone, kin);
  route.changed.epochs.add(heir);
}

/** Milliseconds for which `gone` was compared before any of `kin` was. */
function timeBefore({ compared }: Epoch, kin: readonly Epoch[]): number {
  if (compared === undefined) return 0;
  const end = Math.min(compared.last, ...kin.flatMap(epoch => epoch.compared?.first ?? []));
  return Math.max(0, end - compared.first);
}

const isSamePart = (one: EpochKey, other: EpochKey): boolean =>
  one.method === other.method && one.entry === other.entry;

const oldest = (epochs: readonly Epoch[]): Epoch => epochs.reduce((a, b) => (b.last < a.last ? b : a));

/** The one of the greatest time; the first of equals. */
function newest<T>(all: readonly T[], timeOf: (one: T) => number): T | undefined {
  let best: T | undefined;
  for (const one of all) if (best === undefined || timeOf(one) > timeOf(best)) best = one;
  return best;
}
