import { anonymous } from '../../gateway/core/exchange.ts';
import { type CompiledRoutes, compileAtOnce } from '../../gateway/routing/compile.ts';
import type { Asker, RequestFacts } from '../../gateway/routing/route.ts';
import type { RoutingConfig, RoutingRouteConfig } from '../../gateway/routing/schema.ts';
import { parseTarget } from '../../gateway/routing/target.ts';

type Rules = Partial<RoutingRouteConfig> & Pick<RoutingRouteConfig, 'match'>;

/** A config with these routes; each is in legacy and of service `s` unless it says otherwise. */
export function routing(routes: Record<string, Rules>, more: Partial<RoutingConfig> = {}): RoutingConfig {
  const whole = Object.entries(routes).map(([name, rules]): [string, RoutingRouteConfig] => [
    name,
    { service: 's', stage: 'legacy', ...rules },
  ]);
  return {
    paths: { case: 'exact', trailingSlash: 'exact' },
    cohorts: {},
    routes: Object.fromEntries(whole),
    ...more,
  };
}

export const compiled = (routes: Record<string, Rules>, more?: Partial<RoutingConfig>): CompiledRoutes =>
  compileAtOnce(routing(routes, more));

/** What the table sees of `GET /orders/1?x=2`. */
export function asked(line: string, headers: Record<string, string> = {}, host = ''): RequestFacts {
  const [method = '', raw = ''] = line.split(' ', 2);
  return { method, host, target: parseTarget(raw), headers };
}

/** The name of the route, `unclaimed`, `near NAME` or `odd NAME`. */
export function routed(
  routes: CompiledRoutes,
  line: string,
  headers?: Record<string, string>,
  host?: string,
): string {
  const match = routes.table.match(asked(line, headers, host));
  if (match.kind === 'route') return match.route.name;
  if (match.kind === 'odd') return `odd ${match.route.name}`;
  return match.nearMiss === undefined ? 'unclaimed' : `near ${match.nearMiss.name}`;
}

export const stranger = (more: Partial<Asker> = {}): Asker => ({
  identity: anonymous,
  address: '203.0.113.9',
  headers: {},
  ...more,
});
