/**
 * What the store does, said once for every database: a task asks statement by statement and is given the rows. SQLite
 * runs it without waiting, PostgreSQL between round trips. Statements keep to what both understand, with `?` for values.
 */
export type Value = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

export type Task<Result> = Generator<Statement, Result, readonly Row[]>;

/**
 * Which calls go first and which are given up first: `vital` are holds, moves and the last good config, `steady` what
 * is counted and concluded, `bulk` comparisons.
 */
export type Lane = 'vital' | 'steady' | 'bulk';

/** One row of the list of tasks. */
export interface TaskRow {
  readonly lane: Lane;
  /** It needs a disk that takes something; several statements of it are done together or not at all. */
  readonly writes: boolean;
  // The arguments are each task's own; `tasks/list.ts` knows them.
  run(...given: never[]): Task<unknown>;
}

export function* ask(sql: string, ...values: Value[]): Task<readonly Row[]> {
  return yield { sql, values };
}

/** The values of one statement at most; SQLite takes 32,766, PostgreSQL 65,535. */
const valuesBound = 1000;

/**
 * Inserts many rows in few statements.
 * @param head `INSERT INTO hold (route, by)`
 * @param tail what follows the values, `ON CONFLICT …`
 */
export function* insertRows(head: string, rows: readonly (readonly Value[])[], tail = ''): Task<void> {
  const width = rows[0]?.length ?? 1;
  const atOnce = Math.max(1, Math.floor(valuesBound / width));
  const one = `(${new Array(width).fill('?').join(', ')})`;
  for (let at = 0; at < rows.length; at += atOnce) {
    const some = rows.slice(at, at + atOnce);
    const places = new Array(some.length).fill(one).join(', ');
    yield { sql: `${head} VALUES ${places} ${tail}`, values: some.flat() };
  }
}

/** `(?, ?, ?)` */
export const places = (values: readonly unknown[]): string =>
  `(${new Array(values.length).fill('?').join(', ')})`;

/** Nobody else who locks the same thing goes on before this transaction ends. The value means nothing. */
export const lock = (thing: 'progress' | 'templates' | 'comparisons'): Task<readonly Row[]> =>
  ask('UPDATE latch SET turn = turn + 1 WHERE thing = ?', thing);
