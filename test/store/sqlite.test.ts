import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../gateway/store/open.ts';
import { createSqliteStore } from '../../gateway/store/sqlite.ts';
import { describeStore, hold, move } from '../contract/store.suite.ts';
import { openTempFolder } from '../kit/temp-folder.ts';

async function openSqlite() {
  const folder = await openTempFolder();
  const path = join(folder.path, 'deep', 'figway.db');
  const store = await openStore({ path });
  return {
    store,
    path,
    async [Symbol.asyncDispose]() {
      await store.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describeStore('SQLite', openSqlite);

describe('a store in a SQLite file', () => {
  it('makes its folder, and survives a restart', async () => {
    await using opened = await openSqlite();
    await opened.store.hold(hold());
    await opened.store.record(move('a'));
    await opened.store.close();
    const again = createSqliteStore(opened.path);
    expect(await again.holds()).toEqual([hold()]);
    expect(await again.moves(1)).toEqual([move('a')]);
    await again.close();
  });

  it('leaves no journal behind when it is closed', async () => {
    await using opened = await openSqlite();
    await opened.store.hold(hold());
    await opened.store.close();
    expect(await readdir(join(opened.path, '..'))).toEqual(['figway.db']);
  });

  it('serves two processes', async () => {
    await using opened = await openSqlite();
    const other = createSqliteStore(opened.path);
    await Promise.all([opened.store.hold(hold()), other.hold(hold({ route: 'users' }))]);
    expect(await opened.store.holds()).toHaveLength(2);
    await other.close();
  });

  it('takes ten thousand holds at once', async () => {
    await using opened = await openSqlite();
    const routes = Array.from({ length: 10_000 }, (_, at) => `route-${at}`);
    await Promise.all(routes.map(route => opened.store.hold(hold({ route }))));
    expect(await opened.store.holds()).toHaveLength(10_000);
  });

  it('does the others when one of many fails', async () => {
    await using opened = await openSqlite();
    const { store } = opened;
    const wrong = hold({ route: 'wrong', since: 'not a number' as unknown as number });
    const ends = await Promise.allSettled([
      store.hold(hold()),
      store.hold(wrong),
      store.hold(hold({ route: 'users' })),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.holds()).map(({ route }) => route)).toEqual(['orders', 'users']);
  });

  it('does not keep the process alive while nothing waits for it', async () => {
    await using folder = await openTempFolder();
    const script = `
      import { createSqliteStore } from ${JSON.stringify(join(import.meta.dirname, '../../gateway/store/sqlite.ts'))};
      const store = createSqliteStore(${JSON.stringify(join(folder.path, 'figway.db'))});
      console.log((await store.holds()).length);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      timeout: 15_000,
    });
    expect(stdout).toBe('0\n');
  });
});
