import type { LastGood } from '../config/last-good.ts';
import type { Hold, Move } from '../routing/route.ts';
import { movesKept, type Store } from './store.ts';

/** A store that forgets with the process. */
export function createMemoryStore(detail = 'memory: nothing survives a restart'): Store {
  const holds = new Map<string, Hold>();
  /** Oldest first, by id. */
  const moves = new Map<string, Move>();
  let lastGood: LastGood | undefined;
  return {
    holds: async () => [...holds.values()],
    async hold(hold) {
      holds.set(hold.route, hold);
    },
    async release(route) {
      holds.delete(route);
    },
    moves: async limit => [...moves.values()].reverse().slice(0, Math.max(0, limit)),
    async record(move) {
      if (moves.has(move.id)) return;
      moves.set(move.id, move);
      const [oldest] = moves.keys();
      if (moves.size > movesKept && oldest !== undefined) moves.delete(oldest);
    },
    lastGood: async () => lastGood,
    async keepLastGood(config) {
      lastGood = config;
    },
    status: () => ({ kind: 'memory', isAway: false, detail }),
    async close() {},
  };
}
