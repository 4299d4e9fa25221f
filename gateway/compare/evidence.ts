import type { Outcome, SkipReason } from '../core/outcome.ts';
import type { Side, VerdictState } from '../core/vocabulary.ts';
import type { CompareConfig } from './schema.ts';

/** What counters belong to: a change of any of it starts new ones (comparison.md §2). */
export interface EpochKey {
  readonly route: string;
  /** HEAD counts as GET. */
  readonly method: string;
  /** Position of the match entry. */
  readonly entry: number;
  /** Hash of the rules. */
  readonly rules: string;
  /** What the service says its version is; empty if it does not: then the version last heard counts. */
  readonly version: string;
}

/** One request on a shadowed route, as evidence: everything but the bodies. */
export interface Trial {
  /** Of the kept comparison; undefined where none is kept. */
  readonly id?: string | undefined;
  readonly key: EpochKey;
  /** Wall clock, milliseconds. */
  readonly at: number;
  /** 16 hex digits of a hash of method, path, sorted query, body and who asked. */
  readonly fingerprint: string;
  /** 16 hex digits of a hash of who asked. */
  readonly client: string;
  /** By the rules alone: never `noise` by learning, which `record` decides. */
  readonly outcome: Outcome;
  readonly skip?: SkipReason | undefined;
  /** Requests that it stands for, more than one only where nothing was compared; default 1. */
  readonly count?: number | undefined;
  /** Of the differences that no rule covers. */
  readonly signatures: readonly string[];
  /** There are more differences than are listed: then it is never noise. */
  readonly isCut?: boolean | undefined;
  /** Of the differences that rules cover: the rules. */
  readonly rules: readonly string[];
  /** Signatures of legacy against legacy asked again; undefined where it was asked once. */
  readonly again?: readonly string[] | undefined;
  /** Of legacy's answer, 0 if there was none. */
  readonly status: number;
  /** Milliseconds to the whole answer of each side; absent where there was none. */
  readonly ms: Readonly<Partial<Record<Side, number>>>;
}

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Whether more than 5 % of pairs are slow: surely not, surely, or not known. It never decides a verdict. */
export type SlowState = 'fine' | 'slower' | 'unknown';

/** How long both sides took for the same requests. */
export interface PairLatency extends Readonly<Record<Side, Percentiles>> {
  /** Distinct requests that both sides answered, and those that took the service over legacy · 1.25 + 25 ms. */
  readonly pairs: number;
  readonly slow: number;
  readonly state: SlowState;
}

/** The verdict on one method and match entry, with what it rests on. */
export interface PartVerdict {
  readonly method: string;
  readonly entry: number;
  readonly state: VerdictState;
  /** Distinct requests, and how many of them count as bad. */
  readonly n: number;
  readonly bad: number;
  /** Share of the route's requests, 0 to 1. */
  readonly share: number;
  /** Distinct requests that are missing until the share of bad ones is known to be below the bound; undefined: never. */
  readonly more: number | undefined;
  readonly latency: PairLatency | undefined;
  /** For people, most important first: what stands against it, or what is missing. */
  readonly reasons: readonly string[];
}

/** A route's verdict: the worst of its parts that carry 1 % or more of its requests. */
export interface RouteVerdict {
  readonly route: string;
  readonly state: VerdictState;
  readonly parts: readonly PartVerdict[];
  /** Methods (`upgrade`, `streaming` too) with 1 % or more of the requests that cannot be shadowed. */
  readonly unverified: readonly string[];
  readonly reasons: readonly string[];
  /** Of all requests of the present epochs; they add up. */
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly skips: Readonly<Partial<Record<SkipReason, number>>>;
  /** 1 − bad / n over all outcomes that count; undefined before the first. */
  readonly matchRate: number | undefined;
}

/** `legacy-bug`: somebody has said so; it no longer stands against the service. */
export type SignatureState = 'open' | 'noise' | 'excused' | 'legacy-bug';

