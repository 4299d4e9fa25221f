import type { Decision } from '../core/exchange.ts';
import type { Stage } from '../core/vocabulary.ts';
import { matchOf } from './pattern.ts';
import type { Cohort, Route } from './route.ts';
import type { CohortConfig, RoutingConfig, RoutingRouteConfig } from './schema.ts';
import { parseKeySource, parsePin } from './split.ts';
import { RouteTable, type Table } from './table.ts';

export interface CompiledRoutes {
  readonly table: Table;
  /** By `RouteFacts.index`; the first one is `unclaimed`. */
  readonly routes: readonly Route[];
}

/** Routes compiled between two yields. */
const slice = 50;

/**
 * Compiles the routes of a config that `checkRouting` found no error in. Yields now and then, so that the caller
 * can let the event loop breathe. @throws TypeError if the config has an error.
 */
export function* compileRoutes(config: RoutingConfig): Generator<void, CompiledRoutes> {
  const table = new RouteTable(config.paths);
  const routes: Route[] = [unclaimed];
  const cohorts = new Map<string, Cohort>();
  for (const [name, split] of Object.entries(config.cohorts)) cohorts.set(name, toCohort(name, split));
  for (const [name, rules] of Object.entries(config.routes)) {
    const route = toRoute(name, routes.length, rules, cohorts);
    routes.push(route);
    table.add(route);
    if (routes.length % slice === 0) yield;
  }
  return { table, routes };
}

/** All of it in one go: for the command line and tests. */
export function compileAtOnce(config: RoutingConfig): CompiledRoutes {
  const steps = compileRoutes(config);
  while (true) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

const unclaimed: Route = {
  name: 'unclaimed',
  index: 0,
  owner: '',
  stage: 'legacy',
  data: undefined,
  service: undefined,
  entries: [],
  cohort: undefined,
  allowsStale: false,
  decision: { serve: 'legacy', shadow: undefined, because: 'unclaimed', detail: '' },
};

function toRoute(
  name: string,
  index: number,
  rules: RoutingRouteConfig,
  cohorts: ReadonlyMap<string, Cohort>,
): Route {
  const { fallback } = rules;
  return {
    name,
    index,
    owner: rules.owner ?? '',
    stage: rules.stage,
    data: rules.data,
    service: rules.service,
    entries: rules.match.map(matchOf),
    cohort: rules.cohort === undefined ? ownCohort(name, rules) : cohorts.get(rules.cohort),
    allowsStale: typeof fallback === 'object' && fallback.stale,
    decision:
      rules.compare?.reverse === true && rules.stage === 'migrated' ? reversed : decisions[rules.stage],
  };
}

/** What each stage alone decides; in canary the split decides for each request. */
const decisions: Readonly<Record<Stage, Decision>> = {
  legacy: { serve: 'legacy', shadow: undefined, because: 'stage', detail: 'stage legacy' },
  shadow: { serve: 'legacy', shadow: 'service', because: 'stage', detail: 'stage shadow' },
  canary: { serve: 'legacy', shadow: 'service', because: 'canary', detail: 'stage canary' },
  migrated: { serve: 'service', shadow: undefined, because: 'stage', detail: 'stage migrated' },
  done: { serve: 'service', shadow: undefined, because: 'stage', detail: 'stage done' },
};

const reversed: Decision = { ...decisions.migrated, shadow: 'legacy' };

/** A route that says `percent`, `by` or `pin` itself is its own cohort, named after it. */
function ownCohort(name: string, rules: CohortConfig): Cohort | undefined {
  const isSplit = rules.percent !== undefined || rules.by !== undefined || rules.pin !== undefined;
  return isSplit ? toCohort(name, rules) : undefined;
}

function toCohort(name: string, split: CohortConfig): Cohort {
  return {
    name,
    threshold: Math.round((split.percent ?? 0) * 100),
    by: (split.by ?? []).map(text => known(parseKeySource(text), text)),
    pins: {
      service: (split.pin?.service ?? []).map(text => known(parsePin(text), text)),
      legacy: (split.pin?.legacy ?? []).map(text => known(parsePin(text), text)),
    },
  };
}

function known<T>(value: T | undefined, text: string): T {
  if (value === undefined) throw new TypeError(`not checked before it was compiled: ${text}`);
  return value;
}
