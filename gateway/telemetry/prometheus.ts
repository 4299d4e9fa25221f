/** The metrics of contract §10. The only file that knows prom-client, and it counts nothing itself. */
import { setImmediate } from 'node:timers/promises';
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ComparingFacts } from '../compare/comparing.ts';
import type { RouteVerdict } from '../compare/evidence.ts';
import type { Stage, VerdictState } from '../core/vocabulary.ts';
import type { LimitsStatus } from '../edge/limit/limits.ts';
import type { UpstreamStatus } from '../proxy/upstream.ts';
import { bounds, type Durations, matchRatios, type Tally } from './tally.ts';

/** What runs, as far as metrics show it. */
export interface Facts {
  readonly routes: readonly { readonly name: string; readonly stage: Stage }[];
  readonly held: readonly string[];
  readonly upstreams: readonly UpstreamStatus[];
  readonly limits: LimitsStatus;
  readonly comparing: ComparingFacts;
  /** Where workers serve. */
  readonly workers?: { readonly serving: number; readonly restarts: number } | undefined;
}

/** What a process says of itself: processor time, memory, its event loop. Plain data. */
export type ProcessMetrics = readonly object[];

export interface PrometheusDeps {
  readonly tally: Tally;
  facts(): Facts;
  /** Log lines that found no room; refusals that were over the bounds of the security log. */
  droppedLines(): { readonly log: number; readonly security: number };
  /** Of other processes, to be added up with those of this one. */
  readonly processes?: (() => Promise<readonly ProcessMetrics[]>) | undefined;
}

