/** The metrics of contract §10. The only file that knows prom-client, and it counts nothing itself. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Stage } from '../core/vocabulary.ts';
import type { UpstreamStatus } from '../proxy/upstream.ts';
import { bounds, type Durations, type Tally } from './tally.ts';

/** What runs, as far as metrics show it. */
export interface Facts {
  readonly routes: readonly { readonly name: string; readonly stage: Stage }[];
  readonly held: readonly string[];
  readonly upstreams: readonly UpstreamStatus[];
}

export interface PrometheusDeps {
  readonly tally: Tally;
  facts(): Facts;
  /** Log lines that found no room. */
  droppedLines(): number;
}

export interface Prometheus {
  metrics(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

type Labels = Record<string, string>;
type Samples = Iterable<readonly [labels: Labels, value: number]>;

const breakerNumbers: Record<UpstreamStatus['breaker'], number> = {
  none: 0,
  closed: 0,
  'half-open': 1,
  open: 2,
};

export function createPrometheus({ tally, facts, droppedLines }: PrometheusDeps): Prometheus {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });

  const measure = (kind: typeof Counter | typeof Gauge, name: string, help: string, samples: () => Samples) =>
    addSampled(registry, kind, name, help, samples);

  addDurations(
    registry,
    'http_server_request_duration_seconds',
    'Time to the end of the answer.',
    function* () {
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
    },
  );
  addDurations(
    registry,
    'http_client_request_duration_seconds',
    'Time to the head of the upstream.',
    function* () {
      for (const [upstream, durations] of tally.upstreams) yield [{ upstream }, durations];
    },
  );

  measure(Counter, 'figway_requests_total', 'Requests by who answered and why.', function* () {
    for (const { route, requestSeries } of tally.routes())
      for (const { stage, side, because, count } of requestSeries.values())
        yield [{ route, stage, side, because }, count];
  });
  measure(Counter, 'figway_refusals_total', 'Requests that a guard refused, or would have.', function* () {
    for (const { route, refusalSeries } of tally.routes())
      for (const { guard, code, mode, count } of refusalSeries.values())
        yield [{ route, guard, code, mode }, count];
  });
  measure(
    Counter,
    'figway_near_misses_total',
    'Unclaimed requests that all but match a route.',
    function* () {
      for (const { route, nearMisses } of tally.routes()) if (nearMisses > 0) yield [{ route }, nearMisses];
    },
  );
  measure(Counter, 'figway_fallbacks_total', 'Requests that legacy answered for the service.', function* () {
    for (const { route, fallbackReasons } of tally.routes())
      for (const [reason, count] of fallbackReasons) yield [{ route, reason }, count];
  });
  measure(Counter, 'figway_retries_total', 'Second and later attempts.', function* () {
    for (const [upstream, { retries }] of tally.upstreams)
      for (const [reason, count] of retries) yield [{ upstream, reason }, count];
  });
  measure(
    Counter,
    'figway_breaker_transitions_total',
    'Changes of a breaker, by its new state.',
    function* () {
      for (const [upstream, { transitions }] of tally.upstreams)
        for (const [state, count] of transitions) yield [{ upstream, state }, count];
    },
  );
  measure(Gauge, 'figway_breaker_state', '0 closed, 1 half-open, 2 open.', function* () {
    for (const { name, breaker } of facts().upstreams) yield [{ upstream: name }, breakerNumbers[breaker]];
  });
  measure(Gauge, 'figway_upstream_open_connections', 'Sockets to the upstream, busy or idle.', function* () {
    for (const { name, openConnections } of facts().upstreams) yield [{ upstream: name }, openConnections];
  });
  measure(Gauge, 'figway_holds', '1 while the route is held.', function* () {
    for (const route of facts().held) yield [{ route }, 1];
  });
  measure(Gauge, 'figway_stage_info', 'The stage of each route.', function* () {
    for (const { name, stage } of facts().routes) yield [{ route: name, stage }, 1];
  });
  measure(Gauge, 'figway_service_served_ratio', 'Share of all requests that services served.', () => [
    [{}, tally.serviceShare()],
  ]);
  measure(Gauge, 'figway_config_info', 'The config that runs.', () => [
    [{ revision: tally.config.revision, hash: tally.config.hash }, 1],
  ]);
  measure(Gauge, 'figway_config_last_reload_successful', '0 while the newest file is refused.', () => [
    [{}, tally.config.isLastReloadGood ? 1 : 0],
  ]);
  measure(Gauge, 'figway_config_last_reload_timestamp_seconds', 'When a file was last taken.', () => [
    [{}, tally.config.loadedAt],
  ]);
  measure(Counter, 'figway_log_lines_dropped_total', 'Log lines that found no room.', () => [
    [{}, droppedLines()],
  ]);

  return {
    metrics: () => registry.metrics(),
    contentType: registry.contentType,
    close: () => registry.clear(),
  };
}

/** A metric whose values are worked out when it is scraped. */
function addSampled(
  registry: Registry,
  Kind: typeof Counter | typeof Gauge,
  name: string,
  help: string,
  samples: () => Samples,
): void {
  const metric = new Kind({ name, help, registers: [registry] });
  const get = async () => ({
    name,
    help,
    type: Kind === Counter ? 'counter' : 'gauge',
    aggregator: 'sum',
    values: Array.from(samples(), ([labels, value]) => ({ labels, value })),
  });
  Object.assign(metric, { get, getForPromString: get });
}

function addDurations(
  registry: Registry,
  name: string,
  help: string,
  series: () => Iterable<readonly [labels: Labels, durations: Durations]>,
): void {
  const metric = new Histogram({ name, help, buckets: [...bounds], registers: [registry] });
  const get = async () => ({
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    values: Array.from(series(), ([labels, durations]) => toBuckets(name, labels, durations)).flat(),
  });
  Object.assign(metric, { get, getForPromString: get });
}

/** The samples of one histogram: cumulative buckets, then sum and count. */
function toBuckets(name: string, labels: Labels, { counts, sum }: Durations) {
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
