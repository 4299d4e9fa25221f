import type { LastGood } from '../config/last-good.ts';
import type { Hold, Move } from '../routing/route.ts';
import { movesKept, type Store } from './store.ts';

/** A store that forgets with the process. */
export function createMemoryStore(detail = 'memory: nothing survives a restart'): Store {
  const holds = new Map<string, Hold>();
  const moves: Move[] = [];
  let lastGood: LastGood | undefined;
  return {
    holds: async () => [...holds.values()],
    async hold(hold) {
      holds.set(hold.route, hold);
    },
    async release(route) {
      holds.delete(route);
    },
    moves: async limit => moves.slice(-Math.max(0, limit)).reverse().slice(0, limit),
    async record(move) {
      if (moves.some(known => known.id === move.id)) return;
      moves.push(move);
      if (moves.length > movesKept) moves.shift();
    },
    lastGood: async () => lastGood,
    async keepLastGood(config) {
      lastGood = config;
    },
    status: () => ({ kind: 'memory', isAway: false, detail }),
    async close() {},
  };
}
