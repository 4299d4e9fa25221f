import type { Value } from './canonical/value.ts';
import type { DifferenceKind } from './comparison.ts';
import { type Dialect, type Place, type Step, stepsOf } from './path.ts';
import type { CompiledRules } from './rules.ts';

/** A difference in a body as the walk finds it: unredacted, its place still steps. */
export interface Found {
  readonly steps: readonly Step[];
  readonly dialect: Dialect;
  readonly kind: DifferenceKind;
  readonly legacy: Value | undefined;
  readonly service: Value | undefined;
  /** The rule that covers it. */
  readonly rule: string | undefined;
  readonly isSecret: boolean;
}

/** Where the walk puts what it finds. */
export interface Findings {
  /** Nothing more is wanted. */
  isDone(): boolean;
  add(found: Found): void;
}

/** Most differences of one pair that are told. */
export const maxDifferences = 100;

/** Covered and uncovered ones apart, so that many of the former hide none of the latter. */
export interface Collected extends Findings {
  readonly covered: readonly Found[];
  readonly uncovered: readonly Found[];
  /** There is a hundred and first. */
  isCut(): boolean;
}

export function collect(): Collected {
  const covered: Found[] = [];
  const uncovered: Found[] = [];
  let isCut = false;
  return {
    covered,
    uncovered,
    isDone: () => isCut && uncovered.length >= maxDifferences,
    isCut: () => isCut,
    add(found) {
      const list = found.rule === undefined ? uncovered : covered;
      if (list.length < maxDifferences) list.push(found);
      else isCut = true;
    },
  };
}

/** Only whether there is anything that no rule covers. */
export function probe(): Findings & { isClean(): boolean } {
  let isClean = true;
  return {
    isDone: () => !isClean,
    isClean: () => isClean,
    add({ rule }) {
      if (rule === undefined) isClean = false;
    },
  };
}

/** What the walk says of one place, before rules are asked. */
export interface Said {
  readonly kind: DifferenceKind;
  readonly legacy: Value | undefined;
  readonly service: Value | undefined;
  /** Known already: the rule by which the walk came here. */
  readonly rule?: string | undefined;
}

/** Asks the rules, and words what is left. */
export function toFound(place: Place | undefined, dialect: Dialect, said: Said, rules: CompiledRules): Found {
  const steps = stepsOf(place);
  const { legacy, service } = said;
  const { kind, rule } =
    said.rule === undefined ? rules.cover(steps, said) : { kind: said.kind, rule: said.rule };
  return { steps, dialect, kind, legacy, service, rule, isSecret: place?.isSecret === true };
}
