import { unwatchFile } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { createLog } from '../../../extracted-services/chassis/log.ts';
import type { Settings } from '../../../extracted-services/chassis/settings.ts';
import { watchSwitches } from '../../../extracted-services/chassis/switch-file.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

const patience = { timeout: 10_000 };

const read = (settings: Settings) => ({
  pace: settings.oneOf('PACE', ['quick', 'slow'], 'quick'),
  order: settings.oneOf('ORDER', ['id', 'name'], 'id'),
});

it('goes by the file before the environment, while it changes, and refuses what it cannot take', async () => {
  await using folder = await openTempFolder();
  const file = `${folder.path}/switches`;
  const lines: string[] = [];
  const log = createLog('shop', line => lines.push(line));
  const switches = watchSwitches({ file, env: { ORDER: 'name' }, log }, read);
  expect(switches).toEqual({ pace: 'quick', order: 'name' });

  await writeFile(file, 'PACE=slow\nORDER=id\n');
  await expect.poll(() => switches, patience).toEqual({ pace: 'slow', order: 'id' });
  expect(lines.join()).toContain('"msg":"switched","switches":{"pace":"slow","order":"id"}');

  await writeFile(file, 'PACE=breakneck\n');
  await expect.poll(() => lines.at(-1), patience).toContain('PACE: expected quick or slow, got breakneck');
  expect(switches).toEqual({ pace: 'slow', order: 'id' });

  await writeFile(file, 'PACE=quick\n');
  await expect.poll(() => switches, patience).toEqual({ pace: 'quick', order: 'name' });
  unwatchFile(file);
});

it('throws at the start for a file that it cannot take, and goes by the environment without one', async () => {
  await using folder = await openTempFolder();
  const file = `${folder.path}/switches`;
  await writeFile(file, 'PACE=breakneck\n');
  const log = createLog('shop', () => {});
  expect(() => watchSwitches({ file, env: {}, log }, read)).toThrow('PACE: expected quick or slow');
  const env = { PACE: 'slow' };
  expect(watchSwitches({ file: undefined, env, log }, read)).toEqual({ pace: 'slow', order: 'id' });
});
