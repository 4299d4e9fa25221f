/** What a route has to have written, and how it goes on from there. */
import { cutMark, type Epoch, fingerprintKey, type TrialLabel } from './epoch.ts';
import { fillEpoch, forgottenState, parseState, toState } from './epoch-state.ts';
import type { EpochKey, EpochRecord, EvidenceChanges, SignatureMark, TrialRecord } from './evidence.ts';
import { addEpoch, idOf, newRoute, type RouteEvidence } from './route-evidence.ts';
import { findSet } from './trial-sets.ts';

/** A store takes so many trials at once, and the thread that serves clients is held up for some 20 ms at most. */
const mostTrials = 5000;

/** What has changed since the last call; where it is too much, more with the next. */
export function takeChangesOf(route: RouteEvidence): EvidenceChanges {
  const { changed } = route;
  const epochs = [...changed.epochs].map(toRecord);
  for (const gone of changed.forgotten.values()) epochs.push({ ...gone, state: forgottenState });
  // Marks are as young as the newest epoch, or retention would take them first.
  if (changed.marks || (epochs.length > 0 && route.marks.size > 0)) epochs.push(toMarksRecord(route));
  const keys = [...changed.trials.values().take(mostTrials)];
  const trials = toTrials(route, keys);
  changed.epochs.clear();
  for (const key of keys) changed.trials.delete(key);
  changed.forgotten.clear();
  changed.marks = false;
  return { epochs, trials };
}

/** Changes that could not be written are changes again. */
export function putBackOn(route: RouteEvidence, { epochs, trials }: EvidenceChanges): void {
  const byId = new Map([...route.epochs.values()].map(epoch => [epoch.id, epoch]));
  for (const { id, key, updatedAt, state } of epochs) {
    const epoch = byId.get(id);
    if (isMarksKey(key)) route.changed.marks = true;
    else if (epoch !== undefined) route.changed.epochs.add(epoch);
    else if (state === forgottenState) route.changed.forgotten.set(id, { id, key, updatedAt });
  }
  for (const { epoch: id, fingerprint } of trials) {
    const epoch = byId.get(id);
    if (epoch !== undefined) route.changed.trials.add(fingerprintKey(epoch, fingerprint));
  }
}

/** A route as its records say; `unread` of them made no sense. */
export function restoreRoute(
  name: string,
  records: readonly EpochRecord[],
): { route: RouteEvidence; unread: number } {
  const route = newRoute(name);
  const read = records.flatMap(({ key, state }) => {
    const parsed = parseState(state);
    return parsed === undefined || isMarksKey(key) ? [] : [{ key, state: parsed }];
  });
  // In the order in which they began, as they stood before.
  for (const { key, state } of read.sort((a, b) => a.state.number - b.state.number))
    fillEpoch(addEpoch(route, key, state.began), state);
  const marks = records.find(record => isMarksKey(record.key));
  for (const [signature, mark] of marks === undefined ? [] : parseMarks(marks.state))
    route.marks.set(signature, mark);
  const idle = records.filter(record => record !== marks && record.state !== forgottenState).length;
  return { route, unread: idle - read.length };
}

/** Puts a distinct request back; false if its epoch began after it, or knows nothing of it. */
export function restoreTrial(route: RouteEvidence, epoch: Epoch, record: TrialRecord): boolean {
  if (record.at < epoch.began) return false;
  const label = labelOf(epoch, record);
  if (label === undefined) return false;
  route.fingerprints.add({ key: fingerprintKey(epoch, record.fingerprint), at: record.at, label });
  return true;
}

function labelOf(epoch: Epoch, { outcome, signatures }: TrialRecord): TrialLabel | undefined {
  const isFailed = outcome === 'service-failed';
  if (signatures.length === 0 && !isFailed) return outcome;
  const listed = signatures.filter(signature => signature !== cutMark);
  const members = listed.flatMap(signature => epoch.positions.get(signature) ?? []).sort((a, b) => a - b);
  if (members.length < listed.length) return undefined;
  return findSet(epoch.sets, { members, isFailed, isCut: listed.length < signatures.length });
}

const toRecord = (epoch: Epoch): EpochRecord => ({
  ...{ id: epoch.id, key: epoch.key, updatedAt: epoch.last, state: toState(epoch) },
});

function toTrials(route: RouteEvidence, keys: readonly string[]): TrialRecord[] {
  const byNumber = new Map([...route.epochs.values()].map(epoch => [`${epoch.number}`, epoch]));
  return keys.flatMap(key => {
    const [number = '', fingerprint = ''] = key.split(' ');
    const epoch = byNumber.get(number);
    const sighting = route.fingerprints.get(key);
    if (epoch === undefined || sighting === undefined) return [];
    return [{ epoch: epoch.id, fingerprint, at: sighting.at, ...toOutcome(epoch, sighting.label) }];
  });
}

function toOutcome(epoch: Epoch, label: TrialLabel): Pick<TrialRecord, 'outcome' | 'signatures'> {
  if (typeof label === 'string') return { outcome: label, signatures: [] };
  const texts = label.members.map(position => epoch.signatures[position]?.text ?? cutMark);
  const outcome = label.isFailed ? 'service-failed' : 'mismatch';
  return { outcome, signatures: label.isCut ? [...texts, cutMark] : texts };
}

/** Marks are kept as an epoch that none can be: it has no method. */
const toMarksKey = (route: string): EpochKey => ({ route, method: '', entry: -1, rules: '', version: '' });

const isMarksKey = ({ method, entry }: EpochKey): boolean => method === '' && entry === -1;

function toMarksRecord(route: RouteEvidence): EpochRecord {
  const key = toMarksKey(route.name);
  const times = [...route.epochs.values()].map(epoch => epoch.last);
  const updatedAt = Math.max(...times, ...[...route.marks.values()].map(mark => mark.at));
  return { id: idOf(key), key, updatedAt, state: JSON.stringify([...route.marks]) };
}

function parseMarks(state: string): readonly (readonly [string, SignatureMark])[] {
  try {
    const marks: unknown = JSON.parse(state);
    return Array.isArray(marks) ? marks : [];
  } catch {
    return [];
  }
}
