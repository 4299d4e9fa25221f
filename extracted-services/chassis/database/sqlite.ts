import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { createAttempt } from './attempt.ts';
import type { Database, Queries, SqlValue } from './database.ts';
import { migrate } from './migrate.ts';

/** Longest wait for another process that writes, in milliseconds. */
const busyLimit = 5000;
/** Statements that are kept prepared. */
const maxPrepared = 200;

/** A SQLite file behind the interface of `database.ts`: one connection, one call or transaction at a time. */
export async function openSqlite(file: string, migrations: readonly string[]): Promise<Database> {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  // SQLite waits inside the call, which stops the process: a moment only, the rest is waited for outside.
  const sqlite = new DatabaseSync(file, { timeout: 20 });
  const queries = queriesOf(sqlite);
  const inTurn = createTurns();

  const transaction: Database['transaction'] = work =>
    inTurn(async () => {
      await untilFree(() => sqlite.exec('BEGIN IMMEDIATE'));
      try {
        const attempt = createAttempt(queries);
        const value = await work(attempt.tx);
        attempt.end();
        sqlite.exec('COMMIT');
        return value;
      } catch (error) {
        if (sqlite.isTransaction) sqlite.exec('ROLLBACK');
        throw error;
      }
    });

  try {
    await untilFree(() => sqlite.exec('PRAGMA journal_mode = WAL'));
    sqlite.exec('PRAGMA synchronous = FULL');
    const script = async (sql: string): Promise<void> => sqlite.exec(sql);
    await transaction(tx => migrate({ ...tx, kind: 'sqlite', script }, migrations));
  } catch (error) {
    sqlite.close();
    throw error;
  }

  return {
    kind: 'sqlite',
    all: <Row>(sql: string, ...values: SqlValue[]) => inTurn(() => queries.all<Row>(sql, ...values)),
    get: <Row>(sql: string, ...values: SqlValue[]) => inTurn(() => queries.get<Row>(sql, ...values)),
    run: (sql, ...values) => inTurn(() => queries.run(sql, ...values)),
    transaction,
    close: () =>
      inTurn(async () => {
        if (sqlite.isOpen) sqlite.close();
      }),
  };
}

function queriesOf(sqlite: DatabaseSync): Queries {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    if (statements.size >= maxPrepared) statements.clear();
    const made = sqlite.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  return {
    all: <Row>(sql: string, ...values: SqlValue[]) =>
      untilFree(() => prepared(sql).all(...values) as unknown as Row[]),
    get: <Row>(sql: string, ...values: SqlValue[]) =>
      untilFree(() => prepared(sql).get(...values) as unknown as Row | undefined),
    run: (sql, ...values) => untilFree(() => ({ changes: Number(prepared(sql).run(...values).changes) })),
  };
}

/** Runs each piece of work when the one before has ended, however it ended. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return work => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
}

async function untilFree<T>(call: () => T): Promise<T> {
  const deadline = performance.now() + busyLimit;
  for (;;) {
    try {
      return call();
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
    }
    await setTimeout(5 + Math.random() * 20);
  }
}

/** SQLITE_BUSY is 5; the upper bits say which kind. */
const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
