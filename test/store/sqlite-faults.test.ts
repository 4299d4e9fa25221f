import { execFile } from 'node:child_process';
import { copyFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../gateway/store/open.ts';
import { createSqliteStore } from '../../gateway/store/sqlite.ts';
import { hold } from '../contract/store.suite.ts';
import { openTempFolder } from '../kit/temp-folder.ts';

async function openSqlite() {
  const folder = await openTempFolder();
  const path = join(folder.path, 'figway.db');
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

describe('a SQLite file that fails', () => {
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

  it('that is overwritten while it is open is away once that is read, and back by itself with the file', async () => {
    await using opened = await openSqlite();
    const { store, path } = opened;
    await store.hold(hold());
    // More than SQLite remembers of a file.
    const big = { at: 1, hash: 'a', main: 'm', files: [{ file: 'm', text: 'x'.repeat(8_000_000) }] };
    await store.keepLastGood(big);
    await copyFile(path, `${path}.good`);
    await copyFile(`${path}-wal`, `${path}.good-wal`);
    for (const name of ['', '-wal']) {
      await truncate(path + name, 0);
      await writeFile(path + name, 'this is no database '.repeat(500));
    }
    await expect(store.lastGood()).rejects.toThrow(/is away: .*(malformed|not a database|I\/O)/);
    expect(store.status().isAway).toBe(true);
    await copyFile(`${path}.good`, path);
    await copyFile(`${path}.good-wal`, `${path}-wal`);
    await expect.poll(() => store.status().isAway).toBe(false);
    expect(await store.holds()).toEqual([hold()]);
  });

  it('that is replaced by another while it is open is left for that one', async () => {
    await using opened = await openSqlite();
    const { store, path } = opened;
    await store.hold(hold());
    const other = createSqliteStore(`${path}.other`);
    await other.hold(hold({ route: 'restored' }));
    await other.close();
    await rename(`${path}.other`, path);
    for (const name of ['-wal', '-shm']) await rm(path + name, { force: true });
    expect((await store.holds()).map(({ route }) => route)).toEqual(['restored']);
  });

  it.skipIf(process.platform !== 'linux')(
    'is written again by itself once a full disk has room',
    async () => {
      await using folder = await openTempFolder();
      const script = `
      import { execFileSync } from 'node:child_process';
      import { createSqliteStore } from ${JSON.stringify(join(import.meta.dirname, '../../gateway/store/sqlite.ts'))};
      const store = createSqliteStore(${JSON.stringify(join(folder.path, 'figway.db'))});
      const reason = 'x'.repeat(500);
      const hold = at => ({ route: 'r' + at, by: 'a', reason, since: 1, until: undefined, released: 0 });
      let kept = 0;
      for (let failed = 0; failed < 3 && kept < 50_000; )
        await store.hold(hold(kept)).then(() => { kept += 1; failed = 0; }, () => { failed += 1; });
      const full = store.status();
      execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
      const until = Date.now() + 15_000;
      while (store.status().isAway && Date.now() < until) await new Promise(resolve => setTimeout(resolve, 50));
      const again = store.status();
      console.log(JSON.stringify({ kept, full, again, holds: (await store.holds()).length }));
      await store.close();`;
      const limited = `ulimit -S -f 1000; exec ${JSON.stringify(process.execPath)} --input-type=module -e "$SCRIPT"`;
      const { stdout } = await promisify(execFile)('sh', ['-c', limited], {
        env: { ...process.env, SCRIPT: script },
      });
      const told = JSON.parse(stdout) as { kept: number; full: object; again: object; holds: number };
      expect(told.full).toMatchObject({ isAway: true, detail: expect.stringMatching(/disk|full|I\/O/i) });
      expect(told.again).toMatchObject({ isAway: false });
      expect(told.kept).toBeLessThan(50_000);
      expect(told.holds).toBe(told.kept);
    },
  );
});
