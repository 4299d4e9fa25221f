import type { Value } from './canonical/value.ts';
import type { Said } from './findings.ts';
import type { Identify } from './identity.ts';
import type { Dialect, Place } from './path.ts';
import type { CompiledRules } from './rules.ts';

/** Two trees that are held against each other. */
export interface DiffOptions {
  readonly rules: CompiledRules;
  readonly dialect: Dialect;
}

/** A place on both sides; undefined where a side has none. */
export interface Task {
  readonly legacy: Value | undefined;
  readonly service: Value | undefined;
  readonly place: Place | undefined;
  /** Somewhere above is a list, all of which has been compared already. */
  readonly isInList: boolean;
}

export interface Walk extends DiffOptions {
  readonly identify: { readonly legacy: Identify; readonly service: Identify };
  /** Whether no more than rules cover stands between the two. */
  isAlike(task: Task): boolean;
}

/** Tells of a difference at the place of the task at hand; nothing is below it. */
export type Say = (said: Said) => readonly Task[];
