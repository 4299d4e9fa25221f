import { type Stage, stages } from '../core/vocabulary.ts';

/**
 * The evidence that a move asks for. `ready`: the verdict. `ready+no-tripwire`: that, and no tripwire in the last
 * window. `leftovers`: legacy did nothing for the route during its `quiet`.
 */
export type Gate = 'none' | 'ready' | 'ready+no-tripwire' | 'leftovers';

/** Where a route stands; `percent` counts in canary only. */
export interface Standing {
  readonly stage: Stage;
  readonly percent?: number | undefined;
}

export type Judgement =
  | { readonly isLegal: true; readonly gate: Gate }
  | { readonly isLegal: false; readonly why: string };

/** The gate in front of each stage, coming from the one before it. */
const gates: Readonly<Record<Stage, Gate>> = {
  legacy: 'none',
  shadow: 'none',
  canary: 'ready',
  migrated: 'ready+no-tripwire',
  done: 'leftovers',
};

/** Stages forward; negative: back. */
export const stepsBetween = (from: Standing, to: Standing): number =>
  stages.indexOf(to.stage) - stages.indexOf(from.stage);

/** Which gate a change passes, however many stages it jumps: the last one on the way; none backwards. */
export function gateFor(from: Standing, to: Standing): Gate {
  const ahead = stepsBetween(from, to);
  if (ahead > 0) return gates[to.stage];
  const isMore = ahead === 0 && to.stage === 'canary' && (to.percent ?? 0) > (from.percent ?? 0);
  return isMore ? 'ready+no-tripwire' : 'none';
}

/** The contract's rule for promote and rollback: one stage forward at a time, back to any. */
export function judgeMove(from: Standing, to: Standing): Judgement {
  const ahead = stepsBetween(from, to);
  if (ahead > 1) {
    const next = stages[stages.indexOf(from.stage) + 1];
    return { isLegal: false, why: `from ${from.stage} the next stage is ${next}, not ${to.stage}` };
  }
  if (ahead === 0 && (to.stage !== 'canary' || (to.percent ?? from.percent) === from.percent)) {
    const percent = to.stage === 'canary' && from.percent !== undefined ? ` at ${from.percent}%` : '';
    return { isLegal: false, why: `it is in ${from.stage}${percent} already` };
  }
  return { isLegal: true, gate: gateFor(from, to) };
}

/** The stage after this one; undefined after `done`. */
export const nextStage = (stage: Stage): Stage | undefined => stages[stages.indexOf(stage) + 1];

/** The stage before this one; undefined before `legacy`. */
export const previousStage = (stage: Stage): Stage | undefined => stages[stages.indexOf(stage) - 1];

/** What each gate asks for, for people. */
export const gateAsks: Readonly<Record<Exclude<Gate, 'none'>, string>> = {
  ready: 'the verdict `ready`',
  'ready+no-tripwire': 'the verdict `ready` and no tripwire in the last window',
  leftovers: 'that legacy did nothing for it during its `quiet`',
};
