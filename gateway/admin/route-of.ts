import type { Route } from '../routing/route.ts';
import type { AdminDeps } from './deps.ts';
import { AdminRefusal } from './problems.ts';

/** The route of that name, `unclaimed` included. Throws `not-found`. */
export function routeOf(deps: Pick<AdminDeps, 'routes'>, name: string): Route {
  const route = deps.routes().find(one => one.name === name);
  if (route === undefined) throw new AdminRefusal('not-found', `there is no route ${JSON.stringify(name)}`);
  return route;
}
