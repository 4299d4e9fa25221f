/** `npm run estate -- dead-letters`: looks at what groups could not handle, and gives it back to them or drops it. */
import { orExit } from '../run.ts';
import { readSettings } from '../settings.ts';
import { readBus } from '../stores.ts';
import { type DeadLetter, type DeadLetters, openBus } from './bus.ts';

const usage = `usage: npm run estate -- dead-letters list [group]
       npm run estate -- dead-letters show <group> <id>
       npm run estate -- dead-letters replay <group> <id | all>
       npm run estate -- dead-letters drop <group> <id | all>`;

type Command = (letters: DeadLetters, group: string, id: string) => Promise<string>;

/** Each with the number of words that it may have after its own. */
const commands: Readonly<Record<string, { readonly words: readonly number[]; readonly run: Command }>> = {
  list: {
    words: [0, 1],
    async run(letters, group) {
      const found = await letters.list(group === '' ? undefined : group);
      return found.length === 0 ? 'no dead letters' : found.map(toLine).join('\n');
    },
  },
  show: {
    words: [2],
    async run(letters, group, id) {
      const found = (await letters.list(group)).filter(letter => letter.id === id);
      return found.length === 0
        ? `no dead letter ${id} of ${group}`
        : found.map(letter => `${toLine(letter)}\n${letter.body}`).join('\n');
    },
  },
  replay: { words: [2], run: async (letters, group, id) => `replayed ${await letters.replay(group, id)}` },
  drop: { words: [2], run: async (letters, group, id) => `dropped ${await letters.drop(group, id)}` },
};

const toLine = ({ group, id, at, attempts, reason }: DeadLetter): string =>
  `${at} ${group} ${id} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}: ${reason}`;

const [name = '', group = '', id = ''] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (!command?.words.includes(process.argv.length - 3)) {
  console.error(usage);
  process.exit(2);
}

await orExit('dead-letters', async () => {
  const bus = await openBus(readBus(readSettings(process.env)));
  try {
    console.log(await command.run(bus.deadLetters, group, id));
  } finally {
    await bus.close();
  }
});
