import type { Difference } from '../compare/comparison.ts';
import type { KeptComparison } from '../compare/kept.ts';
import type { Outcome, SkipReason } from '../core/outcome.ts';
import type { Side } from '../core/vocabulary.ts';
import { type Caller, requireRoutes } from './caller.ts';
import type { AdminDeps } from './deps.ts';
import { entryText } from './entry-text.ts';
import { AdminRefusal } from './problems.ts';
import { routeOf } from './route-of.ts';
import { isoOf } from './status.ts';

/** A kept comparison in a list. Times are RFC 3339, durations milliseconds. */
export interface ComparisonRow {
  readonly id: string;
  readonly at: string;
  readonly route: string;
  readonly method: string;
  /** `GET /orders/:id`. */
  readonly entry: string;
  readonly template: string;
  /** As sent, only with `log: { paths: true }`. */
  readonly target: string | null;
  readonly outcome: Outcome;
  readonly skip: SkipReason | null;
  readonly detail: string | null;
  readonly statuses: Readonly<Record<Side, number | null>>;
  readonly ms: Readonly<Record<Side, number | null>>;
  readonly signatures: readonly string[];
  readonly revision: string;
}

/** One to be opened: with what differs, and what is kept of both answers. */
export interface ComparisonView extends ComparisonRow {
  readonly differences: readonly Omit<Difference, 'classes' | 'isNoise'>[];
  readonly sides: KeptComparison['sides'];
}

interface Asked {
  readonly deps: AdminDeps;
  readonly caller: Caller;
}

interface Filter {
  readonly outcome: Outcome | undefined;
  readonly signature: string | undefined;
  readonly cursor: string | undefined;
  readonly limit: number | undefined;
}

const defaultLimit = 50;

/** A token's `routes` limit what it may see here: answers may hold what is nobody else's. */
export async function comparisonsOf(
  { deps, caller }: Asked,
  name: string,
  { limit = defaultLimit, ...filter }: Filter,
): Promise<{ comparisons: readonly ComparisonRow[]; cursor: string | null }> {
  requireRoutes(caller, [name]);
  routeOf(deps, name);
  const page = await deps.store.comparisons({ route: name, limit, ...filter }).catch((error: unknown) => {
    throw error instanceof RangeError ? new AdminRefusal('bad-request', `query: ${error.message}`) : error;
  });
  return { comparisons: page.comparisons.map(kept => toRow(deps, kept)), cursor: page.cursor ?? null };
}

export async function comparisonOf({ deps, caller }: Asked, id: string): Promise<ComparisonView> {
  const kept = await deps.store.comparison(id);
  if (kept === undefined)
    throw new AdminRefusal('not-found', `there is no comparison ${JSON.stringify(id.slice(0, 60))}`);
  requireRoutes(caller, [kept.route]);
  return { ...toRow(deps, kept), differences: kept.differences.map(toShown), sides: kept.sides };
}

function toRow(deps: AdminDeps, kept: KeptComparison): ComparisonRow {
  const { id, at, route, method, entry, template, target, outcome, skip, detail } = kept;
  const { legacy, service } = kept.sides;
  return {
    ...{ id, at: isoOf(at), route, method, template, target: target ?? null, outcome },
    // The file may have changed since: then the position may mean another entry, or none.
    entry: entryText(deps, { route, entry, template }) ?? `${method} ${template}`,
    ...{ skip: skip ?? null, detail: detail ?? null },
    statuses: { legacy: legacy?.status ?? null, service: service?.status ?? null },
    ms: { legacy: legacy?.ms ?? null, service: service?.ms ?? null },
    ...{ signatures: kept.signatures, revision: kept.revision },
  };
}

const toShown = ({ classes: _, isNoise: __, ...shown }: Difference): ComparisonView['differences'][number] =>
  shown;
