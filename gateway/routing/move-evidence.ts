import type { VerdictState } from '../core/vocabulary.ts';
import type { Gate } from './stages.ts';

/** What was known of a route when it moved: kept with the move, so that nobody has to remember why it was fine. */
export interface MoveEvidence {
  /** The last gate on the way. */
  readonly gate: Gate;
  /** Whether it stood open; a closed one was passed by force or by hand. */
  readonly isOpen: boolean;
  /** What stood against it, or was missing; at most 20, most important first. */
  readonly reasons: readonly string[];
  /** Methods, `upgrade` and `streaming` that somebody answered for. */
  readonly unverified: readonly string[];
  /** Undefined where nothing of the route was compared. */
  readonly verdict?: VerdictNumbers | undefined;
  /** Where the gate is about what legacy still did. */
  readonly leftovers?: LeftoverNumbers | undefined;
}

export interface VerdictNumbers {
  readonly state: VerdictState;
  /** Distinct requests of all parts, and how many of them count as bad. */
  readonly n: number;
  readonly bad: number;
  /** 0 to 1, over all outcomes that count; null before the first. */
  readonly matchRate: number | null;
  /** At most 50, those with most requests first. */
  readonly parts: readonly PartNumbers[];
}

export interface PartNumbers {
  readonly method: string;
  /** The match entry as written: `GET /orders/:id`. */
  readonly entry: string;
  readonly state: VerdictState;
  readonly n: number;
  readonly bad: number;
  /** Of the route's requests, 0 to 1. */
  readonly share: number;
}

export interface LeftoverNumbers {
  /** Wall clock, milliseconds: since when it is remembered, and the last time that legacy did something; null: never. */
  readonly since: number;
  readonly lastAt: number | null;
  readonly quiet: number;
}
