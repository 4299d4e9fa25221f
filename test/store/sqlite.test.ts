import { execFile } from 'node:child_process';
import { copyFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
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

  it('rejects with the reason while the file is corrupt, and works again once it is repaired', async () => {
    await using opened = await openSqlite();
    const { store, path } = opened;
    await store.hold(hold());
    await store.close();
    await copyFile(path, `${path}.good`);
    await writeFile(path, 'this is no database '.repeat(500));
    const broken = await openStore({ path });
    expect(broken.status()).toMatchObject({ isAway: true, detail: 'file is not a database' });
    await expect(broken.holds()).rejects.toThrow(/^store .*figway\.db is away: file is not a database$/);
    await copyFile(`${path}.good`, path);
    expect(await broken.holds()).toEqual([hold()]);
    expect(broken.status().isAway).toBe(false);
    await broken.close();
  });

  it('rejects where the folder cannot be made, and works once it can', async () => {
    await using folder = await openTempFolder();
    const blocked = join(folder.path, 'data');
    await writeFile(blocked, 'a file, not a folder');
    const store = await openStore({ path: join(blocked, 'figway.db') });
    await expect(store.hold(hold())).rejects.toThrow(/is away: .*(EEXIST|ENOTDIR)/);
    await rm(blocked);
    await store.hold(hold());
    expect(await store.holds()).toEqual([hold()]);
    await store.close();
  });

  it('begins a new file when the old one was taken away while it was open', async () => {
    await using opened = await openSqlite();
    const { store, path } = opened;
    await store.hold(hold());
    for (const name of ['', '-wal', '-shm']) await rm(path + name, { force: true });
    await store.hold(hold({ route: 'users' }));
    expect((await stat(path)).size).toBeGreaterThan(0);
    expect((await store.holds()).map(({ route }) => route)).toEqual(['users']);
  });

  it('rejects on a full disk, and keeps what it had', async () => {
    await using folder = await openTempFolder();
    const path = join(folder.path, 'figway.db');
    const script = `
      import { createSqliteStore } from ${JSON.stringify(join(import.meta.dirname, '../../gateway/store/sqlite.ts'))};
      const store = createSqliteStore(${JSON.stringify(path)});
      const hold = { route: 'orders', by: 'a', reason: 'b', since: 1, until: undefined, released: 0 };
      await store.hold(hold);
      const big = { at: 1, hash: 'a', main: 'm', files: [{ file: 'm', text: 'x'.repeat(4_000_000) }] };
      const said = await store.keepLastGood(big).then(() => 'kept', error => error.message);
      console.log(JSON.stringify({ said, status: store.status(), holds: await store.holds() }));
      await store.close();`;
    // A limit on the size of files stands for the full disk: the write fails in the same place.
    const limited = `ulimit -f 1000; exec ${JSON.stringify(process.execPath)} --input-type=module -e "$SCRIPT"`;
    const { stdout } = await promisify(execFile)('sh', ['-c', limited], {
      env: { ...process.env, SCRIPT: script },
    });
    const told = JSON.parse(stdout) as { said: string; status: object; holds: object[] };
    expect(told.said).toMatch(/is away: .*(disk|full|I\/O)/i);
    expect(told.status).toMatchObject({ isAway: true });
    expect(told.holds).toHaveLength(1);
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

  it('refuses a database of somebody else, and one of a newer Figway', async () => {
    await using folder = await openTempFolder();
    const foreign = join(folder.path, 'foreign.db');
    const theirs = new DatabaseSync(foreign);
    theirs.exec('CREATE TABLE customers (id INTEGER)');
    theirs.close();
    const store = createSqliteStore(foreign);
    await expect(store.holds()).rejects.toThrow('is away: it is not a store of Figway');
    await store.close();

    const newer = join(folder.path, 'newer.db');
    const ours = createSqliteStore(newer);
    await ours.holds();
    await ours.close();
    const raised = new DatabaseSync(newer);
    raised.exec('PRAGMA user_version = 99');
    raised.close();
    const old = createSqliteStore(newer);
    await expect(old.holds()).rejects.toThrow(/newer Figway \(tables version 99, this one knows \d+\)/);
    await old.close();
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
