import { type Caller, requireRoutes } from './caller.ts';
import type { AdminDeps } from './deps.ts';
import { AdminRefusal } from './problems.ts';
import { routeOf } from './route-of.ts';

/** Steps of a ramp follow each other after this unless `every` says otherwise. */
const defaultEvery = 10 * 60_000;

interface HoldBody {
  readonly reason: string | undefined;
  readonly for: number | undefined;
}

interface ReleaseBody {
  readonly reason: string | undefined;
  readonly ramp: readonly number[] | undefined;
  readonly every: number | undefined;
}

interface Order<Body> {
  readonly deps: AdminDeps;
  readonly caller: Caller;
  readonly body: Body;
}

/** Sends one route to legacy at once. */
export async function holdRoute(order: Order<HoldBody>, name: string): Promise<object> {
  const route = routeOf(order.deps, name);
  requireRoutes(order.caller, [name]);
  if (route.index === 0) throw new AdminRefusal('hold-refused', 'unclaimed traffic goes to legacy already');
  if (route.stage === 'done')
    throw new AdminRefusal('hold-refused', `${name} is done: legacy's code for it may be gone`);
  return { held: await hold(order, [name]), passedBy: [] };
}

/** Sends every route to legacy that legacy can still serve. */
export async function holdAll(order: Order<HoldBody>): Promise<object> {
  const routes = order.deps.routes().slice(1);
  const held = routes.filter(route => route.stage !== 'done').map(route => route.name);
  const passedBy = routes.filter(route => route.stage === 'done').map(route => route.name);
  return { held: await hold(order, held), passedBy };
}

async function hold({ deps, caller, body }: Order<HoldBody>, routes: readonly string[]) {
  const { reason = '', for: time } = body;
  await Promise.all(routes.map(route => deps.holds.hold({ route, by: caller.id, reason, for: time })));
  return routes;
}

export async function releaseRoute(order: Order<ReleaseBody>, name: string): Promise<object> {
  requireRoutes(order.caller, [name]);
  // A hold outlives its route's entry in the file, and must still be released.
  if (order.deps.holds.of(name) === undefined) {
    routeOf(order.deps, name);
    throw new AdminRefusal('not-found', `${name} is not held`);
  }
  return { released: await release(order, [name]) };
}

export const releaseAll = async (order: Order<ReleaseBody>): Promise<object> => ({
  released: await release(
    order,
    order.deps.holds.list().map(held => held.route),
  ),
});

async function release({ deps, caller, body }: Order<ReleaseBody>, routes: readonly string[]) {
  const { reason = '', ramp: steps, every = defaultEvery } = body;
  if (steps === undefined && body.every !== undefined)
    throw new AdminRefusal('bad-request', 'body: every needs a ramp');
  const ramp = steps === undefined ? undefined : { steps, every };
  await Promise.all(routes.map(route => deps.holds.release({ route, by: caller.id, reason, ramp })));
  return routes;
}
