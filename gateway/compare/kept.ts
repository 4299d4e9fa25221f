import type { Outcome, SkipReason } from '../core/outcome.ts';
import type { Side } from '../core/vocabulary.ts';
import type { Difference } from './comparison.ts';

/** What is kept of one side's answer: by `keep`, redacted, never a credential. */
export interface KeptAnswer {
  readonly status: number;
  /** Milliseconds to the whole answer. */
  readonly ms: number;
  /** With `keep: values` the canonical fields; else none. */
  readonly fields?: readonly (readonly [name: string, value: string])[];
  /** With `keep: values` the body as text, at most 16 KiB; else absent. */
  readonly body?: string;
  /** Decoded bytes. */
  readonly bytes: number;
}

/** One comparison as an example: what somebody opens to see both answers side by side. */
export interface KeptComparison {
  readonly id: string;
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly route: string;
  readonly method: string;
  readonly entry: number;
  /** The pattern: `/orders/:id`. The path as sent only where `log: { paths: true }`. */
  readonly template: string;
  readonly target?: string;
  readonly requestId: string;
  readonly outcome: Outcome;
  readonly skip?: SkipReason;
  /** What went wrong, for `service-failed` and `legacy-failed`. */
  readonly detail?: string;
  readonly sides: Readonly<Partial<Record<Side, KeptAnswer>>>;
  readonly differences: readonly Difference[];
  readonly signatures: readonly string[];
  readonly revision: string;
}

export interface ComparisonQuery {
  readonly route: string;
  readonly outcome?: Outcome | undefined;
  readonly signature?: string | undefined;
  /** From the page before. */
  readonly cursor?: string | undefined;
  /** 1 to 200. */
  readonly limit: number;
}

export interface ComparisonPage {
  /** Newest first. */
  readonly comparisons: readonly KeptComparison[];
  /** Undefined on the last page. */
  readonly cursor: string | undefined;
}

/** How long the comparisons of a route are kept: the oldest go first. */
export interface Retention {
  readonly route: string;
  /** Wall clock, milliseconds: older ones go. */
  readonly before: number;
  readonly bytes: number;
}

/** Implemented by `store/`. Rejects while the store is away: then comparisons are lost, and counted as that. */
export interface ComparisonStore {
  keepComparisons(batch: readonly KeptComparison[]): Promise<void>;
  comparisons(query: ComparisonQuery): Promise<ComparisonPage>;
  comparison(id: string): Promise<KeptComparison | undefined>;
  pruneComparisons(rules: readonly Retention[]): Promise<void>;
}
