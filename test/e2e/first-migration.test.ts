import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf, readDocument, sectionOf, stepsOf, toPattern } from '../kit/documents.ts';
import { type Estate, launchEstate } from '../kit/estate.ts';
import { root } from '../kit/process.ts';

const patience = { timeout: 20_000, interval: 100 };

describe('the first migration, as the README tells it', async () => {
  const readme = await readDocument('README.md');
  const steps = stepsOf(sectionOf(readme, 'The first migration'));

  it('shows what it says after every command', { timeout: 120_000 }, async () => {
    await using estate = await launchEstate();
    await expect.poll(estate.output, patience).toContain('Stop: Ctrl-C');
    const type = await openTerminal(estate);

    expect(steps.length).toBeGreaterThan(10);
    for (const { command, shows } of steps) {
      // A reload or a dying process takes a moment, as it would take a reader to type: a question may be asked again.
      if (/^(?:curl|npx figway status)\b/.test(command)) {
        await expect.poll(() => type(command), { ...patience, message: command }).toMatch(toPattern(shows));
      } else expect(await type(command), command).toMatch(toPattern(shows));
    }
  });

  it('names scripts that there are', async () => {
    const { scripts } = JSON.parse(await readDocument('package.json')) as { scripts: Record<string, string> };
    const commands = blocksOf(sectionOf(readme, 'Run it'), 'sh').join('\n');
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

/** Runs commands where the estate's files are, with its free ports in place of the usual ones. */
async function openTerminal(estate: Estate): Promise<(command: string) => Promise<string>> {
  const folder = dirname(estate.config);
  const bin = join(folder, 'bin');
  await mkdir(bin);
  // npx would look for the package around the folder; here there are only the data and the routes file.
  await writeProgram(join(bin, 'npx'), `shift; exec "${process.execPath}" "${root}/gateway/main.ts" "$@"`);
  if (!(await isInstalled('curl'))) {
    await writeProgram(join(bin, 'curl'), `exec "${process.execPath}" -e '${curl}' "$@"`);
  }
  const env = {
    ...process.env,
    PATH: [bin, process.env.PATH].join(delimiter),
    FIGWAY_ADMIN_LISTEN: `127.0.0.1:${estate.ports.admin}`,
    NO_COLOR: '1',
  };
  return command =>
    new Promise(resolve => {
      const line = command.replaceAll(published, estate.gateway);
      execFile('sh', ['-c', line], { cwd: folder, env }, (error, stdout, stderr) =>
        // On a terminal curl shows no progress.
        resolve(stdout + (error === null ? '' : stderr)),
      );
    });
}

async function writeProgram(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

const isInstalled = (program: string): Promise<boolean> =>
  new Promise(resolve => execFile(program, ['--version'], error => resolve(error === null)));

/** As much of `curl -i <url>` as the README needs. */
const curl = `
fetch(process.argv.at(-1)).then(async answer => {
  console.log("HTTP/1.1 " + answer.status + " " + answer.statusText);
  for (const [name, value] of answer.headers) console.log(name + ": " + value);
  console.log("\\n" + await answer.text());
});
`;
