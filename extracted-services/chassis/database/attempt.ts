import type { Queries, SqlValue } from './database.ts';

/** Queries of one transaction, which end with it. */
export interface Attempt {
  readonly tx: Queries;
  /** No more statements; throws the first failure of one, even if `work` caught it: PostgreSQL would keep nothing. */
  end(): void;
}

export function createAttempt(queries: Queries): Attempt {
  let isOver = false;
  let failure: { readonly error: unknown } | undefined;
  const guarded = async <T>(call: () => Promise<T>): Promise<T> => {
    if (isOver) throw new TypeError('the transaction is over');
    try {
      return await call();
    } catch (error) {
      failure ??= { error };
      throw error;
    }
  };
  return {
    tx: {
      all: <Row>(sql: string, ...values: SqlValue[]) => guarded(() => queries.all<Row>(sql, ...values)),
      get: <Row>(sql: string, ...values: SqlValue[]) => guarded(() => queries.get<Row>(sql, ...values)),
      run: (sql, ...values) => guarded(() => queries.run(sql, ...values)),
    },
    end() {
      isOver = true;
      if (failure) throw failure.error;
    },
  };
}
