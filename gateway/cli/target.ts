import { type Call, type OptionSpec, Stop } from './command.ts';

export const reasonOption: OptionSpec = { flags: '--reason <text>', means: 'why, for the record; mandatory' };

/** Longest reason that is kept. */
const maxReason = 500;

/** A reason is mandatory for whatever changes who serves. */
export function readReason({ options }: Call): string {
  const reason = options.text('reason')?.trim() ?? '';
  if (reason === '') throw new Stop(3, '--reason is mandatory: say why, for the record');
  if (reason.length > maxReason)
    throw new Stop(3, `--reason: expected at most ${maxReason} characters, got ${reason.length}`);
  return reason;
}

/** The route that was named, or undefined where the option `all` stands for it; one of both must be given. */
export function readTarget({ args, options }: Call, what: string, all: string): string | undefined {
  const [name] = args;
  const isAll = options.flag(all) || options.text(all) !== undefined;
  if (name === undefined && !isAll) throw new Stop(3, `a ${what} or --${all} is needed`);
  if (name !== undefined && isAll) throw new Stop(3, `a ${what} and --${all} exclude each other`);
  return name;
}

/** Names for people: all of them, however many, since they say what was done. */
export const listOf = (names: readonly string[]): string =>
  names.length === 0 ? 'nothing' : names.join(', ');
