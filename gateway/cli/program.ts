/** Words of the command line → one command and its options. The only file that knows commander. */
import { readFileSync } from 'node:fs';
import { Argument, Command as Commander, CommanderError, Option } from 'commander';
import type { Command, ExitCode, Group, OptionSpec } from './command.ts';
import { Stop } from './command.ts';
import { commands } from './commands.ts';
import { exitCodes, globalOptions } from './every-command.ts';
import { toOptions } from './options.ts';
import type { Print } from './print.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Runs the command that `words` name. A wrong word is a Stop with exit code 3. */
export async function parse(words: readonly string[], print: Print, env: Env): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = new Commander('figway')
    .description('Moves traffic from a monolith to services, route by route.')
    .usage('<command> [options]')
    .version(readVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: text => print.line(text.trimEnd()), writeErr: () => {} })
    .exitOverride();
  for (const spec of globalOptions) program.addOption(toOption(spec));
  for (const command of commands)
    add(program, command, async (args, values) => {
      exitCode = await command.run({ args, options: toOptions(values), print, env });
    });
  program.addHelpText('after', ['', 'Exit codes:', ...exitLines].join('\n'));
  if (words.length === 0) {
    print.line(program.helpInformation() + ['', 'Exit codes:', ...exitLines].join('\n'));
    return 0;
  }
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw new Stop(3, toLine(error.message));
  }
  return exitCode;
}

const exitLines = exitCodes.map(({ code, means }) => `  ${code}  ${means}`);

function add(
  program: Commander,
  command: Command,
  run: (args: string[], values: Record<string, unknown>) => Promise<void>,
): void {
  const parent = command.group === undefined ? program : groupOf(program, command.group);
  const sub = parent.command(command.name).description(`${command.summary}.`).summary(command.summary);
  for (const { name, means } of command.args) sub.addArgument(new Argument(name, means));
  for (const spec of command.options) sub.addOption(toOption(spec));
  if (command.hasJson) sub.option('--json', 'print one JSON document');
  sub.helpOption('-h, --help', 'print this help');
  sub.addHelpText('after', toHelp(command));
  sub.action(async () => {
    await run(
      sub.processedArgs.flat().filter((word): word is string => typeof word === 'string'),
      sub.optsWithGlobals(),
    );
  });
}

/** The command that stands for a group: made with its first member, and alone it does nothing. */
function groupOf(program: Commander, { name, summary }: Group): Commander {
  const known = program.commands.find(each => each.name() === name);
  if (known !== undefined) return known;
  const group: Commander = program
    .command(name)
    .description(`${summary}.`)
    .summary(summary)
    .usage('<command> [options]')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false);
  group.argument('[command]').action((word: string | undefined) => {
    const members = group.commands.map(each => `figway ${name} ${each.name()}`).join(' or ');
    throw new Stop(3, `expected ${members}, got ${word === undefined ? 'no command' : JSON.stringify(word)}`);
  });
  return group;
}

function toOption(spec: OptionSpec): Option {
  const option = new Option(spec.flags, spec.means);
  if (spec.isRepeated === true)
    option.argParser((word: string, before: readonly string[] | undefined) => [...(before ?? []), word]);
  return option;
}

function toHelp({ examples, notes }: Command): string {
  const widest = Math.max(...examples.map(example => example.line.length));
  return [
    '',
    'Examples:',
    ...examples.map(({ line, does }) => `  ${line.padEnd(widest)}  ${does}`),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

/** `error: unknown command 'chek'\n(Did you mean check?)` as one line. */
const toLine = (message: string): string => message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');

function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}
