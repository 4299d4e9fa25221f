import type { PairLatency, PartVerdict, Percentiles, RouteVerdict } from '../compare/evidence.ts';
import type { TripwireConfig } from '../compare/schema.ts';
import type { Stage } from '../core/vocabulary.ts';
import { missingFor } from '../routing/missing.ts';
import type { Route } from '../routing/route.ts';
import { type Gate, nextStage } from '../routing/stages.ts';
import type { AdminDeps } from './deps.ts';
import { type GateSource, isHeldByTripwire, judgeGate, recentTrip, standingOf } from './gates.ts';
import { isoOf, type RouteRow, rowOf } from './status.ts';

/** One route with its rules, its verdict and its next step, for `/api/routes/:id`. */
export interface RouteView extends Omit<RouteRow, 'verdict'> {
  readonly match: readonly string[];
  /** Null where nothing of it is compared. */
  readonly verdict: VerdictView | null;
  /** Null where the file gives it none. */
  readonly tripwire: TripwireView | null;
  /** Null in `done`, and for `unclaimed`. */
  readonly next: NextView | null;
  readonly latencySides: LatencySides | null;
}

/** A verdict for people: match entries as they are written. */
export interface VerdictView extends Omit<RouteVerdict, 'parts' | 'matchRate'> {
  readonly parts: readonly PartView[];
  readonly matchRate: number | null;
}

export interface PartView extends Omit<PartVerdict, 'entry' | 'more' | 'latency'> {
  /** `GET /orders/:id`. */
  readonly entry: string;
  /** Distinct requests that are missing; null: no number of them would do. */
  readonly more: number | null;
  readonly latency: PairLatency | null;
}

export interface TripwireView extends Partial<TripwireConfig> {
  /** `off`: none runs in this stage. `tripped`: within its window, or it holds the route. */
  readonly state: 'quiet' | 'tripped' | 'off';
  readonly last: { readonly at: string; readonly reason: string } | null;
}

/** What `promote` would do, and whether it may. */
export interface NextView {
  readonly stage: Stage;
  /** Of the canary, where the file says it already. */
  readonly percent?: number;
  readonly gate: Gate;
  readonly isOpen: boolean;
  readonly reasons: readonly string[];
  /** What `routes.yaml` must say first, whatever the gate; until then the move is refused. */
  readonly missing: readonly string[];
}

/** Of the requests that both sides answered, on the part of the route that has most of them. */
export interface LatencySides {
  readonly legacy: Percentiles;
  readonly service: Percentiles;
  /** Pairs in which the service took over legacy · 1.25 + 25 ms, 0 to 1. */
  readonly slowShare: number;
}

export async function viewOf(deps: AdminDeps, route: Route): Promise<RouteView> {
  const source = deps.gates();
  const verdict = source.verdictOf(route.name, []);
  return {
    ...rowOf(deps, route),
    match: route.entries.map(entry => entry.text),
    verdict: verdict === undefined ? null : toVerdictView(verdict, route),
    tripwire: tripwireOf(source, route),
    next: await nextOf(source, route),
    latencySides: latencyOf(verdict),
  };
}

const toVerdictView = (verdict: RouteVerdict, route: Route): VerdictView => ({
  ...verdict,
  matchRate: verdict.matchRate ?? null,
  parts: verdict.parts.map(({ entry, more = null, latency = null, ...part }) => ({
    ...part,
    ...{ entry: entryText(route, entry), more, latency },
  })),
});

/** A match entry as it is written; its position where there is none any more. */
export const entryText = (route: Route, entry: number): string =>
  route.entries[entry]?.text ?? `match entry ${entry + 1}`;

function tripwireOf(source: GateSource, { name }: Route): TripwireView | null {
  const settings = source.tripwireOf(name);
  const trip = source.lastTrip(name);
  const last = trip === undefined ? null : { at: isoOf(trip.at), reason: trip.reason };
  if (settings === undefined) return last === null ? null : { state: 'off', last };
  const isTripped = isHeldByTripwire(source.holdOf(name)) || recentTrip(source, name) !== undefined;
  return { ...settings, state: isTripped ? 'tripped' : 'quiet', last };
}

async function nextOf(source: GateSource, route: Route): Promise<NextView | null> {
  const stage = nextStage(route.stage);
  if (stage === undefined || route.index === 0) return null;
  const share = stage === 'canary' ? (route.cohort?.threshold ?? 0) / 100 : 0;
  const percent = share > 0 ? share : undefined;
  const to = { stage, percent };
  const judged = await judgeGate(source, route, { from: standingOf(route), to, unverified: [] });
  const { gate, isOpen, reasons } = judged;
  const missing = missingFor(route, stage);
  return { stage, ...(percent === undefined ? {} : { percent }), gate, isOpen, reasons, missing };
}

function latencyOf(verdict: RouteVerdict | undefined): LatencySides | null {
  const all = verdict?.parts.flatMap(({ latency }) => latency ?? []) ?? [];
  const [most] = all.toSorted((one, other) => other.pairs - one.pairs);
  if (most === undefined) return null;
  const { legacy, service, pairs, slow } = most;
  return { legacy, service, slowShare: pairs === 0 ? 0 : slow / pairs };
}
