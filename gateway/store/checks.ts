import type { Finding } from '../config/problem.ts';
import type { StoreConfig } from './schema.ts';

/** The message does not repeat an address that may hold a password. */
export function* checkStore({ store }: { readonly store: StoreConfig }): Generator<Finding> {
  if ('postgres' in store && !isPostgresAddress(store.postgres))
    yield {
      severity: 'error',
      code: 'bad-value',
      path: ['store', 'postgres'],
      message: 'expected an address such as postgres://user:password@host:5432/database',
    };
}

/** Whether it names a database of PostgreSQL. */
export function isPostgresAddress(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === 'postgres:' || url.protocol === 'postgresql:') &&
    /^\/[^/]+$/.test(url.pathname)
  );
}
