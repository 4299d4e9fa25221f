import { comparedOf } from '../compare/tally.ts';
import type { DataOwner, Side, Stage, VerdictState } from '../core/vocabulary.ts';
import { stages } from '../core/vocabulary.ts';
import type { KeySetStatus } from '../edge/auth/issuers.ts';
import type { LimitsStatus } from '../edge/limit/limits.ts';
import type { UpstreamStatus } from '../proxy/upstream.ts';
import type { Hold, Route } from '../routing/route.ts';
import type { StoreStatus } from '../store/store.ts';
import { type Attention, attentionOf } from './attention.ts';
import type { AdminDeps, WorkerStatus } from './deps.ts';
import type { HoldSharingStatus } from './hold-sharing.ts';
import { type ObservedRow, observedRows } from './observed.ts';

/** What `/api/status`, `figway status` and the page show. Times are RFC 3339, durations milliseconds, shares 0 to 1. */
export interface StatusView {
  /** Why the gateway is shutting down; null while it is not. */
  readonly draining: string | null;
  readonly config: ConfigView;
  readonly traffic: TrafficView;
  readonly attention: readonly Attention[];
  readonly routes: readonly RouteRow[];
  readonly unclaimed: RouteRow;
  readonly upstreams: readonly UpstreamStatus[];
  /** Of observing guards: those that disagreed with an upstream. */
  readonly observed: readonly ObservedRow[];
  readonly store: StoreStatus;
  readonly limits: LimitsStatus;
  readonly holdSharing: HoldSharingStatus;
  readonly keySets: readonly KeySetStatus[];
  /** Processes that serve clients; empty where the gateway's own does. */
  readonly workers: readonly WorkerView[];
}

export interface WorkerView extends Omit<WorkerStatus, 'since'> {
  readonly since: string;
}

export interface ConfigView {
  readonly file: string;
  readonly hash: string;
  readonly revision: string;
  readonly loadedAt: string;
  readonly moves: 'file' | 'propose';
  /** Keys that were changed since the start and count from the next one on. */
  readonly waitsForRestart: readonly string[];
  readonly lastReload: { readonly at: string; readonly ok: boolean; readonly problems: readonly string[] };
}

export interface TrafficView {
  readonly requests: number;
  /** Share of all requests that services served. */
  readonly serviceShare: number;
  /** Share of all requests that no route claims. */
  readonly unclaimedShare: number;
  readonly routesByStage: Readonly<Record<Stage, number>>;
}

export interface RouteRow {
  readonly route: string;
  readonly owner: string;
  readonly stage: Stage;
  /** Of the canary; null in another stage. */
  readonly percent: number | null;
  readonly cohort: string | null;
  readonly service: string | null;
  readonly data: DataOwner | null;
  readonly requests: number;
  /** Share of its requests that the service served. */
  readonly serviceShare: number;
  readonly fallbacks: number;
  readonly nearMisses: number;
  /** Refused by a guard, or by an observing one that would have. */
  readonly refusals: number;
  readonly wouldRefuse: number;
  readonly hold: HoldView | null;
  /** Of its service; null where there is none. */
  readonly breaker: UpstreamStatus['breaker'] | null;
  readonly latency: Readonly<Record<Side, LatencyView>>;
  /** Null where nothing of it is compared. */
  readonly verdict: VerdictState | null;
  /** 1 − bad / n, 0 to 1; null before the first comparison that counts. */
  readonly matchRate: number | null;
  /** Requests that were compared. */
  readonly compared: number;
}

