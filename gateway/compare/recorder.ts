import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Trial } from './evidence.ts';
import { createExamples } from './examples.ts';
import type { KeptComparison } from './kept.ts';
import { rulesHash } from './rules-now.ts';
import type { Shadowing } from './shadowing.ts';
import { type Ending, toKept, toTrial, toUncompared } from './trials.ts';
import type { Alike } from './uncompared.ts';

/**
 * What a request on a shadowed route has come to, or several together that were not copied. Plain data: it may be counted
 * by another process.
 */
export interface Ended {
  readonly trial: Trial;
  /** An example of it; undefined where none is kept. Its outcome is that of the rules alone, as in the trial. */
  readonly kept?: KeptComparison | undefined;
}

/** Says what endings are as evidence, and chooses which are kept as examples. */
export interface Recorder {
  /** Of a request that was copied. Called once for each. */
  ofPair(exchange: Exchange, shadowing: Shadowing, ending: Ending): Ended;
  /** Of requests that were not. */
  ofUncompared(alike: Alike): Ended;
}

export function createRecorder(clock: Pick<Clock, 'now' | 'wall'>): Recorder {
  const examples = createExamples(clock.now);
  const momentOf = ({ rules }: Shadowing) => {
    const at = clock.wall();
    return { at, rules: rulesHash(rules, at) };
  };
  return {
    ofPair(exchange, shadowing, ending) {
      const moment = momentOf(shadowing);
      const trial = toTrial(exchange, shadowing, ending, moment);
      const kinds = kindsOf(ending, trial.signatures);
      if (kinds.length === 0 || !examples.wants(shadowing.route.name, kinds)) return { trial };
      const id = randomUUID();
      const { signatures } = trial;
      const kept = toKept(exchange, shadowing, ending, { id, at: moment.at, signatures });
      return { trial: { ...trial, id }, kept };
    },
    ofUncompared: alike => ({ trial: toUncompared(alike, momentOf(alike.shadowing)) }),
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
