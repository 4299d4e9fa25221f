import type { CompareSettings } from './compare/comparing.ts';
import type { TripwireConfig } from './compare/schema.ts';
import { compileShadowing, compileTripwire, type Shadowing } from './compare/shadowing.ts';
import type { Exchange, RouteFacts } from './core/exchange.ts';
import { foldName } from './core/headers.ts';
import { createIntern } from './core/intern.ts';
import type { Side } from './core/vocabulary.ts';
import { boundOf } from './edge/body/body.ts';
import type { Clients } from './edge/client.ts';
import { ownsCors } from './edge/cors/cors.ts';
import type { Guard, GuardFacts } from './edge/guard.ts';
import { createGuardCompiler } from './edge/guards.ts';
import type { EdgeServices } from './edge/services.ts';
import { deprecationFields } from './proxy/deprecation.ts';
import type { FallbackRule, Leg, Plan } from './proxy/plan.ts';
import { compileRewrite } from './proxy/rewrite.ts';
import type { Upstream } from './proxy/upstream.ts';
import { type CompiledRoutes, compileRoutes } from './routing/compile.ts';
import type { Route } from './routing/route.ts';
import type { Config, RouteConfig } from './schema.ts';

/** What runs: compiled from a Config, never changed, swapped whole. A request keeps the one it began with. */
export interface Snapshot extends CompiledRoutes, CompareSettings {
  readonly config: Config;
  /** Short SHA-256 over the files. */
  readonly hash: string;
  /** `revision:` of the file, else the hash. */
  readonly revision: string;
  readonly loadedAt: number;
  readonly warnings: number;
  readonly clients: Clients;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly services: EdgeServices;
  /** By `route.index`. */
  readonly guards: readonly (readonly Guard[])[];
  /** By `route.index`. */
  readonly plans: readonly Plans[];
}

/** How each side of a route is forwarded to. Where a route has no service, `service` is legacy's. */
export interface Plans {
  readonly legacy: Plan;
  readonly service: Plan;
}

/** What a snapshot is compiled from, besides the config itself. */
export interface SnapshotParts {
  readonly config: Config;
  readonly hash: string;
  readonly loadedAt: number;
  readonly warnings: number;
  readonly clients: Clients;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly services: EdgeServices;
}

/** Routes compiled between two yields: a few milliseconds' worth. */
const slice = 50;

/** Compiles in slices, so that 10,000 routes do not stall the requests in flight. Run it with `runSliced`. */
export function* compileSnapshot(parts: SnapshotParts): Generator<void, Snapshot> {
  const { config, upstreams } = parts;
  const compiled = yield* compileRoutes(config);
  const monolith = legOf(upstreams, config.monolith, 'legacy');
  const guards: (readonly Guard[])[] = [];
  const plans: Plans[] = [];
  const shadowings: (Shadowing | undefined)[] = [];
  const tripwires = new Map<string, TripwireConfig>();
  const revision = config.revision || parts.hash;
  const guardsFor = createGuardCompiler(parts.services);
  const internPlans = createIntern<Plans>();
  for (const route of compiled.routes) {
    const facts = guardFactsOf(config, route);
    guards.push(guardsFor(facts));
    const both = internPlans(planKey(facts, config), () => compilePlans(route, facts, monolith, parts));
    plans.push(both);
    shadowings.push(shadowingOf(route, facts, both, { config, revision }));
    const tripwire = compileTripwire(route, config.routes[route.name]?.tripwire);
    if (tripwire !== undefined) tripwires.set(route.name, tripwire);
    if (route.index % slice === slice - 1) yield;
  }
  return { ...parts, ...compiled, revision, guards, plans, shadowings, tripwires };
}

const shadowingOf = (
  route: Route,
  facts: GuardFacts,
  plans: Plans,
  { config, revision }: { readonly config: Config; readonly revision: string },
): Shadowing | undefined =>
  compileShadowing(route, {
    compare: config.routes[route.name]?.compare,
    plans,
    maxUpload: boundOf(facts)?.size ?? Number.POSITIVE_INFINITY,
    apiKeyHeader: config.auth?.apiKeys?.header,
    hasPaths: config.log.paths,
    revision,
  });

/** What the guards of a route are compiled from; `unclaimed` is a route too. */
export const guardFactsOf = (config: Config, route: RouteFacts): GuardFacts => ({
  name: route.name,
  route: route.index === 0 ? undefined : config.routes[route.name],
  edge: config.edge,
  auth: config.auth,
  stage: route.stage,
});

/** What tells the plans of a route from those of others; undefined for a rewrite, which is compiled from its own entries. */
function planKey(facts: GuardFacts, { routes }: Config): string | undefined {
  const written = routes[facts.name];
  if (written === undefined || written.rewrite !== undefined) return undefined;
  const { service, stage, data, fallback, deprecation } = written;
  return JSON.stringify([service, stage, data, fallback, deprecation, boundOf(facts), ownsCors(facts)]);
}

function compilePlans(route: Route, facts: GuardFacts, monolith: Leg, parts: SnapshotParts): Plans {
  const { config, upstreams } = parts;
  const written = config.routes[route.name];
  const bound = boundOf(facts);
  const legacy: Plan = {
    leg: monolith,
    fallback: undefined,
    maxBody: bound?.mode === 'enforce' ? bound.size : Number.POSITIVE_INFINITY,
    fields: written?.deprecation === undefined ? [] : deprecationFields(written.deprecation),
    ownsCors: ownsCors(facts),
    isDebugged: config.debugHeaders,
  };
  if (written === undefined) return { legacy, service: legacy };
  const service: Leg = {
    ...legOf(upstreams, written.service, 'service'),
    rewrite: written.rewrite === undefined ? undefined : compileRewrite(route.entries, written.rewrite),
    withheld: config.auth?.apiKeys === undefined ? undefined : foldName(config.auth.apiKeys.header),
  };
  return { legacy, service: { ...legacy, leg: service, fallback: fallbackOf(route, written, monolith) } };
}

/**
 * Contract §3: `safe` by default in canary, off in migrated, never in done. Where the service owns the data the
 * monolith's copy is stale: then only safe methods, and only where the route accepts that.
 */
function fallbackOf(route: Route, written: RouteConfig, leg: Leg): FallbackRule | undefined {
  if (route.stage === 'done') return undefined;
  const asked = written.fallback ?? (route.stage === 'canary' ? 'safe' : 'off');
  const rule = typeof asked === 'string' ? { when: asked, status: [], stale: false } : asked;
  if (rule.when === 'off') return undefined;
  if (route.data === 'service' && !rule.stale) return undefined;
  return { leg, when: route.data === 'service' ? 'safe' : rule.when, status: rule.status };
}

function legOf(upstreams: ReadonlyMap<string, Upstream>, name: string, side: Side): Leg {
  const upstream = upstreams.get(name);
  if (upstream === undefined) throw new TypeError(`no upstream named ${name}`);
  return { side, upstream, rewrite: undefined, withheld: undefined };
}

export const planOf = (snapshot: Snapshot, exchange: Exchange): Plan =>
  snapshot.plans[exchange.route.index]![exchange.decision.serve];

export const guardsOf = (snapshot: Snapshot, route: { readonly index: number }): readonly Guard[] =>
  snapshot.guards[route.index]!;