/** Of the last five to ten minutes, milliseconds within 9 %; null: no answer in that time. */
export interface LatencyView {
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface HoldView {
  readonly by: string;
  readonly reason: string;
  readonly since: string;
  readonly until: string | null;
  /** Percent of clients that a ramp has let go. */
  readonly released: number;
}

export function statusOf(deps: AdminDeps): StatusView {
  const upstreams = deps.upstreams();
  const [unclaimed, ...claimed] = deps.routes();
  if (unclaimed === undefined) throw new TypeError('the first route is `unclaimed`');
  const row = rowMaker(deps, upstreams);
  const rows = claimed.map(row);
  const unclaimedRow = row(unclaimed);
  const facts = {
    draining: deps.draining() ?? null,
    config: configOf(deps),
    traffic: trafficOf(deps, rows, unclaimedRow),
    routes: rows,
    unclaimed: unclaimedRow,
    upstreams,
    observed: observedRows(deps).filter(hasDisagreed),
    store: deps.store.status(),
    limits: deps.limits(),
    holdSharing: deps.holdSharing(),
    keySets: deps.keySets(),
    workers: deps.workers().map(worker => ({ ...worker, since: isoOf(worker.since) })),
  };
  return { ...facts, attention: attentionOf(facts, deps.holds.unsaved) };
}

const hasDisagreed = ({ lockedOut, refusedByUpstream }: ObservedRow): boolean =>
  lockedOut + refusedByUpstream > 0;

export const rowsOf = (deps: AdminDeps): readonly RouteRow[] =>
  deps.routes().slice(1).map(rowMaker(deps, deps.upstreams()));

export const rowOf = (deps: AdminDeps, route: Route): RouteRow => rowMaker(deps, deps.upstreams())(route);

export const isoOf = (ms: number): string => new Date(ms).toISOString();

function configOf(deps: AdminDeps): ConfigView {
  const { loadedAt, lastReload, ...facts } = deps.config();
  const { at, isGood, problems } = lastReload;
  return {
    ...facts,
    loadedAt: isoOf(loadedAt),
    lastReload: { at: isoOf(at), ok: isGood, problems },
  };
}

function trafficOf(deps: AdminDeps, rows: readonly RouteRow[], unclaimed: RouteRow): TrafficView {
  const requests = rows.reduce((sum, row) => sum + row.requests, unclaimed.requests);
  const routesByStage = Object.fromEntries(stages.map(stage => [stage, 0])) as Record<Stage, number>;
  for (const { stage } of rows) routesByStage[stage] += 1;
  return {
    requests,
    serviceShare: deps.tally.serviceShare(),
    unclaimedShare: shareOf(unclaimed.requests, requests),
    routesByStage,
  };
}

const shareOf = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

function rowMaker(deps: AdminDeps, upstreams: readonly UpstreamStatus[]): (route: Route) => RouteRow {
  const breakers = new Map(upstreams.map(({ name, breaker }) => [name, breaker]));
  const now = deps.clock.now();
  const gates = deps.gates();
  return route => {
    const tally = deps.tally.route(route.name);
    const refusals = [...(tally?.refusalSeries.values() ?? [])];
    const refused = (mode: string) =>
      refusals.reduce((sum, series) => sum + (series.mode === mode ? series.count : 0), 0);
    const latencyOf = (side: Side): LatencyView => ({
      p50: tally?.latency[side].quantile(0.5, now) ?? null,
      p95: tally?.latency[side].quantile(0.95, now) ?? null,
    });
    const hold = deps.holds.of(route.name);
    const verdict = gates.verdictOf(route.name, []);
    return {
      route: route.name,
      owner: route.owner,
      stage: route.stage,
      percent: route.stage === 'canary' && route.cohort !== undefined ? route.cohort.threshold / 100 : null,
      cohort: route.cohort?.name ?? null,
      service: route.service ?? null,
      data: route.data ?? null,
      requests: tally?.requests ?? 0,
      serviceShare: shareOf(tally?.served.service ?? 0, tally?.requests ?? 0),
      fallbacks: tally?.fallbacks ?? 0,
      nearMisses: tally?.nearMisses ?? 0,
      refusals: refused('enforce'),
      wouldRefuse: refused('observe'),
      hold: hold === undefined ? null : holdOf(hold),
      breaker: (route.service === undefined ? undefined : breakers.get(route.service)) ?? null,
      latency: { legacy: latencyOf('legacy'), service: latencyOf('service') },
      verdict: verdict?.state ?? null,
      matchRate: verdict?.matchRate ?? null,
      compared: verdict === undefined ? 0 : comparedOf(verdict.counts),
    };
  };
}

const holdOf = ({ by, reason, since, until, released }: Hold): HoldView => ({
  by,
  reason,
  since: isoOf(since),
  until: until === undefined ? null : isoOf(until),
  released,
});
