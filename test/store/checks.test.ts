import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadFirst } from '../../gateway/first-config.ts';
import { loadConfig } from '../../gateway/schema.ts';
import { createPostgresStore } from '../../gateway/store/postgres.ts';
import { isPostgresMissing, openDatabase } from '../kit/postgres.ts';
import { openTempFolder } from '../kit/temp-folder.ts';

const yaml = (store: string): string =>
  `${store}\nmonolith: legacy\nupstreams: { legacy: { url: "http://127.0.0.1:1" } }\n`;

async function problemsOf(address: string): Promise<string[]> {
  await using folder = await openTempFolder();
  const file = join(folder.path, 'routes.yaml');
  await writeFile(file, yaml('store: { postgres: "${DATABASE_URL}" }'));
  const { problems } = await loadConfig(file, { DATABASE_URL: address });
  return problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('store.postgres', () => {
  it.each([
    'postgres://figway:secret@db.example.com:5432/shop?sslmode=verify-full',
    'postgresql://127.0.0.1/shop',
    'postgres:///shop?host=/var/run/postgresql',
  ])('may be %s, and nothing is said against it', async address => {
    expect(await problemsOf(address)).toEqual([]);
  });

  it.each(['http://h/shop', 'postgres://u:hunter2@h', 'postgres://u:hunter2@h/a/b', 'hunter2'])(
    'is refused where it is %s, without showing it',
    async address => {
      const [problem = '', ...others] = await problemsOf(address);
      expect(problem).toMatch(/^store\.postgres: expected an address such as postgres:/);
      expect(problem).not.toContain('hunter2');
      expect(others).toEqual([]);
    },
  );
});

it.skipIf(isPostgresMissing)('--last-good reads the config from the PostgreSQL of FIGWAY_STORE', async () => {
  await using database = await openDatabase();
  await using folder = await openTempFolder();
  const file = join(folder.path, 'routes.yaml');
  await writeFile(file, 'monolith: [');
  const store = createPostgresStore(database.url);
  const files = [{ file, text: yaml('revision: kept') }];
  await store.keepLastGood({ at: 1, hash: 'a', main: file, files });
  await store.close();
  const first = await loadFirst({ file, env: { FIGWAY_STORE: database.url }, lastGood: true });
  expect(first.config.revision).toBe('kept');
});
