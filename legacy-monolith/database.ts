import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** One SQLite database with its statements prepared once. Synchronous, as the shop always was. */
export interface Database {
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[];
  first<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined;
  /** Returns the id of the row that was inserted last. */
  run(sql: string, ...values: SQLInputValue[]): number;
  script(sql: string): void;
  /** All of it or, if `work` throws, nothing. Not nestable. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** Opens `file`, or a database in memory for `:memory:`. */
export function openDatabase(file: string): Database {
  const sqlite = new DatabaseSync(file, { timeout: 5000 });
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    const made = sqlite.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  return {
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepared(sql).all(...values) as unknown as Row[],
    first: <Row>(sql: string, ...values: SQLInputValue[]) =>
      prepared(sql).get(...values) as unknown as Row | undefined,
    run: (sql, ...values) => Number(prepared(sql).run(...values).lastInsertRowid),
    script: sql => sqlite.exec(sql),
    transaction(work) {
      sqlite.exec('BEGIN IMMEDIATE');
      try {
        const done = work();
        sqlite.exec('COMMIT');
        return done;
      } catch (error) {
        sqlite.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => sqlite.close(),
  };
}
