import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pollEvery } from '../../gateway/admin/hold-sharing.ts';
import { formatSize } from '../../gateway/core/units.ts';
import { bucketWidth, progressBounds, templatesKept } from '../../gateway/routing/progress.ts';
import { laneBounds } from '../../gateway/store/lanes.ts';
import { createPostgresStore } from '../../gateway/store/postgres.ts';
import { movesKept } from '../../gateway/store/store.ts';
import { comparisonsKept } from '../../gateway/store/tasks/comparisons.ts';
import { progressAge } from '../../gateway/store/tasks/progress.ts';
import { hold } from '../contract/store.suite.ts';
import { readPage, tableOf } from '../kit/markdown.ts';
import { type Database, isPostgresMissing, openDatabase } from '../kit/postgres.ts';

const page = readPage('docs/store.md');

/** The row that begins so, as one text. */
const rowOf = (head: string, first: string): string =>
  tableOf(page, head)
    .find(([cell = '']) => cell.startsWith(first))
    ?.join(' ') ?? '';

describe('docs/store.md', () => {
  it('says what is kept as it is', () => {
    expect(rowOf('what', 'moves')).toContain(` ${movesKept} `);
    expect(rowOf('what', 'comparisons')).toContain(` ${comparisonsKept} a route`);
    expect(rowOf('what', 'unclaimed templates')).toContain(` ${templatesKept} `);
    const progress = rowOf('what', 'progress');
    expect(progress).toContain(`${progressAge / 86_400_000} days: ${bucketWidth / 60_000} minutes`);
    expect(progress).toContain(`${progressBounds.routes} routes a bucket`);
  });

  it('says what waits, and how long, as it is', () => {
    const { vital, steady, bulk } = laneBounds;
    const waits = rowOf('what happens', 'too much waits');
    const bytes = formatSize(bulk.bytes).replace('MiB', ' MiB');
    expect(waits).toContain(`beyond ${bulk.calls} calls or ${bytes}`);
    expect(waits).toContain(`${vital.calls} calls`);
    const answers = rowOf('what happens', 'it goes away');
    expect(answers).toContain(`after ${vital.deadline / 1000} s at most`);
    expect(answers).toContain(`(${steady.deadline / 1000} s for`);
    expect(rowOf('`redis:`', 'set')).toContain(`within ${pollEvery / 1000} s`);
  });
});

describe.skipIf(isPostgresMissing)('the rights of docs/store.md', () => {
  let database: Database;

  beforeAll(async () => {
    database = await openDatabase();
  });

  afterAll(() => database[Symbol.asyncDispose]());

  it('are all that the gateway needs, and no more', async () => {
    const role = `${database.name}_role`;
    const [, sql = ''] = /```sql\n([^`]+)```/.exec(page) ?? [];
    await database.ask(
      sql.replaceAll('ROLE figway', `ROLE ${role}`).replace('AUTHORIZATION figway', `AUTHORIZATION ${role}`),
    );
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'change-me';
      const store = createPostgresStore(url.href);
      await store.hold(hold());
      expect(await store.holds()).toEqual([hold()]);
      await store.close();
      const [rights] = await database.ask(
        `SELECT has_database_privilege('${role}', current_database(), 'CREATE') AS create,
           has_schema_privilege('${role}', 'public', 'CREATE') AS public, rolsuper AS super
         FROM pg_roles WHERE rolname = '${role}'`,
      );
      expect(rights).toEqual({ create: false, public: false, super: false });
    } finally {
      await database.ask(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  });
});
