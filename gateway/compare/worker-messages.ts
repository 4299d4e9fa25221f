import type { Side } from '../core/vocabulary.ts';
import type { BodyDigest } from '../proxy/bounded-body.ts';
import type { Comparison } from './comparison.ts';
import type { KeptAnswer } from './kept.ts';
import type { RulesOrder } from './shadowing.ts';

/** A stretch of the bytes that came with a batch. */
export interface Stretch {
  readonly at: number;
  readonly length: number;
}

export interface PackedAnswer {
  readonly status: number;
  readonly fields: readonly string[];
  readonly body: Stretch;
  readonly digest?: BodyDigest | undefined;
  readonly ms: number;
}

/** A pair on its way to the thread. */
export interface PackedPair {
  /** Id of its rules, which were sent before. */
  readonly rules: string;
  readonly method: string;
  readonly target: string;
  readonly who: string;
  readonly upload: Stretch | undefined;
  readonly legacy: PackedAnswer;
  readonly service: PackedAnswer;
  readonly legacy2: PackedAnswer | undefined;
}

/** What the thread is started with. */
export interface WorkerData {
  readonly shapeKey: Uint8Array;
}

/** What the thread is told. A batch is answered before the next one is sent. */
export type ToWorker =
  | { readonly kind: 'rules'; readonly order: RulesOrder }
  /** All rules are sent anew where they are needed. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'pairs'; readonly pairs: readonly PackedPair[]; readonly bytes: ArrayBuffer };

/** What came of one pair. */
export interface PairResult {
  readonly outcome: Comparison['outcome'];
  readonly differences: Comparison['differences'];
  readonly isCut: boolean;
  /** Signatures of what differs between legacy and legacy asked again; undefined where it was asked once. */
  readonly again: readonly string[] | undefined;
  readonly fingerprint: string;
  readonly client: string;
  /** What may be kept of both answers; undefined where they are equal. */
  readonly sides: Readonly<Record<Side, KeptAnswer>> | undefined;
}

/** In the order of the pairs; a string says why one could not be compared. */
export interface FromWorker {
  readonly results: readonly (PairResult | string)[];
}
