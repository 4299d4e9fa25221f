import { type CallStore, createFace } from './face.ts';
import { openSqliteFile } from './sqlite-file.ts';
import type { Store } from './store.ts';

/** A store that forgets with the process: the tables of the others, in memory and in this thread. */
export function createMemoryStore(detail = 'memory: nothing survives a restart'): Store {
  const tables = openSqliteFile(':memory:');
  let isClosed = false;
  return createFace({
    call: (async (name, given) => {
      if (isClosed) throw new Error('store in memory is away: it was closed');
      const [reply] = tables.run([{ name, given }]).replies;
      if (reply === undefined || 'error' in reply) throw new Error(`store in memory: ${reply?.error}`);
      return reply.value;
    }) as CallStore,
    status: () => ({ kind: 'memory', isAway: false, detail }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      tables.close();
    },
  });
}
