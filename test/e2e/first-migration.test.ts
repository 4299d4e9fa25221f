import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf, isQuestion, readDocument, sectionOf, stepsOf, toPattern } from '../kit/documents.ts';
import { launchEstate } from '../kit/estate.ts';
import { openTerminal } from '../kit/terminal.ts';

const patience = { timeout: 20_000, interval: 100 };

describe('the first migration, as the README tells it', async () => {
  const readme = await readDocument('README.md');
  const steps = blocksOf(sectionOf(readme, 'The first migration')).flatMap(stepsOf);

  it('shows what it says after every command', { timeout: 120_000 }, async () => {
    await using estate = await launchEstate();
    await expect.poll(estate.output, patience).toContain('Stop: Ctrl-C');
    await using terminal = await openTerminal(
      dirname(estate.config),
      { [published]: estate.gateway },
      { FIGWAY_ADMIN_LISTEN: `127.0.0.1:${estate.ports.FIGWAY_ADMIN}` },
    );

    // The estate is told of its routes file by its whole path.
    const type = async (command: string): Promise<string> =>
      (await terminal.type(command)).replaceAll(estate.config, 'routes.yaml');

    expect(steps.length).toBeGreaterThan(10);
    for (const { command, shows } of steps) {
      if (isQuestion(command)) {
        await expect.poll(() => type(command), { ...patience, message: command }).toMatch(toPattern(shows));
      } else expect(await type(command), command).toMatch(toPattern(shows));
    }
  });

  it('names scripts that there are', async () => {
    const { scripts } = JSON.parse(await readDocument('package.json')) as { scripts: Record<string, string> };
    const commands = sectionOf(readme, 'Run it');
    for (const [, name = ''] of commands.matchAll(/&& npm (\w+)/g)) expect(scripts).toHaveProperty(name);
    expect(commands).toContain('npm ci && npm start');
    expect(commands).toContain('npm ci && npm test');
  });

  it('begins with the commands that npm start prints', async () => {
    await using estate = await launchEstate();
    await expect.poll(estate.output, patience).toContain('Stop: Ctrl-C');
    const printed = estate
      .output()
      .replaceAll(estate.gateway, published)
      .replaceAll(estate.config, 'routes.yaml');
    for (const command of ['curl -i', 'sed', 'npx figway status']) {
      const step = steps.find(one => one.command.startsWith(command));
      expect(printed).toContain(`  ${step?.command}`);
    }
  });
});

/** Where the README says that the gateway is. */
const published = 'http://127.0.0.1:8080';
