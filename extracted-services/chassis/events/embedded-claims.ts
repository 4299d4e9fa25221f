import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Queries } from '../database/database.ts';

/** Milliseconds after which a delivery is taken from a process that no longer says that it is at it. */
export const lease = 30_000;

export interface Delivery {
  readonly position: number;
  readonly body: string;
  /** This one included. */
  readonly attempts: number;
}

/** The deliveries that one subscription holds. One that it has lost to another is not touched any more. */
export function createClaims(database: Queries, { group }: { readonly group: string }, clock: Clock) {
  const holder = randomUUID();
  // Only the oldest of a subject: the others wait for it, also while it is tried again.
  const due = `SELECT position FROM deliveries AS d WHERE group_name = ? AND dead_at IS NULL AND due_at <= ?
    AND NOT EXISTS (SELECT 1 FROM deliveries AS e WHERE e.group_name = d.group_name AND e.subject = d.subject
      AND e.dead_at IS NULL AND e.position < d.position) ORDER BY position LIMIT ?`;
  const set = async (change: string, position: number, ...values: (string | number)[]): Promise<void> =>
    void (await database.run(
      `UPDATE deliveries SET ${change}, holder = NULL WHERE position = ? AND holder = ?`,
      ...[...values, position, holder],
    ));
  return {
    /** Up to `count`, oldest first. Asks before it writes: most looks find nothing, and a write stops the others. */
    async take(count: number): Promise<readonly Delivery[]> {
      const now = clock.wall();
      if (!(await database.get(due, group, now, 1))) return [];
      const taken = await database.all<Delivery>(
        `UPDATE deliveries SET due_at = ?, holder = ?, attempts = attempts + 1 WHERE position IN (${due})
         RETURNING position, body, attempts`,
        ...[now + lease, holder, group, now, count],
      );
      return taken.toSorted((a, b) => a.position - b.position);
    },
    finish: async (position: number): Promise<void> =>
      void (await database.run('DELETE FROM deliveries WHERE position = ? AND holder = ?', position, holder)),
    putBack: (position: number, wait: number) => set('due_at = ?', position, clock.wall() + wait),
    bury: (position: number, reason: string) =>
      set('dead_at = ?, reason = ?', position, new Date(clock.wall()).toISOString(), reason),
    renew: (position: number) =>
      database.run(
        'UPDATE deliveries SET due_at = ? WHERE position = ? AND holder = ?',
        ...[clock.wall() + lease, position, holder],
      ),
    /** Gives all that it holds to whoever is next. It did not fail, so this was no attempt. */
    release: () =>
      database.run(
        'UPDATE deliveries SET due_at = 0, holder = NULL, attempts = attempts - 1 WHERE holder = ?',
        holder,
      ),
  };
}