/** All differences of one shape on one route and method. */
export interface SignatureView {
  readonly signature: string;
  readonly path: string;
  readonly kind: string;
  readonly method: string;
  readonly entry: number;
  readonly state: SignatureState;
  /** `real`: the sign process has reached its bound; `unknown`: neither real nor noise yet. */
  readonly finding: 'real' | 'noise' | 'unknown';
  readonly count: number;
  readonly distinct: number;
  /** Service differs where legacy asked again does not; and the other way round. */
  readonly b: number;
  readonly c: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly statuses: readonly number[];
  /** Ids of kept comparisons. */
  readonly examples: readonly string[];
  /** What a noisy one hides, or the rule that excuses it. */
  readonly note: string;
  /** Of the distinct requests of its method and entry, 0 to 1; of a rule, of those that were compared. */
  readonly share: number;
  /** Signatures whose requests overlap by 95 % are one finding, and have the same number. */
  readonly group: number;
}

/** Rows that survive a restart. `state` is the JSON of whatever `evidence` needs to go on. */
export interface EpochRecord {
  readonly id: string;
  readonly key: EpochKey;
  readonly updatedAt: number;
  readonly state: string;
}

/** A distinct request of an epoch; `signatures` empty where it was good. */
export interface TrialRecord {
  readonly epoch: string;
  readonly fingerprint: string;
  readonly at: number;
  readonly outcome: Outcome;
  readonly signatures: readonly string[];
}

/** What of `compare` evidence goes by. Each is as in the config: percent and milliseconds. */
export type EvidenceSettings = Pick<CompareConfig, 'maxMismatch' | 'distinctFor' | 'span'>;

export interface VerdictSettings extends EvidenceSettings {
  /** Hash of the rules that hold now: only what was gathered under them counts. Default: those of the newest trial. */
  readonly rules?: string | undefined;
  /** Methods, `upgrade` or `streaming` that somebody answers for: they are left out. */
  readonly unverified?: readonly string[] | undefined;
}

/** What somebody has said about a signature: legacy is wrong there, or it is open again. */
export interface SignatureMark {
  readonly state: 'legacy-bug' | 'open';
  readonly by: string;
  readonly reason: string;
  /** Wall clock, milliseconds. */
  readonly at: number;
}

/** Rows to be written: epochs whole, trials by epoch and fingerprint; a later one replaces an earlier one. */
export interface EvidenceChanges {
  readonly epochs: readonly EpochRecord[];
  readonly trials: readonly TrialRecord[];
}

/** All evidence on all routes, in memory and bounded. It has no clock: time comes with the trials. */
export interface Evidence {
  /** Counts a trial; returns how it ends: a mismatch may be `noise`, or `excused` by a mark. */
  record(trial: Trial, settings: EvidenceSettings): Outcome;
  verdictOf(route: string, settings: VerdictSettings): RouteVerdict;
  /** Of the present epochs, most frequent first; rules that excused something stand there too. */
  signaturesOf(route: string): readonly SignatureView[];
  /** Marks it on the route for all methods, epochs and versions. False if the route has no such signature. */
  markSignature(route: string, signature: string, mark: SignatureMark): boolean;
  /** What has changed since the last call, at most 5,000 trials a route: call again until there are none. */
  takeChanges(): EvidenceChanges;
  /** Changes that could not be written: the next `takeChanges` returns them again, as they are by then. */
  putBack(changes: EvidenceChanges): void;
  /** Goes on where the writer of these records stopped; returns how many of them it could not read. */
  restore(records: EvidenceChanges): number;
}

/** Implemented by `store/`. Rejects while the store is away; evidence goes on in memory. */
export interface EvidenceStore {
  saveEvidence(epochs: readonly EpochRecord[], trials: readonly TrialRecord[]): Promise<void>;
  /** All epochs touched since then, and their trials, oldest first. */
  loadEvidence(since: number): Promise<{ epochs: readonly EpochRecord[]; trials: readonly TrialRecord[] }>;
  forgetEvidence(before: number): Promise<void>;
}
