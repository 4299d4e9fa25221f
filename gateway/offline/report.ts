/** What a replay comes to: one model, of which terminal, JSON, JUnit and HTML are views. Plain data. */

import type { Difference } from '../compare/comparison.ts';
import type { Percentiles, SlowState } from '../compare/evidence.ts';
import type { KeptAnswer } from '../compare/kept.ts';
import type { Outcome, SkipReason } from '../core/outcome.ts';
import type { Side, VerdictState } from '../core/vocabulary.ts';
import type { InputCounts } from './selection.ts';

export interface ReplayReport {
  readonly kind: 'figway-replay';
  /** RFC 3339. */
  readonly at: string;
  /** With the same seed the same requests are asked in the same order. */
  readonly seed: string;
  readonly source: { readonly file: string; readonly format: string };
  /** The addresses that were asked. */
  readonly sides: Readonly<Record<Side, string>>;
  readonly route: string | null;
  readonly input: InputCounts & { readonly asked: number };
  readonly verdict: ReplayVerdict;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly skips: Readonly<Partial<Record<SkipReason, number>>>;
  /** Null: no pair was timed. */
  readonly latency: ReplayLatency | null;
  /** Most frequent first. */
  readonly findings: readonly Finding[];
  /** Differences of signatures beyond 2,000; their requests count as bad all the same. */
  readonly untold: number;
  /** Rules that excused something, most frequent first. */
  readonly excused: readonly { readonly rule: string; readonly count: number }[];
  /** What findings point to. */
  readonly examples: readonly Example[];
}

export interface ReplayVerdict {
  readonly state: VerdictState;
  /** Distinct requests that count, and how many of them are bad. */
  readonly n: number;
  readonly bad: number;
  /** Exact one-sided 95 % bounds of the share of bad ones (Clopper and Pearson), 0 to 1. */
  readonly lower: number;
  readonly upper: number;
  /** Percent. */
  readonly maxMismatch: number;
  /** Distinct requests more, all good, that would make it ready; null: none would. */
  readonly more: number | null;
  /** For people. */
  readonly reasons: readonly string[];
}

export interface ReplayLatency extends Readonly<Record<Side, Percentiles>> {
  /** Pairs that both sides answered, and those that took the service over legacy · 1.25 + 25 ms. */
  readonly pairs: number;
  readonly slow: number;
  readonly state: SlowState;
}

/** Signatures that the same requests show. */
export interface Finding {
  readonly group: number;
  /** Requests of its most frequent signature. */
  readonly count: number;
  /** Of all requests that count, 0 to 1. */
  readonly share: number;
  readonly signatures: readonly SignatureFinding[];
  /** Ids of examples. */
  readonly examples: readonly string[];
}

export interface SignatureFinding {
  readonly signature: string;
  readonly method: string;
  readonly template: string;
  readonly path: string;
  /** A kind of difference; `failed` where the service gave no answer to compare. */
  readonly kind: string;
  readonly state: 'open';
  /** Requests, each of which was asked once; so all are distinct. */
  readonly distinct: number;
  /** As `legacy:service`, such as `200:404`; `-` for none. */
  readonly statuses: readonly string[];
  /** Both values of the first example; absent where a side has nothing there. */
  readonly legacy?: unknown;
  readonly service?: unknown;
  /** Both values are of one kind that drifts by itself, such as points in time: perhaps no fault but a missing rule. */
  readonly mayDrift: boolean;
}

/** One pair to be opened. Redacted. */
export interface Example {
  readonly id: string;
  readonly method: string;
  readonly target: string;
  readonly outcome: Outcome;
  readonly detail?: string;
  readonly differences: readonly ExampleDifference[];
  readonly isCut: boolean;
  readonly sides: Readonly<Partial<Record<Side, KeptAnswer>>>;
}

export interface ExampleDifference {
  readonly path: string;
  readonly kind: string;
  readonly legacy?: unknown;
  readonly service?: unknown;
  /** With `--keep shapes` instead of the values. */
  readonly shapes?: Difference['shapes'];
}
