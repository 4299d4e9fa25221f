import { access, constants, stat } from 'node:fs/promises';
import { normalize } from 'node:path';
import type { Loaded } from '../config/load.ts';
import type { Problem } from '../config/problem.ts';
import type { Config } from '../schema.ts';
import { type Call, Stop } from './command.ts';

/** The routes file that a command works on. */
export const configFile = ({ options, env }: Call): string =>
  normalize(options.text('config') ?? (env.FIGWAY_CONFIG || 'routes.yaml'));

/** A file that loads, with what it was read from. */
export interface Good {
  readonly file: string;
  readonly config: Config;
  readonly loaded: Loaded<Config>;
}

/** A file beyond this is read by a thread of its own, so that a progress bar can move meanwhile. */
const longBytes = 256 * 1024;

/** Reads and validates; a file that cannot be read ends the command. */
export async function load({ env, print }: Call, file: string): Promise<Loaded<Config>> {
  const { size } = await requireFile(file);
  if (print.isTerminal && size > longBytes) {
    const { loadConfigApart } = await import('../load-apart.ts');
    return print.during(`reading ${file}`, loadConfigApart(file, env));
  }
  const { loadConfig } = await import('../schema.ts');
  return loadConfig(file, env);
}

/** Throws a Stop, or the system's error, where there is no readable file. */
export async function requireFile(file: string): Promise<{ readonly size: number }> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new Stop(3, `${file}: no such file; \`figway init <legacy URL>\` writes a first one`)
      : error;
  });
  if (!found.isFile()) throw new Stop(3, `${file}: not a file`);
  await access(file, constants.R_OK);
  return found;
}

/** Like `load`, for commands that need a good file: shows the errors and ends with 1 where there are any. */
export async function loadGood(call: Call, file = configFile(call)): Promise<Good> {
  const loaded = await load(call, file);
  if (loaded.config !== undefined) return { file, config: loaded.config, loaded };
  const errors = loaded.problems.filter(problem => problem.severity === 'error');
  await noteProblems(call, errors, loaded.sources);
  throw new Stop(1, `${file}: ${count(errors.length, 'error')}; \`figway check\` shows warnings too`);
}

/** Each problem on stderr, with its line and a caret where people read it. */
export async function noteProblems(
  { print }: Call,
  problems: readonly Problem[],
  sources: Loaded<Config>['sources'],
): Promise<void> {
  for (const line of await toLines(problems, sources, print)) print.note(line);
}

/** Problems as text: with source line and caret on a terminal, one line each elsewhere. */
export async function toLines(
  problems: readonly Problem[],
  sources: Loaded<Config>['sources'],
  print: Pick<Call['print'], 'isTerminal' | 'isColoured'>,
): Promise<string[]> {
  const { formatProblem } = await import('../config/format.ts');
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  return problems.map(problem =>
    formatProblem(problem, print.isTerminal ? texts.get(problem.file) : undefined, print.isColoured),
  );
}

/** `1 route`, `3 routes`, `no routes`. */
export const count = (number: number, what: string): string =>
  `${number === 0 ? 'no' : number} ${what}${number === 1 ? '' : 's'}`;
