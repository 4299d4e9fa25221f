import type { Trip } from '../../routing/route.ts';
import { ask, type Task, type TaskRow } from '../task.ts';

/** Milliseconds after which a trip is forgotten, once another route trips. */
const tripsAge = 90 * 86_400_000;

export const tripTasks = {
  trips: {
    lane: 'vital',
    writes: false,
    *run(): Task<Trip[]> {
      const rows = yield* ask('SELECT route, at, reason FROM trip ORDER BY at, route');
      return rows.map(({ route, at, reason }) => ({
        ...{ route: String(route), at: Number(at), reason: String(reason) },
      }));
    },
  },
  keepTrip: {
    lane: 'vital',
    writes: true,
    *run({ route, at, reason }: Trip): Task<void> {
      yield* ask(
        `INSERT INTO trip (route, at, reason) VALUES (?, ?, ?)
         ON CONFLICT (route) DO UPDATE SET at = excluded.at, reason = excluded.reason WHERE excluded.at >= trip.at`,
        ...[route, at, reason],
      );
      yield* ask('DELETE FROM trip WHERE at < ?', at - tripsAge);
    },
  },
} as const satisfies Record<string, TaskRow>;
