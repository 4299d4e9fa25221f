import type { Trial } from './evidence.ts';
import { findingOf, type NoiseFinding, type SignTally } from './noise.ts';

/** What an epoch has counted of one signature. */
export interface SignatureCount extends SignTally {
  readonly text: string;
  b: number;
  c: number;
  again: number;
  finding: NoiseFinding;
  /** Requests that showed it, and distinct ones. */
  count: number;
  distinct: number;
  firstSeen: number;
  lastSeen: number;
  /** Of legacy's answers, ascending. */
  statuses: readonly number[];
  /** Ids of kept comparisons: a sample of all, and the newest. */
  sample: readonly string[];
  newest: string;
}

const mostStatuses = 8;
const mostExamples = 5;

export const newSignature = (text: string): SignatureCount => ({
  ...{ text, b: 0, c: 0, again: 0, finding: 'unknown', count: 0, distinct: 0 },
  ...{ firstSeen: 0, lastSeen: 0, statuses: [], sample: [], newest: '' },
});

/** The service has shown it. */
export function countShown(signature: SignatureCount, { at, status, id }: Trial): void {
  signature.firstSeen = signature.count === 0 ? at : Math.min(signature.firstSeen, at);
  signature.count += 1;
  if (!signature.statuses.includes(status) && signature.statuses.length < mostStatuses)
    signature.statuses = [...signature.statuses, status].sort((a, b) => a - b);
  if (id !== undefined) keepExample(signature, id, at);
  signature.lastSeen = Math.max(signature.lastSeen, at);
}

/** Legacy was asked twice, and at least one of both showed it. True if that settles it, or unsettles it. */
export function countAgain(signature: SignatureCount, shown: { service: boolean; again: boolean }): boolean {
  if (shown.service && !shown.again) signature.b += 1;
  if (shown.again && !shown.service) signature.c += 1;
  if (shown.again) signature.again += 1;
  const finding = findingOf(signature.text, signature);
  const isOther = finding !== signature.finding;
  signature.finding = finding;
  return isOther;
}

/** The sample is of those whose hashes are lowest: every one had the same chance, whatever the order. */
function keepExample(signature: SignatureCount, id: string, at: number): void {
  if (at >= signature.lastSeen) signature.newest = id;
  if (signature.sample.includes(id)) return;
  signature.sample = [...signature.sample, id].sort((a, b) => lotOf(a) - lotOf(b)).slice(0, mostExamples);
}

/** 32 bits of FNV-1a, stirred once more, since similar ids follow each other. */
function lotOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at += 1) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
