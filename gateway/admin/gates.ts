/** The gates in front of moves: what evidence each asks for, and whether it is there. */
import type { RouteVerdict } from '../compare/evidence.ts';
import type { TripwireConfig } from '../compare/schema.ts';
import { formatDuration } from '../core/units.ts';
import { judgeLeftovers, type Leftovers, toAge } from '../routing/leftovers.ts';
import type { LeftoverNumbers, MoveEvidence, VerdictNumbers } from '../routing/move-evidence.ts';
import type { Hold, Route, Trip } from '../routing/route.ts';
import { gateFor, type Standing, stepsBetween } from '../routing/stages.ts';

/** Where the judgement gets what it needs. It is of one snapshot: verdicts are by the rules that hold there. */
export interface GateSource {
  /** Undefined where nothing of the route is copied. What `unverified` names is left out. */
  verdictOf(route: string, unverified: readonly string[]): RouteVerdict | undefined;
  /** Undefined where none runs. */
  tripwireOf(route: string): TripwireConfig | undefined;
  lastTrip(route: string): Pick<Trip, 'at' | 'reason'> | undefined;
  holdOf(route: string): Hold | undefined;
  /** Never rejects. */
  leftoversOf(route: string): Promise<Leftovers>;
  /** Milliseconds. */
  quietOf(route: string): number;
  /** Wall clock, milliseconds. */
  now(): number;
}

/** A tripwire that holds a route says so by this name. */
const tripwireName = 'tripwire';

const mostReasons = 20;
const mostParts = 50;

/** Where a route stands; its cohort's percent, in canary. */
export const standingOf = ({ stage, cohort }: Pick<Route, 'stage' | 'cohort'>): Standing => ({
  stage,
  percent: stage === 'canary' ? (cohort?.threshold ?? 0) / 100 : undefined,
});

/**
 * The one judgement on a move: `figway promote`, the API, the page's next step and the record of hand edits have it.
 * A move that jumps stages passes over gates that were never looked at, so for it the gate is closed.
 */
export async function judgeGate(
  source: GateSource,
  route: Route,
  move: { readonly from: Standing; readonly to: Standing; readonly unverified: readonly string[] },
): Promise<MoveEvidence> {
  const { from, to, unverified } = move;
  const gate = gateFor(from, to);
  const verdict = source.verdictOf(route.name, unverified);
  const known = {
    gate,
    unverified,
    ...(verdict === undefined ? {} : { verdict: toNumbers(verdict, route) }),
  };
  const jumped = stepsBetween(from, to) > 1 ? [`from ${from.stage} to ${to.stage} it jumps over gates`] : [];
  const close = (reasons: readonly string[], more: Partial<MoveEvidence> = {}): MoveEvidence => {
    const all = [...jumped, ...reasons];
    return { ...known, ...more, isOpen: all.length === 0, reasons: all.slice(0, mostReasons) };
  };
  switch (gate) {
    case 'none':
      return close([]);
    case 'ready':
      return close(missingVerdict(verdict));
    case 'ready+no-tripwire':
      return close([...missingVerdict(verdict), ...tripReasons(source, route.name)]);
    case 'leftovers': {
      const { reasons, leftovers } = await missingQuiet(source, route);
      return close(reasons, { leftovers });
    }
  }
}

function missingVerdict(verdict: RouteVerdict | undefined): readonly string[] {
  if (verdict === undefined) return ['nothing of it is compared in this stage, so there is no verdict'];
  if (verdict.state === 'ready') return [];
  // The first line sums up, such as `GET ready; POST unverified`.
  return [`the verdict is ${verdict.state}`, ...verdict.reasons.filter(reason => reason !== '')];
}

/** What a tripwire has said within its window, or says by a hold that it set. */
function tripReasons(source: GateSource, route: string): readonly string[] {
  const hold = source.holdOf(route);
  if (hold?.by === tripwireName) return [`a tripwire holds it: ${hold.reason}`];
  const trip = recentTrip(source, route);
  if (trip === undefined) return [];
  return [
    `a tripwire tripped ${toAge(source.now() - trip.at)} ago, within its window of ${formatDuration(trip.window)}: ${trip.reason}`,
  ];
}

/** The last trip, if it was within the window that the route has now. */
export function recentTrip(
  source: Pick<GateSource, 'tripwireOf' | 'lastTrip' | 'now'>,
  route: string,
): (Pick<Trip, 'at' | 'reason'> & { readonly window: number }) | undefined {
  const settings = source.tripwireOf(route);
  const trip = source.lastTrip(route);
  if (settings === undefined || trip === undefined) return undefined;
  return source.now() - trip.at <= settings.window ? { ...trip, window: settings.window } : undefined;
}

export const isHeldByTripwire = (hold: Hold | undefined): boolean => hold?.by === tripwireName;

async function missingQuiet(
  source: GateSource,
  { name, stage }: Route,
): Promise<{ reasons: readonly string[]; leftovers: LeftoverNumbers }> {
  const quiet = source.quietOf(name);
  const leftovers = await source.leftoversOf(name);
  const isHeld = source.holdOf(name) !== undefined;
  const judged = judgeLeftovers(leftovers, { stage, isHeld, quiet, now: source.now() });
  return {
    reasons: judged.reasons,
    leftovers: { since: leftovers.since, lastAt: judged.lastAt ?? null, quiet },
  };
}

/** The numbers of a verdict, as they are kept. */
function toNumbers(verdict: RouteVerdict, route: Route): VerdictNumbers {
  const sum = (of: 'n' | 'bad'): number => verdict.parts.reduce((all, part) => all + part[of], 0);
  return {
    state: verdict.state,
    n: sum('n'),
    bad: sum('bad'),
    matchRate: verdict.matchRate ?? null,
    parts: verdict.parts.slice(0, mostParts).map(({ method, entry, state, n, bad, share }) => ({
      ...{ method, entry: route.entries[entry]?.text ?? String(entry), state, n, bad, share },
    })),
  };
}
