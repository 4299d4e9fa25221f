import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import { createAttempt } from './attempt.ts';
import type { Database, Queries, SqlValue } from './database.ts';
import { migrate } from './migrate.ts';
import { toNumbered } from './numbered.ts';

/** Times that a transaction is tried when others collide with it. */
const maxAttempts = 8;
/** Serialization failure, deadlock detected: the same transaction may well succeed the next time. */
const collisions: readonly unknown[] = ['40001', '40P01'];

/** A schema of a PostgreSQL database behind the interface of `database.ts`; at most five connections. */
export async function openPostgres(
  url: string,
  schema: string,
  migrations: readonly string[],
): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 5,
    connectionTimeoutMillis: 5000,
    statement_timeout: 10_000,
    idle_in_transaction_session_timeout: 15_000,
    options: `-c search_path=${schema}`,
    types: { getTypeParser },
  });
  // An idle connection that breaks is replaced by the next call; without a listener it would end the process.
  pool.on('error', () => {});
  try {
    await inTransaction(pool, 'READ COMMITTED', async (tx, client) => {
      await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`migrations of ${schema}`]);
      await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
      const script = async (sql: string): Promise<void> => void (await client.query(sql));
      await migrate({ ...tx, kind: 'postgres', script }, migrations);
    });
  } catch (error) {
    await pool.end();
    throw error;
  }
  return {
    kind: 'postgres',
    ...queriesOf(pool),
    transaction: work => retried(() => inTransaction(pool, 'SERIALIZABLE', work)),
    close: async () => {
      if (!pool.ending) await pool.end();
    },
  };
}

async function inTransaction<T>(
  pool: pg.Pool,
  isolation: 'READ COMMITTED' | 'SERIALIZABLE',
  work: (tx: Queries, client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const onError = (error: Error): void => {
    broken = error;
  };
  client.on('error', onError);
  try {
    await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
    const attempt = createAttempt(queriesOf(client));
    const value = await work(attempt.tx, client);
    attempt.end();
    await client.query('COMMIT');
    return value;
  } catch (error) {
    await client.query('ROLLBACK').catch(onError);
    throw error;
  } finally {
    client.off('error', onError);
    client.release(broken);
  }
}

async function retried<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      const hasCollided = error instanceof Error && 'code' in error && collisions.includes(error.code);
      if (!hasCollided || attempt === maxAttempts) throw error;
    }
    await setTimeout(Math.random() * 5 * 2 ** attempt);
  }
}

function queriesOf(client: pg.Pool | pg.PoolClient): Queries {
  const query = (sql: string, values: SqlValue[]) => client.query(toNumbered(sql), values);
  return {
    all: async <Row>(sql: string, ...values: SqlValue[]) => (await query(sql, values)).rows as Row[],
    get: async <Row>(sql: string, ...values: SqlValue[]) =>
      (await query(sql, values)).rows[0] as Row | undefined,
    run: async (sql, ...values) => ({ changes: (await query(sql, values)).rowCount ?? 0 }),
  };
}

/** BIGINT and the NUMERIC that sums of it are: numbers, as SQLite gives them. */
const wholeNumbers: readonly number[] = [pg.types.builtins.INT8, pg.types.builtins.NUMERIC];

const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') =>
  wholeNumbers.includes(oid) ? toNumber : pg.types.getTypeParser(oid, format as 'text');

function toNumber(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`expected a safe integer, got ${text}`);
  }
  return value;
}
