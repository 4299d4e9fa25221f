import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../extracted-services/chassis/database/database.ts';
import { toNumbered } from '../../../extracted-services/chassis/database/numbered.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';

const things = 'CREATE TABLE things (id AUTO_ID, name TEXT NOT NULL UNIQUE, "amountCents" BIGINT NOT NULL);';
const open = (store: EmptyStore, migrations: readonly string[] = [things]): Promise<Database> =>
  openDatabase({ ...store.options, schema: 'shop', migrations });
const add = 'INSERT INTO things (name, "amountCents") VALUES (?, ?)';
const names = async (database: Database): Promise<readonly string[]> =>
  (await database.all<{ name: string }>('SELECT name FROM things ORDER BY id')).map(row => row.name);

describe.each(storeKinds)('a database on $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let store: EmptyStore;
    let database: Database;
    beforeEach(async () => {
      store = await openEmptyStore(kind);
      database = await open(store);
    });
    afterEach(async () => {
      await database.close();
      await store[Symbol.asyncDispose]();
    });

    it('gives rows back with the names and numbers that were put in', async () => {
      const amount = 2 ** 40 + 1;
      expect(await database.run(add, "what's ?", amount)).toEqual({ changes: 1 });
      const sql = `SELECT id, name, "amountCents", '?' AS mark FROM things WHERE name = ? -- why?`;
      expect(await database.get(sql, "what's ?")).toEqual({
        id: 1,
        name: "what's ?",
        amountCents: amount,
        mark: '?',
      });
      expect(await database.get('SELECT count(*) AS n, sum("amountCents") AS s FROM things')).toEqual({
        n: 1,
        s: amount,
      });
      expect(await database.get('SELECT 1 AS one FROM things WHERE id = ?', 7)).toBeUndefined();
    });

    it('counts ids upwards, and tells them by RETURNING', async () => {
      const ids = [];
      for (const name of ['a', 'b'])
        ids.push((await database.get<{ id: number }>(`${add} RETURNING id`, name, 1))?.id);
      expect(ids).toEqual([1, 2]);
    });

    it('keeps all of a transaction, or nothing where its work throws', async () => {
      await database.transaction(tx => tx.run(add, 'kept', 1));
      const failed = database.transaction(async tx => {
        await tx.run(add, 'lost', 1);
        throw new Error('stop');
      });
      await expect(failed).rejects.toThrow('stop');
      expect(await names(database)).toEqual(['kept']);
    });

    it('keeps nothing where a statement failed, even if the work went on', async () => {
      await database.run(add, 'twin', 1);
      const failed = database.transaction(async tx => {
        await tx.run(add, 'first', 1);
        await tx.run(add, 'twin', 1).catch(() => {});
      });
      await expect(failed).rejects.toThrow(/unique/i);
      expect(await names(database)).toEqual(['twin']);
    });

    it('runs transactions as if one after another, over two connections', async () => {
      await database.run(add, 'sum', 0);
      const second = await open(store);
      const addOne = (to: Database): Promise<unknown> =>
        to.transaction(async tx => {
          const row = await tx.get<{ amountCents: number }>('SELECT "amountCents" FROM things');
          await tx.run('UPDATE things SET "amountCents" = ?', (row?.amountCents ?? 0) + 1);
        });
      for (let round = 0; round < 5; round += 1) await Promise.all([addOne(database), addOne(second)]);
      await second.close();
      expect(await database.get('SELECT "amountCents" AS sum FROM things')).toEqual({ sum: 10 });
    });

    it('does not show what is not committed yet', async () => {
      const { promise: isWritten, resolve: written } = Promise.withResolvers<void>();
      const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
      const second = await open(store);
      const transaction = database.transaction(async tx => {
        await tx.run(add, 'soon', 1);
        written();
        await mayEnd;
      });
      await isWritten;
      expect(await names(second)).toEqual([]);
      end();
      await transaction;
      expect(await names(second)).toEqual(['soon']);
      await second.close();
    });

    it('refuses to be used itself inside a transaction, where it would wait for ever', async () => {
      await expect(database.transaction(() => names(database))).rejects.toThrow(TypeError);
      await expect(database.transaction(() => database.transaction(async () => 1))).rejects.toThrow(
        TypeError,
      );
      expect(await names(database)).toEqual([]);
    });

    it('refuses the queries of a transaction that is over', async () => {
      const kept = await database.transaction(async tx => ({ tx }));
      await expect(kept.tx.run(add, 'late', 1)).rejects.toThrow('the transaction is over');
    });

    it('runs each migration once, and later ones on top', async () => {
      await database.run(add, 'old', 1);
      await database.close();
      database = await open(store, [things, 'ALTER TABLE things ADD COLUMN note TEXT; DELETE FROM things']);
      await database.run(add, 'new', 1);
      await database.close();
      database = await open(store, [things, 'ALTER TABLE things ADD COLUMN note TEXT; DELETE FROM things']);
      expect(await database.all('SELECT name, note FROM things')).toEqual([{ name: 'new', note: null }]);
    });

    it('lets several processes migrate at once', async () => {
      const migrations = [things, 'CREATE TABLE more (id AUTO_ID)'];
      const opened = await Promise.all([1, 2, 3].map(() => open(store, migrations)));
      expect(await opened[2]?.get('SELECT count(*) AS n FROM more')).toEqual({ n: 0 });
      await Promise.all(opened.map(each => each.close()));
    });

    it('refuses a store of a newer version, and a migration that was changed', async () => {
      await expect(open(store, [])).rejects.toThrow('tables of version 1, this one knows 0');
      await expect(open(store, [`${things} -- but other`])).rejects.toThrow('migration 1 is not the one');
    });

    it('leaves nothing of a migration that fails', async () => {
      const broken = [things, 'CREATE TABLE half (id AUTO_ID); CREATE TABLE broken broken'];
      await expect(open(store, broken)).rejects.toThrow(/broken/);
      await expect(database.get('SELECT 1 AS one FROM half')).rejects.toThrow(/half/);
    });
  });
});

it('refuses a schema that is no plain word', async () => {
  await expect(openDatabase({ schema: 'a; DROP', migrations: [] })).rejects.toThrow(TypeError);
});

it('numbers the values of a statement, and leaves text, names and comments alone', () => {
  expect(toNumbered(`SELECT '?''?', "a?" FROM t /* ? */ WHERE a = ? AND b = ? -- ?`)).toBe(
    `SELECT '?''?', "a?" FROM t /* ? */ WHERE a = $1 AND b = $2 -- ?`,
  );
});