export interface Prometheus {
  metrics(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

type Labels = Record<string, string>;
type Samples = Iterable<readonly [labels: Labels, value: number]>;
type Series = Iterable<readonly [labels: Labels, durations: Durations]>;

/** One line of the answer. */
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** Where it is not the metric's: that of a bucket, a sum or a count. */
  readonly metricName?: string;
}

/** Lines that are written in one go, about two milliseconds; then clients have their turn. */
const slice = 500;

const verdictNumbers: Record<VerdictState, number> = { blocked: -1, pending: 0, ready: 1 };

const breakerNumbers: Record<UpstreamStatus['breaker'], number> = {
  none: 0,
  closed: 0,
  'half-open': 1,
  open: 2,
};

/** What this process says of itself, for another one that is scraped. */
export function createProcessMetrics(): { read(): Promise<ProcessMetrics>; close(): void } {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return { read: () => registry.getMetricsAsJSON(), close: () => registry.clear() };
}

export function createPrometheus({ tally, facts, droppedLines, ...deps }: PrometheusDeps): Prometheus {
  const registry = new Registry();
  const processes = new Registry();
  collectDefaultMetrics({ register: processes });

  const ofProcesses = async (): Promise<string> => {
    if (deps.processes === undefined) return processes.metrics();
    const all = await Promise.all([processes.getMetricsAsJSON(), deps.processes()]);
    return AggregatorRegistry.aggregate([all[0], ...all[1]]).metrics();
  };
  const writers: (() => Promise<string>)[] = [ofProcesses];
  const add = (type: string, name: string, help: string, samples: () => Iterable<Sample>) =>
    writers.push(createWriter(registry, { type, name, help, samples }));
  const measure = (type: 'counter' | 'gauge', name: string, help: string, samples: () => Samples) =>
    add(type, name, help, function* () {
      for (const [labels, value] of samples()) yield { labels, value };
    });
  const measureDurations = (name: string, help: string, series: () => Series) =>
    add('histogram', name, help, function* () {
      for (const [labels, durations] of series()) yield* toBuckets(name, labels, durations);
    });

  measureDurations('http_server_request_duration_seconds', 'Time to the end of the answer.', function* () {
    for (const { route, durationSeries } of tally.routes())
      for (const series of durationSeries.values())
        yield [
          {
            http_route: route,
            http_request_method: series.method,
            http_response_status_code: series.status,
            side: series.side,
          },
          series,
        ];
  });
  measureDurations('http_client_request_duration_seconds', 'Time to the head of the upstream.', function* () {
    for (const [upstream, durations] of tally.upstreams) yield [{ upstream }, durations];
  });

  measure('counter', 'figway_requests_total', 'Requests by who answered and why.', function* () {
    for (const { route, requestSeries } of tally.routes())
      for (const { stage, side, because, count } of requestSeries.values())
        yield [{ route, stage, side, because }, count];
  });
  measure('counter', 'figway_refusals_total', 'Requests that a guard refused, or would have.', function* () {
    for (const { route, refusalSeries } of tally.routes())
      for (const { guard, code, mode, count } of refusalSeries.values())
        yield [{ route, guard, code, mode }, count];
  });
  measure(
    'counter',
    'figway_near_misses_total',
    'Unclaimed requests that all but match a route.',
    function* () {
      for (const { route, nearMisses } of tally.routes()) if (nearMisses > 0) yield [{ route }, nearMisses];
    },
  );
  measure(
    'counter',
    'figway_fallbacks_total',
    'Requests that legacy answered for the service.',
    function* () {
      for (const { route, fallbackReasons } of tally.routes())
        for (const [reason, count] of fallbackReasons) yield [{ route, reason }, count];
    },
  );
  measure('counter', 'figway_retries_total', 'Second and later attempts.', function* () {
    for (const [upstream, { retries }] of tally.upstreams)
      for (const [reason, count] of retries) yield [{ upstream, reason }, count];
  });
  measure(
    'counter',
    'figway_breaker_transitions_total',
    'Changes of a breaker, by its new state.',
    function* () {
      for (const [upstream, { transitions }] of tally.upstreams)
        for (const [state, count] of transitions) yield [{ upstream, state }, count];
    },
  );
  measure(
    'counter',
    'figway_comparisons_total',
    'Requests on shadowed routes by how they ended.',
    function* () {
      for (const { route, comparisonSeries } of tally.routes())
        for (const { method, outcome, count } of comparisonSeries.values())
          yield [{ route, method, outcome }, count];
    },
  );
  measure('gauge', 'figway_match_ratio', 'Share of compared requests that are not bad.', function* () {
    for (const counted of tally.routes())
      for (const [method, ratio] of matchRatios(counted)) yield [{ route: counted.route, method }, ratio];
  });
  measure('gauge', 'figway_verdict', '-1 blocked, 0 pending, 1 ready.', function* () {
    for (const verdict of facts().comparing.verdicts)
      for (const [method, worst] of worstByMethod(verdict)) yield [{ route: verdict.route, method }, worst];
  });
  measure('gauge', 'figway_shadow_inflight', 'Requests whose copy or comparison is under way.', () => [
    [{}, facts().comparing.inFlight],
  ]);
  measure(
    'counter',
    'figway_shadow_shed_total',
    'What was not compared or not kept for a bound.',
    function* () {
      const { unkept } = facts().comparing;
      for (const [reason, count] of Object.entries(tally.shed))
        yield [{ reason }, reason === 'store' ? count + unkept : count];
    },
  );
  measure('gauge', 'figway_breaker_state', '0 closed, 1 half-open, 2 open.', function* () {
    for (const { name, breaker } of facts().upstreams) yield [{ upstream: name }, breakerNumbers[breaker]];
  });
  measure(
    'gauge',
    'figway_upstream_open_connections',
    'Sockets to the upstream, busy or idle.',
    function* () {
      for (const { name, openConnections } of facts().upstreams) yield [{ upstream: name }, openConnections];
    },
  );
  measure(
    'gauge',
    'figway_limit_store_up',
    '0 while Redis is away or slow, and limits count alone.',
    function* () {
      const { store, isUp } = facts().limits;
      if (store === 'redis') yield [{}, isUp ? 1 : 0];
    },
  );
  measure('gauge', 'figway_holds', '1 while the route is held.', function* () {
    for (const route of facts().held) yield [{ route }, 1];
  });
  measure('gauge', 'figway_stage_info', 'The stage of each route.', function* () {
    for (const { name, stage } of facts().routes) if (name !== 'unclaimed') yield [{ route: name, stage }, 1];
  });
  measure('gauge', 'figway_service_served_ratio', 'Share of all requests that services served.', () => [
    [{}, tally.serviceShare()],
  ]);
  measure('gauge', 'figway_config_info', 'The config that runs.', () => [
    [{ revision: tally.config.revision, hash: tally.config.hash }, 1],
  ]);
  measure('gauge', 'figway_config_last_reload_successful', '0 while the newest file is refused.', () => [
    [{}, tally.config.isLastReloadGood ? 1 : 0],
  ]);
  measure('gauge', 'figway_config_last_reload_timestamp_seconds', 'When a file was last taken.', () => [
    [{}, tally.config.loadedAt],
  ]);
  measure('gauge', 'figway_workers', 'Processes that serve clients now.', () => [
    [{}, facts().workers?.serving ?? 1],
  ]);
  measure('counter', 'figway_worker_restarts_total', 'Workers that were lost and replaced.', () => [
    [{}, facts().workers?.restarts ?? 0],
  ]);
  measure('counter', 'figway_log_lines_dropped_total', 'Log lines that found no room.', () => [
    [{}, droppedLines().log],
  ]);
  measure(
    'counter',
    'figway_refusals_untold_total',
    'Refusals that the security log has no room for.',
    () => [[{}, droppedLines().security]],
  );

  return {
    async metrics() {
      const parts: string[] = [];
      for (const write of writers) parts.push((await write()).trimEnd());
      return `${parts.join('\n\n')}\n`;
    },
    contentType: registry.contentType,
    close() {
      registry.clear();
      processes.clear();
    },
  };
}

/** A method is as good as its worst match entry. */
function worstByMethod({ parts }: RouteVerdict): ReadonlyMap<string, number> {
  const worst = new Map<string, number>();
  for (const { method, state } of parts)
    worst.set(method, Math.min(worst.get(method) ?? 1, verdictNumbers[state]));
  return worst;
}

interface Sampled {
  readonly type: string;
  readonly name: string;
  readonly help: string;
  samples(): Iterable<Sample>;
}

/** Writes a metric whose values are worked out when it is scraped, a slice at a time. */
function createWriter(registry: Registry, { type, name, help, samples }: Sampled): () => Promise<string> {
  let values: readonly Sample[] = [];
  const get = async () => ({ name, help, type, aggregator: 'sum', values });
  Object.assign(new Gauge({ name, help, registers: [registry] }), { get, getForPromString: get });

  return async () => {
    const lines: string[] = [];
    for (const part of toSlices(samples())) {
      if (lines.length > 0) await setImmediate();
      values = part;
      const text = await registry.getSingleMetricAsString(name);
      // HELP and TYPE stand before the first slice only.
      lines.push(lines.length === 0 ? text : text.split('\n').slice(2).join('\n'));
    }
    return lines.join('\n');
  };
}

/** At least one slice, so that a metric without values is described too. */
function* toSlices(samples: Iterable<Sample>): Iterable<readonly Sample[]> {
  let part: Sample[] = [];
  for (const sample of samples) {
    if (part.length >= slice) {
      yield part;
      part = [];
    }
    part.push(sample);
  }
  yield part;
}

/** The samples of one histogram: cumulative buckets, then sum and count. */
function toBuckets(name: string, labels: Labels, { counts, sum }: Durations): readonly Sample[] {
  let seen = 0;
  const buckets = counts.map((count, at) => {
    seen += count;
    return {
      metricName: `${name}_bucket`,
      labels: { le: String(bounds[at] ?? '+Inf'), ...labels },
      value: seen,
    };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: seen },
  ];
}
