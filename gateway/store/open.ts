import { createPostgresStore } from './postgres.ts';
import type { StoreConfig } from './schema.ts';
import { createSqliteStore } from './sqlite.ts';
import type { Store } from './store.ts';

/**
 * The store that the config asks for. It never rejects: a file or a database that cannot be opened shows in `status()`,
 * every method rejects with the reason, and each call tries again. Waits 5 s at most.
 */
export async function openStore(config: StoreConfig): Promise<Store> {
  const store = 'postgres' in config ? createPostgresStore(config.postgres) : createSqliteStore(config.path);
  await store.holds().catch(() => undefined);
  return store;
}
