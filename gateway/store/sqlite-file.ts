import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrations } from './migrations/list.ts';
import { prepareCalls, type StoreCalls } from './sqlite-calls.ts';

/** Marks a file as ours: "Figw". */
const applicationId = 0x46696777;

/** An open SQLite file at today's tables. */
export interface SqliteFile {
  readonly calls: StoreCalls;
  /** Runs `task` in one transaction; if it throws, nothing of it was done. */
  together<Value>(task: () => Value): Value;
  /** Whether the path still leads to the file that was opened. */
  isCurrent(): boolean;
  close(): void;
}

/** Creates folder and file where missing, and migrates. Throws for a file that is corrupt, foreign or newer. */
export function openSqliteFile(path: string): SqliteFile {
  mkdirSync(dirname(path), { recursive: true });
  const db = new DatabaseSync(path, { timeout: 2000 });
  try {
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
    inTransaction(db, () => migrate(db));
    const { ino } = statSync(path);
    return {
      calls: prepareCalls(sql => db.prepare(sql)),
      together: task => inTransaction(db, task),
      isCurrent: () => statSync(path, { throwIfNoEntry: false })?.ino === ino,
      close: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw error;
  }
}

function inTransaction<Value>(db: DatabaseSync, task: () => Value): Value {
  db.exec('BEGIN IMMEDIATE');
  try {
    const value = task();
    db.exec('COMMIT');
    return value;
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

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
