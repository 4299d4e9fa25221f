import type { Options } from './options.ts';
import type { Print } from './print.ts';

/** 0 fine · 1 problems found or blocked · 2 not enough evidence or not found · 3 usage or I/O error. */
export type ExitCode = 0 | 1 | 2 | 3;

/** A word that several commands begin with: `figway compare pairs`, `figway compare replay`. */
export interface Group {
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
}

/** One command of `figway`: what its help says and what it does. Each has its file; `commands.ts` lists them. */
export interface Command {
  readonly group?: Group;
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** `<route>` is mandatory, `[file]` is not, `<word...>` takes all that is left. */
  readonly args: readonly { readonly name: string; readonly means: string }[];
  readonly options: readonly OptionSpec[];
  /** Whether `--json` prints one JSON document instead. */
  readonly hasJson: boolean;
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** What the exit code and the fine print are. */
  readonly notes: readonly string[];
  /** Heavy rooms are imported in here, so that help costs nothing. */
  run(call: Call): Promise<ExitCode>;
}

/** What people type after `figway`. */
export const fullName = ({ group, name }: Pick<Command, 'group' | 'name'>): string =>
  group === undefined ? name : `${group.name} ${name}`;

export interface OptionSpec {
  /** `--reason <text>`, `-H, --header <field>`, `--all`. */
  readonly flags: string;
  readonly means: string;
  /** May be given many times; then it is a list. */
  readonly isRepeated?: boolean;
}

/** One call of a command. */
export interface Call {
  readonly args: readonly string[];
  readonly options: Options;
  readonly print: Print;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Ends a command with one clear line on stderr instead of a stack trace. */
export class Stop extends Error {
  override readonly name = 'Stop';
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
