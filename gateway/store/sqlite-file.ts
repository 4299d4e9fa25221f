import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { migrations } from './migrations/sqlite.ts';
import type { Row, Task } from './task.ts';
import { begin, type Call, type Reply, tasks } from './tasks/list.ts';

/** Marks a file as ours: "Figw". */
const applicationId = 0x46696777;

/** Statements that are kept prepared. */
const preparedBound = 200;

/** An open SQLite file at today's tables. */
export interface SqliteFile {
  /** In one transaction, or each call in its own where that failed. */
  run(calls: readonly Call[]): Replies;
  /** Whether the path still leads to the file that was opened. */
  isCurrent(): boolean;
  close(): void;
}

export interface Replies {
  readonly replies: readonly Reply[];
  /** Something failed: the file may be broken. */
  readonly hasFailed: boolean;
}

/**
 * Creates folder and file where missing, and migrates. Throws for a file that is corrupt, foreign or newer.
 * @param path `:memory:` is no file.
 */
export function openSqliteFile(path: string): SqliteFile {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: 2000 });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    const prepare = createPrepare(db);
    const inTransaction = createInTransaction(db, prepare);
    inTransaction('BEGIN IMMEDIATE', () => migrate(db));
    const ino = statSync(path, { throwIfNoEntry: false })?.ino;
    const runOne = (call: Call): Reply => ({ value: drive(begin(call), prepare) });
    return {
      run: calls => runTogether(calls, inTransaction, runOne),
      isCurrent: () => statSync(path, { throwIfNoEntry: false })?.ino === ino,
      close: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

function runTogether(
  calls: readonly Call[],
  inTransaction: InTransaction,
  runOne: (call: Call) => Reply,
): Replies {
  // Who only reads waits for no other process that writes.
  const start = calls.some(({ name }) => tasks[name].writes) ? 'BEGIN IMMEDIATE' : 'BEGIN';
  try {
    return { replies: inTransaction(start, () => calls.map(runOne)), hasFailed: false };
  } catch (error) {
    if (calls.length === 1) return { replies: [toFailure(error)], hasFailed: true };
  }
  const replies = calls.map(call => {
    try {
      return inTransaction(start, () => runOne(call));
    } catch (error) {
      return toFailure(error);
    }
  });
  return { replies, hasFailed: true };
}

const toFailure = (error: unknown): Reply => ({
  error: error instanceof Error ? error.message : String(error),
});

function drive(task: Task<unknown>, prepare: (sql: string) => StatementSync): unknown {
  let step = task.next([]);
  while (!step.done) {
    const { sql, values } = step.value;
    step = task.next(prepare(sql).all(...values) as readonly Row[]);
  }
  return step.value;
}

function createPrepare(db: DatabaseSync): (sql: string) => StatementSync {
  const prepared = new Map<string, StatementSync>();
  return sql => {
    const known = prepared.get(sql);
    if (known !== undefined) return known;
    if (prepared.size >= preparedBound) prepared.clear();
    const made = db.prepare(sql);
    prepared.set(sql, made);
    return made;
  };
}

type InTransaction = <Value>(start: 'BEGIN' | 'BEGIN IMMEDIATE', task: () => Value) => Value;

const createInTransaction =
  (db: DatabaseSync, prepare: (sql: string) => StatementSync): InTransaction =>
  (start, task) => {
    prepare(start).run();
    try {
      const value = task();
      prepare('COMMIT').run();
      return value;
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      throw error;
    }
  };

function migrate(db: DatabaseSync): void {
  const done = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  refuseForeign(db, done);
  for (const step of migrations.slice(done)) db.exec(step);
  db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length};`);
}

function refuseForeign(db: DatabaseSync, done: number): void {
  const owner = db.prepare('PRAGMA application_id').get()?.application_id;
  const isEmpty = db.prepare('SELECT 1 FROM sqlite_schema').get() === undefined;
  if (owner !== applicationId && !isEmpty) throw new Error('it is not a store of Figway');
  if (done > migrations.length)
    throw new Error(
      `it was written by a newer Figway (tables version ${done}, this one knows ${migrations.length})`,
    );
}
