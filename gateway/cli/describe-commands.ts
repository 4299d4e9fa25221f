import { toMarkdownTable } from '../core/markdown.ts';
import { type Command, fullName, type OptionSpec } from './command.ts';
import { commands } from './commands.ts';
import { exitCodes, globalOptions } from './every-command.ts';

/** The text of `docs/command-line.md`, from the definitions that the help is printed from. */
export function describeCommands(): string {
  return `# Command line

Made from \`gateway/cli/\` by \`npm run generate\`; edit that. \`figway help COMMAND\` prints the same. In the project itself \`figway\` is
\`npx figway\`.

${toMarkdownTable(['command', 'does'], commands.map(toRow))}

Every command takes these:

${toOptions(globalOptions)}

Exit codes: ${exitCodes.map(({ code, means }) => `**${code}** ${means}`).join(' · ')}. Answers go to stdout, remarks and mistakes to
stderr. Colours are for terminals; \`NO_COLOR\` switches them off.

${commands.map(toSection).join('\n\n')}
`;
}

const toRow = (command: Command): string[] => {
  const name = fullName(command);
  return [`[\`figway ${name}\`](#figway-${name.replaceAll(' ', '-')})`, command.summary];
};

function toSection(command: Command): string {
  const { summary, args, options, hasJson, examples, notes } = command;
  const name = fullName(command);
  const usage = ['figway', name, ...args.map(arg => arg.name), '[options]'].join(' ');
  const widest = Math.max(...examples.map(({ line }) => line.length));
  const own = hasJson ? [...options, { flags: '--json', means: 'print one JSON document' }] : options;
  return [
    `## figway ${name}`,
    `\`${usage}\` ${summary}.`,
    ...(args.length + own.length === 0 ? [] : [toOptions([...args.map(toSpec), ...own])]),
    `\`\`\`sh\n${examples.map(({ line, does }) => `${line.padEnd(widest)}  # ${does}`).join('\n')}\n\`\`\``,
    ...(notes.length === 0 ? [] : [notes.join(' ')]),
  ].join('\n\n');
}

const toSpec = ({ name, means }: Command['args'][number]): OptionSpec => ({ flags: name, means });

const toOptions = (options: readonly OptionSpec[]): string =>
  toMarkdownTable(
    ['option', 'is'],
    options.map(({ flags, means }) => [`\`${flags}\``, means]),
  );
