import type { Side } from '../core/vocabulary.ts';
import type { BodyDigest } from '../proxy/bounded-body.ts';
import type { ValueShape } from './canonical/shape.ts';

/** One side's answer, whole, as it came from there: plain data that crosses to a thread and back. */
export interface Answer {
  readonly status: number;
  /** Flat raw pairs, in their order, a character a byte. */
  readonly fields: readonly string[];
  /** As sent: still encoded. Empty for HEAD, 204 and 304. */
  readonly body: Uint8Array;
  /** Of a body that is longer than what is compared: then `body` is empty. */
  readonly digest?: BodyDigest | undefined;
}

/** Two answers to one request, and where legacy was asked twice, its second one. */
export interface AnswerPair {
  /** Of the request: HEAD has no body, whatever the fields say. */
  readonly method: string;
  readonly legacy: Answer;
  readonly service: Answer;
  readonly legacy2?: Answer | undefined;
}

export const differenceKinds = [
  'status',
  'header',
  'added',
  'removed',
  'type',
  'value',
  'order',
  'multiset',
  'format',
  'opaque',
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

/** What kind of thing a value is and how it is written, for signatures: two values of one drifting class may be noise. */
export type ValueClass =
  | 'absent'
  | 'null'
  | 'boolean'
  | 'number'
  | 'object'
  | 'array'
  | 'text'
  | 'email'
  | 'url'
  /** ISO 8601, mail and HTTP dates, with their layout: `timestamp-YYYY-MM-DDThh.mm.ssZ`. */
  | `timestamp-${string}`
  /** Between 2001 and 2100: `epoch-s`, `epoch-ms`, `epoch-s-fraction`. */
  | `epoch-${'s' | 'ms'}${'' | '-fraction'}`
  /** `-upper`, `-mixed` by the case of its letters; `-braced`. */
  | `uuid${'' | '-upper' | '-mixed'}${'' | '-braced'}`
  /** With their length: `hex-32`, `hex-upper-32`, `digits-8`. */
  | `hex-${'' | 'upper-'}${number}`
  | `digits-${number}`
  | 'jwt'
  | 'bytes';

/** One place in which two answers differ. */
export interface Difference {
  /** `$.a.b[0]`, `header:etag`, `status`, `html>body>div[0]@class`, `$` for the whole of an unparsed body. */
  readonly path: string;
  readonly kind: DifferenceKind;
  /** As JSON says them; absent where that side has nothing there. Never a credential. */
  readonly legacy?: unknown;
  readonly service?: unknown;
  /** The rule that covers it: what it is and its reason. Absent where none does. */
  readonly rule?: string;
  readonly classes: Readonly<Record<Side, ValueClass>>;
  /** With `keep: shapes` instead of the values, of each side that has one which is no credential. */
  readonly shapes?: Readonly<Partial<Record<Side, ValueShape>>>;
  /** Path with `[n]` as `[*]` and dynamic keys as `{*}`, kind, and both classes (comparison.md §5). */
  readonly signature: string;
  /** Legacy, asked again, differed from itself in the same way, and such values drift by themselves. */
  readonly isNoise?: true;
}

/** Two answers held against each other by rules alone; what is learned over many requests comes after (`evidence.ts`). */
export interface Comparison {
  /** `noise` only where `legacy2` came with the pair. `skipped`: nothing differs but two bodies that are `too-large`. */
  readonly outcome: 'match' | 'excused' | 'noise' | 'mismatch' | 'skipped';
  /** In `excused` those that rules cover, in `noise` and `mismatch` those that none covers; at most 100. */
  readonly differences: readonly Difference[];
  /** There are more than 100. */
  readonly isCut: boolean;
  /** Signatures of what differs between legacy and legacy2; undefined where legacy was asked once. */
  readonly again: readonly string[] | undefined;
}
