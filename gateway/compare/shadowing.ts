import { hash } from 'node:crypto';
import type { Side } from '../core/vocabulary.ts';
import type { Leg, Plan } from '../proxy/plan.ts';
import type { Upstream } from '../proxy/upstream.ts';
import type { Route } from '../routing/route.ts';
import { type CompareConfig, compareDefaults, type TripwireConfig } from './schema.ts';

/** What the comparing thread compiles rules from, once for each id. Plain data. */
export interface RulesOrder {
  /** Of everything here. */
  readonly id: string;
  readonly config: CompareConfig;
  /** Of each side's upstream. */
  readonly origins: Readonly<Record<Side, readonly string[]>>;
  /** Header that carries API keys; undefined for none. */
  readonly apiKeyHeader: string | undefined;
}

/** How the requests of one route are copied and compared. Compiled with the snapshot. */
export interface Shadowing {
  readonly route: Route;
  readonly config: CompareConfig;
  /** Methods that are copied; undefined: all, since the side effects of the service go nowhere. */
  readonly methods: ReadonlySet<string> | undefined;
  readonly legs: Readonly<Record<Side, Leg>>;
  /** Bytes of a request's body that its guard lets pass. */
  readonly maxUpload: number;
  readonly ownsCors: boolean;
  readonly rules: RulesOrder;
  /** The path as sent is kept beside its pattern (`log: { paths: true }`). */
  readonly hasPaths: boolean;
  readonly revision: string;
}

export interface ShadowingParts {
  readonly compare: CompareConfig | undefined;
  readonly plans: Readonly<Record<Side, Plan>>;
  readonly maxUpload: number;
  readonly apiKeyHeader: string | undefined;
  readonly hasPaths: boolean;
  readonly revision: string;
}

/** Undefined for a route of which nothing is ever copied. */
export function compileShadowing(route: Route, parts: ShadowingParts): Shadowing | undefined {
  const config = parts.compare ?? compareDefaults();
  if (!isShadowed(route, config)) return undefined;
  const { legacy, service } = parts.plans;
  const origins = { legacy: originsOf(legacy.leg.upstream), service: originsOf(service.leg.upstream) };
  const { apiKeyHeader } = parts;
  const text = JSON.stringify([config, origins, apiKeyHeader]);
  return {
    route,
    config,
    methods: methodsOf(config),
    legs: { legacy: legacy.leg, service: service.leg },
    maxUpload: parts.maxUpload,
    ownsCors: service.ownsCors,
    rules: { id: hash('sha256', text, 'hex').slice(0, 16), config, origins, apiKeyHeader },
    hasPaths: parts.hasPaths,
    revision: parts.revision,
  };
}

const isShadowed = ({ index, stage, decision }: Route, config: CompareConfig): boolean => {
  if (index === 0) return false;
  if (stage === 'migrated') return config.reverse && decision.shadow !== undefined;
  return stage === 'shadow' || stage === 'canary';
};

const safe: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `methods` never lets a write through by itself; with `writes.isolated` it says which, or all if it names none. */
function methodsOf({ methods, writes }: CompareConfig): ReadonlySet<string> | undefined {
  const named = methods.map(method => method.toUpperCase());
  if (writes?.isolated !== true) return new Set(named.filter(method => safe.has(method)));
  return named.some(method => !safe.has(method)) ? new Set(named) : undefined;
}

const originsOf = ({ config }: Upstream): readonly string[] =>
  config.urls ?? (config.url === undefined ? [] : [config.url]);

/** What holds a route by itself, where the service may serve it. */
export function compileTripwire(
  route: Route,
  tripwire: TripwireConfig | undefined,
): TripwireConfig | undefined {
  return route.stage === 'canary' || route.stage === 'migrated' ? tripwire : undefined;
}
