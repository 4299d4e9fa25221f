import { AsyncLocalStorage } from 'node:async_hooks';
import { openSqlite } from './sqlite.ts';

/** What a column can hold in both dialects. True and false are 1 and 0; JSON and instants are text. */
export type SqlValue = string | number | null;

/**
 * Statements in the common subset of SQLite and PostgreSQL: `?` for values, `"camelCase"` in quotes, `ON CONFLICT …` in
 * place of `INSERT OR …`, `RETURNING` for what was given. Whole numbers are safe integers, or the call rejects.
 */
export interface Queries {
  all<Row>(sql: string, ...values: SqlValue[]): Promise<Row[]>;
  get<Row>(sql: string, ...values: SqlValue[]): Promise<Row | undefined>;
  run(sql: string, ...values: SqlValue[]): Promise<{ changes: number }>;
}

/** A service's own store, at today's tables. */
export interface Database extends Queries {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * All of it or, if `work` throws or any of its statements fails, nothing. Transactions see each other as if they ran
   * one after another; on PostgreSQL `work` is run again, up to eight times in all, when two of them collide, so it
   * changes nothing but the database. Within it only `tx` is used: the database itself throws a TypeError there.
   */
  transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  /** A SQLite file, made with its folder where missing. Default: in memory. */
  readonly file?: string;
  /** `postgres://…`; wins over `file`. */
  readonly url?: string;
  /** The PostgreSQL schema that holds the tables: a lower-case word of at most 40 characters. */
  readonly schema: string;
  /**
   * Scripts that are each run once, in this order; new ones are added at the end, and one that was run never changes.
   * `AUTO_ID` is the type of a primary key that counts upwards by itself; numbers are BIGINT.
   */
  readonly migrations: readonly string[];
}

/** Opens the store and brings its tables up to date. Rejects where it was written by a newer version. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { file = ':memory:', url, schema, migrations } = options;
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(schema)) {
    throw new TypeError(`schema: expected a lower-case word of at most 40 characters, got ${schema}`);
  }
  if (url === undefined) return watchTransactions(await openSqlite(file, migrations));
  // Loaded where it is asked for, so that a service on SQLite runs without the package.
  const { openPostgres } = await import('./postgres.ts');
  return watchTransactions(await openPostgres(url, schema, migrations));
}

/** Turns a call that would wait for its own transaction for ever into a TypeError. */
function watchTransactions(database: Database): Database {
  const current = new AsyncLocalStorage<{ isOpen: boolean }>();
  const check = (): void => {
    if (current.getStore()?.isOpen) throw new TypeError('inside a transaction only its own queries are used');
  };
  return {
    kind: database.kind,
    async all(sql, ...values) {
      check();
      return database.all(sql, ...values);
    },
    async get(sql, ...values) {
      check();
      return database.get(sql, ...values);
    },
    async run(sql, ...values) {
      check();
      return database.run(sql, ...values);
    },
    async transaction(work) {
      check();
      return database.transaction(async tx => {
        const state = { isOpen: true };
        try {
          return await current.run(state, () => work(tx));
        } finally {
          state.isOpen = false;
        }
      });
    },
    close: () => database.close(),
  };
}
