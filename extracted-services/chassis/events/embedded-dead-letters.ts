import type { Clock } from '../clock.ts';
import type { Database } from '../database/database.ts';
import type { DeadLetter, DeadLetters } from './bus.ts';
import { maxListed } from './delivery.ts';

/** Dead letters of the embedded bus: rows that nobody takes until they are replayed, each at its old place. */
export function createEmbeddedDeadLetters(database: Database, clock: Clock, wake: () => void): DeadLetters {
  const which = `group_name = ? AND dead_at IS NOT NULL AND (id = ? OR ? = 'all')`;
  return {
    list: group =>
      database.all<DeadLetter>(
        `SELECT group_name AS "group", id, reason, attempts, dead_at AS at, body FROM deliveries
         WHERE dead_at IS NOT NULL AND (group_name = ? OR ? = '') ORDER BY position LIMIT ?`,
        ...[group ?? '', group ?? '', maxListed],
      ),
    async replay(group, id) {
      const { changes } = await database.run(
        `UPDATE deliveries SET dead_at = NULL, reason = NULL, attempts = 0, due_at = ? WHERE ${which}`,
        ...[clock.wall(), group, id, id],
      );
      wake();
      return changes;
    },
    drop: async (group, id) =>
      (await database.run(`DELETE FROM deliveries WHERE ${which}`, group, id, id)).changes,
  };
}
