import { migrations } from './migrations/postgres.ts';
import type { Connection } from './postgres-pool.ts';

/** Of the advisory lock: "Figw". */
const lockKey = 0x46696777;

/**
 * Brings the schema `figway` to today's tables. One process at a time does so; the others wait for it. The schema is
 * made where it is missing, which needs the right to: an administrator may have made it before. Rejects for tables of a
 * newer Figway.
 */
export async function migrateSchema(connection: Connection): Promise<void> {
  if ((await readVersion(connection)) === migrations.length) return;
  await connection.command('BEGIN');
  try {
    await connection.ask({ sql: 'SELECT pg_advisory_xact_lock(?)', values: [lockKey] });
    await migrate(connection);
    await connection.command('COMMIT');
  } catch (error) {
    await connection.command('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function migrate(connection: Connection): Promise<void> {
  const [schema] = await connection.ask({ sql: "SELECT to_regnamespace('figway') AS found", values: [] });
  if (schema?.found === null) await connection.command('CREATE SCHEMA figway');
  await connection.command('CREATE TABLE IF NOT EXISTS migration (version BIGINT PRIMARY KEY)');
  const done = await readVersion(connection);
  if (done > migrations.length)
    throw new Error(
      `it was written by a newer Figway (tables version ${done}, this one knows ${migrations.length})`,
    );
  for (const [at, step] of migrations.entries()) {
    if (at < done) continue;
    await connection.command(step);
    await connection.ask({ sql: 'INSERT INTO migration (version) VALUES (?)', values: [at + 1] });
  }
}

/** Steps that are done. */
async function readVersion(connection: Connection): Promise<number> {
  const [table] = await connection.ask({
    sql: "SELECT to_regclass('figway.migration') AS found",
    values: [],
  });
  if (table?.found === null) return 0;
  const [row] = await connection.ask({ sql: 'SELECT max(version) AS version FROM migration', values: [] });
  return Number(row?.version ?? 0);
}
