import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf, isQuestion, readDocument, type Step, stepsOf, toPattern } from '../kit/documents.ts';
import { type Estate, type LaunchOptions, launchEstate } from '../kit/estate.ts';
import { openTerminal, type Terminal } from '../kit/terminal.ts';

/** Evidence takes its time; on a machine that does much else, more of it. */
const patience = { timeout: 150_000, interval: 1000 };

/** The times that the tutorial says may be shortened. */
const shorten = (table: string): string =>
  table.replaceAll(/(span|quiet): 5m/g, '$1: 10s').replaceAll('window: 1m', 'window: 10s');

/** `ORDERS_DELAY=slow npm start -- --traffic`. */
function toLaunch(command: string): LaunchOptions {
  const [, before = '', args = ''] = /^((?:\w+=\S+ )*)npm start(?: -- (.+))?$/.exec(command) ?? [];
  if (before === '' || args === '') throw new Error(`expected the start with variables, got ${command}`);
  const pairs = before.trim().split(' ');
  return { env: Object.fromEntries(pairs.map(pair => pair.split('='))), args: args.split(' ') };
}

/** Addresses as the tutorial has them, and as they are here. */
const addressesOf = ({ ports }: Estate): Record<string, string> => ({
  '127.0.0.1:8080': `127.0.0.1:${ports.FIGWAY}`,
  '127.0.0.1:8081': `127.0.0.1:${ports.FIGWAY_ADMIN}`,
  '127.0.0.1:4103': `127.0.0.1:${ports.ORDERS}`,
});

/** What it says; of a command that goes on, up to where it says so. */
const run = (terminal: Terminal, command: string): Promise<string> =>
  command.startsWith('npm run traffic') ? terminal.leaveRunning(command, '\n') : terminal.type(command);

describe('docs/tutorial.md', async () => {
  const [start, ...steps] = blocksOf(await readDocument('docs/tutorial.md')).flatMap(stepsOf);

  it('works as it says, from the first line to the last', { timeout: 600_000 }, async () => {
    await using estate = await launchEstate(
      async ({ config }) => writeFile(config, shorten(await readFile(config, 'utf8'))),
      toLaunch(start?.command ?? ''),
    );
    const addresses = addressesOf(estate);
    const toUsual = (text: string): string =>
      Object.entries(addresses).reduce((all, [usual, real]) => all.replaceAll(real, usual), text);
    await expect.poll(() => toUsual(estate.output()), patience).toMatch(toPattern(start?.shows ?? []));

    const { FIGWAY_CONFIG: _, ...variables } = estate.env;
    await using terminal = await openTerminal(dirname(estate.config), addresses, variables);
    const follow = async ({ command, shows }: Step): Promise<void> => {
      const seen = async (): Promise<string> => toUsual(await run(terminal, command));
      if (isQuestion(command)) {
        await expect.poll(seen, { ...patience, message: command }).toMatch(toPattern(shows));
      } else expect(await seen(), command).toMatch(toPattern(shows));
    };
    expect(steps.length).toBeGreaterThan(25);
    for (const step of steps) await follow(step);
  });

  it('asks for what the shipped table asks for, and names all that may be shortened', async () => {
    const table = await readDocument('routes.yaml');
    const page = await readDocument('docs/tutorial.md');
    for (const time of ['span: 5m', 'quiet: 5m', 'window: 1m']) {
      expect(table).toContain(time);
      expect(page).toContain(`\`${time}\``);
    }
  });
});
