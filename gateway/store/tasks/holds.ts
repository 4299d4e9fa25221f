import type { Hold } from '../../routing/route.ts';
import { ask, type Row, type Task, type TaskRow } from '../task.ts';

export const holdTasks = {
  holds: {
    lane: 'vital',
    writes: false,
    *run(): Task<Hold[]> {
      return (yield* ask('SELECT * FROM hold ORDER BY since, route')).map(toHold);
    },
  },
  hold: {
    lane: 'vital',
    writes: true,
    *run({ route, by, reason, since, until, released, ramp }: Hold): Task<void> {
      const steps = ramp === undefined ? null : JSON.stringify(ramp);
      yield* ask(
        `INSERT INTO hold (route, by, reason, since, until, released, ramp) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (route) DO UPDATE SET by = excluded.by, reason = excluded.reason, since = excluded.since,
           until = excluded.until, released = excluded.released, ramp = excluded.ramp
         WHERE excluded.since >= hold.since`,
        ...[route, by, reason, since, until ?? null, released, steps],
      );
    },
  },
  release: {
    lane: 'vital',
    writes: true,
    *run(route: string, since?: number): Task<void> {
      if (since === undefined) yield* ask('DELETE FROM hold WHERE route = ?', route);
      else yield* ask('DELETE FROM hold WHERE route = ? AND since <= ?', route, since);
    },
  },
  /** Writes something, to see whether that works again. */
  probe: {
    lane: 'vital',
    writes: true,
    *run(): Task<void> {
      yield* ask("UPDATE latch SET turn = turn + 1 WHERE thing = 'probe'");
    },
  },
} as const satisfies Record<string, TaskRow>;

const toHold = (row: Row): Hold => ({
  route: String(row.route),
  by: String(row.by),
  reason: String(row.reason),
  since: Number(row.since),
  until: typeof row.until === 'number' ? row.until : undefined,
  released: Number(row.released),
  ...(row.ramp === null ? {} : { ramp: JSON.parse(String(row.ramp)) }),
});
