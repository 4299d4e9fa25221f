import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Evidence } from './evidence.ts';
import { createExamples } from './examples.ts';
import type { Keeping } from './keeping.ts';
import { rulesHash } from './rules-now.ts';
import type { Shadowing } from './shadowing.ts';
import { countedMethod, type Ending, toKept, toTrial } from './trials.ts';
import type { Tripwires } from './tripwires.ts';

export interface RecorderDeps {
  readonly clock: Clock;
  readonly events: Events;
  readonly evidence: Evidence;
  readonly keeping: Keeping;
  readonly tripwires: Tripwires;
}

/** The one place where a request on a shadowed route is counted: called once for each. */
export type Recorder = (exchange: Exchange, shadowing: Shadowing, ending: Ending) => void;

export function createRecorder({ clock, events, evidence, keeping, tripwires }: RecorderDeps): Recorder {
  const examples = createExamples(clock.now);
  return (exchange, shadowing, ending) => {
    const at = clock.wall();
    const { route, config, rules } = shadowing;
    const trial = toTrial(exchange, shadowing, ending, { at, rules: rulesHash(rules, at) });
    const kinds = kindsOf(ending, trial.signatures);
    const id = kinds.length > 0 && examples.wants(route.name, kinds) ? randomUUID() : undefined;
    const outcome = evidence.record({ ...trial, id }, config);
    const method = countedMethod(exchange.method);
    events.emit({ type: 'compared', route, method, outcome, skip: ending.skip });
    tripwires.compared(route, trial, outcome);
    if (id === undefined) return;
    const made = { id, at, signatures: trial.signatures };
    keeping.keep(toKept(exchange, shadowing, { ...ending, outcome }, made));
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
