import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openSecrets } from '../../estate/secrets.ts';
import { openTempFolder } from '../kit/temp-folder.ts';

it('makes each secret once, keeps it for the owner alone, and adds a name that is new', async () => {
  await using folder = await openTempFolder();
  const data = join(folder.path, 'data');
  const first = await openSecrets(data, ['A_SECRET']);
  expect(first.A_SECRET).toMatch(/^[\w-]{43}$/);
  const file = join(data, 'secrets.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const second = await openSecrets(data, ['A_SECRET', 'B_SECRET']);
  expect(second.A_SECRET).toBe(first.A_SECRET);
  expect(second.B_SECRET).not.toBe(first.A_SECRET);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(second);
});

it('says which file is no list of secrets, and leaves it as it is', async () => {
  await using folder = await openTempFolder();
  const file = join(folder.path, 'secrets.json');
  for (const text of ['{', '[]', '{"A": 1}']) {
    await writeFile(file, text);
    await expect(openSecrets(folder.path, ['A'])).rejects.toThrow(`${file}: expected secrets by name`);
    expect(await readFile(file, 'utf8')).toBe(text);
  }
});
