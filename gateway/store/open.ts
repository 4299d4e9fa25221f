import { createMemoryStore } from './memory.ts';
import type { StoreConfig } from './schema.ts';
import { createSqliteStore } from './sqlite.ts';
import type { Store } from './store.ts';

/**
 * The store that the config asks for. It never rejects: a file that cannot be opened shows in `status()`,
 * every method rejects with the reason, and each call tries again.
 */
export async function openStore(config: StoreConfig): Promise<Store> {
  if ('postgres' in config)
    return createMemoryStore('memory: store.postgres is not supported yet, nothing survives a restart');
  const store = createSqliteStore(config.path);
  await store.holds().catch(() => undefined);
  return store;
}
