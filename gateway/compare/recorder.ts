import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Trial } from './evidence.ts';
import { createExamples } from './examples.ts';
import type { KeptComparison } from './kept.ts';
import { rulesHash } from './rules-now.ts';
import type { Shadowing } from './shadowing.ts';
import { type Ending, toKept, toTrial } from './trials.ts';

/** What a request on a shadowed route has come to. Plain data: it may be counted by another process. */
export interface Ended {
  readonly trial: Trial;
  /** An example of it; undefined where none is kept. Its outcome is that of the rules alone, as in the trial. */
  readonly kept?: KeptComparison | undefined;
}

/** Says what an ending is as evidence, and chooses whether it is kept as an example. Called once for each request. */
export type Recorder = (exchange: Exchange, shadowing: Shadowing, ending: Ending) => Ended;

export function createRecorder(clock: Pick<Clock, 'now' | 'wall'>): Recorder {
  const examples = createExamples(clock.now);
  return (exchange, shadowing, ending) => {
    const at = clock.wall();
    const trial = toTrial(exchange, shadowing, ending, { at, rules: rulesHash(shadowing.rules, at) });
    const kinds = kindsOf(ending, trial.signatures);
    if (kinds.length === 0 || !examples.wants(shadowing.route.name, kinds)) return { trial };
    const id = randomUUID();
    const kept = toKept(exchange, shadowing, ending, { id, at, signatures: trial.signatures });
    return { trial: { ...trial, id }, kept };
  };
}

/** What it would be an example of; of answers that are equal, and of what was skipped, none is kept. */
function kindsOf({ outcome }: Ending, signatures: readonly string[]): readonly string[] {
  switch (outcome) {
    case 'match':
    case 'excused':
    case 'skipped':
      return [];
    case 'noise':
    case 'mismatch':
      return signatures;
    case 'lagged':
    case 'service-failed':
    case 'legacy-failed':
      return [outcome];
  }
}
