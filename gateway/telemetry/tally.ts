import type { ErrorCode } from '../core/errors.ts';
import type { EventOf, Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import { isBad, type Outcome, type SkipReason } from '../core/outcome.ts';
import type { Because, GuardMode, Side, Stage } from '../core/vocabulary.ts';
import { Latency } from './latency.ts';
import { Series } from './series.ts';

/** Upper bounds of the duration histograms, seconds: OpenTelemetry's for HTTP. */
export const bounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

/** Which side gave the answer; `none`: the gateway itself did. */
export type Served = Side | 'none';

export interface Durations {
  /** How many fell into each bucket (not cumulative); the last is all beyond the greatest bound. */
  readonly counts: number[];
  sum: number;
}

export interface RequestSeries {
  readonly stage: Stage;
  readonly side: Served;
  readonly because: Because;
  count: number;
}

export interface DurationSeries extends Durations {
  readonly method: string;
  /** As a label: empty if no head was sent. */
  readonly status: string;
  readonly side: Served;
}

export interface RefusalSeries {
  readonly guard: EventOf<'refused'>['guard'];
  readonly code: ErrorCode;
  readonly mode: GuardMode;
  count: number;
}

export interface ComparisonSeries {
  readonly method: string;
  readonly outcome: Outcome;
  count: number;
}

/** Skips that come of bounds: more of everything would have been compared with more room. */
export type ShedReason = Extract<SkipReason, 'rate' | 'overload' | 'worker' | 'store'>;

/** All that was counted for one route since the process started, or since the route came. */
export interface RouteTally {
  readonly route: string;
  requests: number;
  served: Record<Served, number>;
  fallbacks: number;
  nearMisses: number;
  readonly requestSeries: Series<RequestSeries>;
  readonly durationSeries: Series<DurationSeries>;
  readonly refusalSeries: Map<string, RefusalSeries>;
  readonly fallbackReasons: Map<string, number>;
  /** By method and outcome. */
  readonly comparisonSeries: Map<string, ComparisonSeries>;
  readonly latency: Record<Side, Latency>;
}

/** The counts behind the metrics and the status page. */
export interface Tally {
  route(name: string): RouteTally | undefined;
  routes(): Iterable<RouteTally>;
  readonly upstreams: ReadonlyMap<string, UpstreamTally>;
  /** Over all routes. */
  readonly shed: Readonly<Record<ShedReason, number>>;
  readonly config: ConfigTally;
  /** Share (0 to 1) of all requests that services served; 0 before the first. */
  serviceShare(): number;
  /** Forgets routes that are not in the table any more; never `unclaimed`. */
  keep(isRoute: (name: string) => boolean): void;
  close(): void;
}

export interface UpstreamTally extends Durations {
  readonly retries: Map<string, number>;
  readonly transitions: Map<string, number>;
  breaker: 'closed' | 'half-open' | 'open';
}

export interface ConfigTally {
  revision: string;
  hash: string;
  isLastReloadGood: boolean;
  /** Wall clock of the last reload that was good, seconds; 0 before the first. */
  loadedAt: number;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'CONNECT', 'TRACE', 'QUERY'];
const methodNumbers = new Map(methods.map((method, at) => [method, at]));
const stageNumbers: Record<Stage, number> = { legacy: 0, shadow: 1, canary: 2, migrated: 3, done: 4 };
const sideNumbers: Record<Served, number> = { none: 0, legacy: 1, service: 2 };
const becauseNumbers: Record<Because, number> = {
  stage: 0,
  canary: 1,
  pin: 2,
  fallback: 3,
  hold: 4,
  unclaimed: 5,
};

/** Listens to events. A finished exchange costs two look-ups by a small number, and no new object. */
export function createTally(events: Events): Tally {
  const routes = new Map<string, RouteTally>();
  const upstreams = new Map<string, UpstreamTally>();
  const config: ConfigTally = { revision: '', hash: '', isLastReloadGood: false, loadedAt: 0 };
  const shed: Record<ShedReason, number> = { rate: 0, overload: 0, worker: 0, store: 0 };
  const all: Record<Served, number> = { none: 0, legacy: 0, service: 0 };

  const ofRoute = (name: string) => routes.get(name) ?? added(routes, name, newRoute(name));
  const ofUpstream = (name: string) => upstreams.get(name) ?? added(upstreams, name, newUpstream());

  function breakerMoved(upstream: string, breaker: UpstreamTally['breaker']): void {
    const tally = ofUpstream(upstream);
    tally.breaker = breaker;
    count(tally.transitions, breaker);
  }

  const stops = [
    events.on('exchange-finished', ({ exchange, totalMs }) => {
      const side = exchange.served ?? 'none';
      all[side] += 1;
      finish(ofRoute(exchange.route.name), exchange, side, totalMs);
    }),
    events.on('refused', ({ route, guard, code, mode }) => {
      const { refusalSeries } = ofRoute(route.name);
      const key = `${guard} ${code} ${mode}`;
      const series = refusalSeries.get(key) ?? added(refusalSeries, key, { guard, code, mode, count: 0 });
      series.count += 1;
    }),
    events.on('near-missed', ({ route }) => {
      ofRoute(route.name).nearMisses += 1;
    }),
    events.on('fell-back', ({ route, reason }) => {
      const tally = ofRoute(route.name);
      tally.fallbacks += 1;
      count(tally.fallbackReasons, reason);
    }),
    events.on('compared', ({ route, method, outcome, skip, count }) => {
      if (skip !== undefined && isShed(skip)) shed[skip] += count;
      comparisonSeriesOf(ofRoute(route.name), method, outcome).count += count;
    }),
    events.on('retried', ({ upstream, reason }) => count(ofUpstream(upstream).retries, reason)),
    events.on('upstream-answered', ({ upstream, ms }) => observe(ofUpstream(upstream), ms)),
    events.on('breaker-opened', ({ upstream }) => breakerMoved(upstream, 'open')),
    events.on('breaker-half-opened', ({ upstream }) => breakerMoved(upstream, 'half-open')),
    events.on('breaker-closed', ({ upstream }) => breakerMoved(upstream, 'closed')),
    events.on('config-loaded', ({ revision, hash }) => {
      Object.assign(config, { revision, hash, isLastReloadGood: true, loadedAt: Date.now() / 1000 });
    }),
    events.on('config-refused', () => {
      config.isLastReloadGood = false;
    }),
  ];

  return {
    route: name => routes.get(name),
    routes: () => routes.values(),
    upstreams,
    shed,
    config,
    serviceShare() {
      const sum = all.none + all.legacy + all.service;
      return sum === 0 ? 0 : all.service / sum;
    },
    keep(isRoute) {
      for (const name of routes.keys()) if (name !== 'unclaimed' && !isRoute(name)) routes.delete(name);
    },
    close() {
      for (const stop of stops) stop();
    },
  };
}

function finish(tally: RouteTally, exchange: Exchange, side: Served, totalMs: number): void {
  tally.requests += 1;
  tally.served[side] += 1;
  if (side !== 'none') tally.latency[side].add(totalMs, exchange.startedAt + totalMs);
  requestSeriesOf(tally, exchange, side).count += 1;
  observe(durationSeriesOf(tally, exchange, side), totalMs);
}

function requestSeriesOf(tally: RouteTally, { route, because }: Exchange, side: Served): RequestSeries {
  const key = (stageNumbers[route.stage] * 3 + sideNumbers[side]) * 6 + becauseNumbers[because];
  const known = tally.requestSeries.get(key);
  if (known !== undefined) return known;
  return tally.requestSeries.add(key, { stage: route.stage, side, because, count: 0 });
}

function durationSeriesOf(tally: RouteTally, { method, status }: Exchange, side: Served): DurationSeries {
  const number = methodNumbers.get(method) ?? methods.length;
  const key = (number * 1000 + status) * 3 + sideNumbers[side];
  const known = tally.durationSeries.get(key);
  if (known !== undefined) return known;
  return tally.durationSeries.add(key, {
    method: methods[number] ?? '_OTHER',
    status: status === 0 ? '' : String(status),
    side,
    ...newDurations(),
  });
}

function comparisonSeriesOf(tally: RouteTally, method: string, outcome: Outcome): ComparisonSeries {
  // Node's parser knows some thirty methods, so there are never many.
  const key = `${method} ${outcome}`;
  const known = tally.comparisonSeries.get(key);
  return known ?? added(tally.comparisonSeries, key, { method, outcome, count: 0 });
}

const isShed = (skip: SkipReason): skip is ShedReason =>
  skip === 'rate' || skip === 'overload' || skip === 'worker' || skip === 'store';

/** 1 − bad / n by method (comparison.md §2), of those that have an n. */
export function matchRatios({ comparisonSeries }: RouteTally): ReadonlyMap<string, number> {
  const sums = new Map<string, { n: number; bad: number }>();
  for (const { method, outcome, count } of comparisonSeries.values()) {
    if (outcome === 'skipped' || outcome === 'legacy-failed') continue;
    const sum = sums.get(method) ?? added(sums, method, { n: 0, bad: 0 });
    sum.n += count;
    if (isBad(outcome)) sum.bad += count;
  }
  return new Map([...sums].map(([method, { n, bad }]) => [method, 1 - bad / n]));
}

function observe(durations: Durations, ms: number): void {
  const seconds = ms / 1000;
  let at = 0;
  while (at < bounds.length && seconds > (bounds[at] as number)) at += 1;
  durations.counts[at] = (durations.counts[at] as number) + 1;
  durations.sum += seconds;
}

const newDurations = (): Durations => ({ counts: new Array(bounds.length + 1).fill(0), sum: 0 });

const newRoute = (route: string): RouteTally => ({
  route,
  requests: 0,
  served: { none: 0, legacy: 0, service: 0 },
  fallbacks: 0,
  nearMisses: 0,
  requestSeries: new Series(),
  durationSeries: new Series(),
  refusalSeries: new Map(),
  fallbackReasons: new Map(),
  comparisonSeries: new Map(),
  latency: { legacy: new Latency(), service: new Latency() },
});

const newUpstream = (): UpstreamTally => ({
  ...newDurations(),
  retries: new Map(),
  transitions: new Map(),
  breaker: 'closed',
});

function added<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): Value {
  map.set(key, value);
  return value;
}

function count(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
