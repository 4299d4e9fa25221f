import type { Task } from '../task.ts';
import { comparisonTasks } from './comparisons.ts';
import { evidenceTasks } from './evidence.ts';
import { holdTasks } from './holds.ts';
import { moveTasks } from './moves.ts';
import { progressTasks } from './progress.ts';
import { traceTasks } from './traces.ts';
import { tripTasks } from './trips.ts';

/** All that a store can be asked for. */
export const tasks = {
  ...holdTasks,
  ...moveTasks,
  ...tripTasks,
  ...evidenceTasks,
  ...comparisonTasks,
  ...progressTasks,
  ...traceTasks,
};

export type TaskName = keyof typeof tasks;
export type Given<Name extends TaskName> = Parameters<(typeof tasks)[Name]['run']>;
export type Result<Name extends TaskName> =
  ReturnType<(typeof tasks)[Name]['run']> extends Task<infer Value> ? Value : never;

/** One call, as it goes to a database or to the thread of one. */
export interface Call {
  readonly name: TaskName;
  readonly given: readonly unknown[];
}

export type Reply = { readonly value: unknown } | { readonly error: string };

export const begin = ({ name, given }: Call): Task<unknown> =>
  (tasks[name].run as (...given: readonly unknown[]) => Task<unknown>)(...given);
