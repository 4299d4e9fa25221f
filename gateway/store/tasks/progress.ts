import type { ProgressQuery, ProgressSample, RouteProgress } from '../../routing/progress.ts';
import { ask, insertRows, lock, places, type Row, type Task, type TaskRow } from '../task.ts';

const hour = 3_600_000;
const day = 24 * hour;

/** What is older is kept in wider buckets only. */
const thinning = [
  { after: 2 * day, ms: hour },
  { after: 60 * day, ms: day },
] as const;

/** What is older is forgotten. */
export const progressAge = 400 * day;

/** Buckets that one call makes at most, so that a gateway that was off for a year catches up in steps. */
const thinnedAtOnce = 50;

type RouteRow = RouteProgress & { readonly route: string };

export const progressTasks = {
  appendProgress: {
    lane: 'steady',
    writes: true,
    *run(node: string, sample: ProgressSample): Task<void> {
      yield* lock('progress');
      yield* ask('DELETE FROM progress_route WHERE at = ? AND node = ?', sample.at, node);
      yield* ask('DELETE FROM progress WHERE at = ? AND node = ?', sample.at, node);
      yield* put(
        node,
        sample,
        Object.entries(sample.routes).map(([route, facts]) => ({ route, ...facts })),
      );
      yield* thin(sample.at);
    },
  },
  progress: {
    lane: 'steady',
    writes: false,
    *run({ since, until, routes }: ProgressQuery): Task<ProgressSample[]> {
      const totals = yield* ask(
        'SELECT * FROM progress WHERE at >= ? AND at < ? ORDER BY at, node',
        since,
        until,
      );
      const samples = new Map<number, ProgressSample>();
      for (const sample of totals.map(toSample)) {
        const known = samples.get(sample.at);
        samples.set(sample.at, known === undefined ? sample : addTotals(known, sample));
      }
      if (routes.length === 0) return [...samples.values()];
      const named = yield* sumRoutes(
        `AND route IN ${places(routes)} GROUP BY at, route`,
        since,
        until,
        ...routes,
      );
      const byTime = Map.groupBy(named, ({ at }) => Number(at));
      return [...samples.values()].map(sample => ({
        ...sample,
        routes: Object.fromEntries(
          (byTime.get(sample.at) ?? []).map(row => [String(row.route), toRoute(row)]),
        ),
      }));
    },
  },
} as const satisfies Record<string, TaskRow>;

function* put(
  node: string,
  { at, ms, requests, byService, unclaimed, routesByStage }: Omit<ProgressSample, 'routes'>,
  routes: readonly RouteRow[],
): Task<void> {
  yield* ask(
    'INSERT INTO progress (at, node, ms, requests, by_service, unclaimed, stages) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[at, node, ms, requests, byService, unclaimed, JSON.stringify(routesByStage)],
  );
  yield* insertRows(
    `INSERT INTO progress_route
       (at, node, route, requests, legacy, service, fallbacks, near_misses, last_legacy_at)`,
    routes.map(row => [
      ...[at, node, row.route, row.requests, row.legacy, row.service],
      ...[row.fallbacks, row.nearMisses, row.lastLegacyAt],
    ]),
  );
}

function* thin(now: number): Task<void> {
  for (const { after, ms } of thinning) {
    const before = Math.floor((now - after) / ms) * ms;
    const starts = yield* ask(
      `SELECT DISTINCT at - at % ${ms} AS start FROM progress WHERE at < ? AND ms < ${ms} ORDER BY start LIMIT ?`,
      ...[before, thinnedAtOnce],
    );
    for (const { start } of starts) yield* merge(Number(start), ms);
  }
  const oldest = now - progressAge;
  yield* ask('DELETE FROM progress_route WHERE at < ?', oldest);
  yield* ask('DELETE FROM progress WHERE at < ?', oldest);
}

/** All that began within one wider bucket becomes one sample, of no node in particular. */
function* merge(start: number, ms: number): Task<void> {
  const end = start + ms;
  const totals = yield* ask('SELECT * FROM progress WHERE at >= ? AND at < ? ORDER BY at, node', start, end);
  const routes = yield* sumRoutes('GROUP BY route', start, end);
  yield* ask('DELETE FROM progress_route WHERE at >= ? AND at < ?', start, end);
  yield* ask('DELETE FROM progress WHERE at >= ? AND at < ?', start, end);
  const total = totals.map(toSample).reduce(addTotals);
  yield* put(
    '',
    { ...total, at: start, ms },
    routes.map(row => ({ route: String(row.route), ...toRoute(row) })),
  );
}

/** Casts, since PostgreSQL answers a sum as text. */
const sumRoutes = (rest: string, ...values: (string | number)[]) =>
  ask(
    `SELECT min(at) AS at, route, CAST(sum(requests) AS BIGINT) AS requests, CAST(sum(legacy) AS BIGINT) AS legacy,
       CAST(sum(service) AS BIGINT) AS service, CAST(sum(fallbacks) AS BIGINT) AS fallbacks,
       CAST(sum(near_misses) AS BIGINT) AS near_misses, max(last_legacy_at) AS last_legacy_at
     FROM progress_route WHERE at >= ? AND at < ? ${rest}`,
    ...values,
  );

/** Requests add up; how many routes are in which stage is a state, of which the later counts. */
const addTotals = (earlier: ProgressSample, later: ProgressSample): ProgressSample => ({
  ...later,
  at: earlier.at,
  requests: earlier.requests + later.requests,
  byService: earlier.byService + later.byService,
  unclaimed: earlier.unclaimed + later.unclaimed,
});

const toSample = (row: Row): ProgressSample => ({
  at: Number(row.at),
  ms: Number(row.ms),
  requests: Number(row.requests),
  byService: Number(row.by_service),
  unclaimed: Number(row.unclaimed),
  routesByStage: JSON.parse(String(row.stages)),
  routes: {},
});

const toRoute = (row: Row): RouteProgress => ({
  requests: Number(row.requests),
  legacy: Number(row.legacy),
  service: Number(row.service),
  fallbacks: Number(row.fallbacks),
  nearMisses: Number(row.near_misses),
  lastLegacyAt: Number(row.last_legacy_at),
});
