import { judgeLeftovers, type Trace } from '../routing/leftovers.ts';
import type { Route } from '../routing/route.ts';
import type { AdminDeps } from './deps.ts';
import { AdminRefusal } from './problems.ts';
import { isoOf } from './status.ts';

/** What legacy still did for a route, for `/api/routes/:id/leftovers` and `figway leftovers`. Times are RFC 3339. */
export interface LeftoversView {
  readonly route: string;
  /** Its code in the monolith may go. */
  readonly isDead: boolean;
  /** Since when legacy did nothing for it, or nothing is remembered. */
  readonly since: string;
  /** Since when it is remembered at all. */
  readonly remembered: string;
  /** For how long legacy must have done nothing, milliseconds. */
  readonly quiet: number;
  /** Why it is not dead yet. */
  readonly reasons: readonly string[];
  readonly legacyServed: TraceView;
  readonly fallbacks: TraceView;
  readonly holds: TraceView;
  /** Unclaimed spellings of its paths that legacy answered below 400. */
  readonly nearMisses: TraceView;
}

export interface TraceView {
  /** Since this gateway has started. */
  readonly count: number;
  /** By any gateway of the store; null: not since it is remembered. */
  readonly lastAt: string | null;
}

export async function leftoversOf(deps: AdminDeps, route: Route): Promise<LeftoversView> {
  if (route.index === 0)
    throw new AdminRefusal('not-found', 'unclaimed traffic is legacy’s own: see /api/unclaimed');
  const source = deps.gates();
  const quiet = source.quietOf(route.name);
  const leftovers = await source.leftoversOf(route.name);
  const { isDead, quietSince, reasons } = judgeLeftovers(leftovers, {
    ...{ stage: route.stage, isHeld: source.holdOf(route.name) !== undefined, quiet, now: source.now() },
  });
  return {
    ...{ route: route.name, isDead, since: isoOf(quietSince), remembered: isoOf(leftovers.since) },
    ...{ quiet, reasons },
    legacyServed: toTrace(leftovers.legacyServed),
    fallbacks: toTrace(leftovers.fallbacks),
    holds: toTrace(leftovers.holds),
    nearMisses: toTrace(leftovers.nearMisses),
  };
}

const toTrace = ({ count, lastAt }: Trace): TraceView => ({
  count,
  lastAt: lastAt === 0 ? null : isoOf(lastAt),
});
