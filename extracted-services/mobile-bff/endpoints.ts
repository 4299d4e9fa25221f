import type { Call, Endpoint } from '../chassis/endpoint.ts';
import { personOf, toId } from '../chassis/person.ts';
import { Problem } from '../chassis/problem.ts';
import { readInteger } from '../chassis/query.ts';
import { news, order, orders, payment, product, products, user } from './parts.ts';
import { type ScreenDeps, showScreen } from './screen.ts';

/** The screens of the phone, one call each: one line for each. */
export function createEndpoints(deps: ScreenDeps): readonly Endpoint[] {
  const screen = (
    name: string,
    scopes: readonly string[] | undefined,
    show: (deps: ScreenDeps, call: Call) => Promise<unknown>,
  ): Endpoint => ({
    method: 'GET',
    path: `/v1/screens/${name}`,
    access: scopes ? { scopes } : 'open',
    handle: async call => ({ status: 200, body: await show(deps, call) }),
  });
  // What is kept was got with these scopes: a token without them does not get that far.
  return [
    screen('home', ['profile:read', 'orders:read', 'notifications:read'], showHome),
    screen('orders', ['orders:read'], showOrders),
    screen('orders/:id', ['orders:read', 'payments:read'], showOrder),
    screen('products/:id', undefined, showProduct),
  ];
}

function showHome(deps: ScreenDeps, call: Call): Promise<unknown> {
  const person = personOf(call.caller);
  const parts = { user, orders: orders(person, { isShort: true }), news: news(person), products };
  return showScreen(deps, call, parts);
}

function showOrders(deps: ScreenDeps, call: Call): Promise<unknown> {
  const before = readInteger(call.query, 'before', { min: 1, max: Number.MAX_SAFE_INTEGER });
  return showScreen(deps, call, { orders: orders(personOf(call.caller), { before, isShort: false }) });
}

async function showOrder(deps: ScreenDeps, call: Call): Promise<unknown> {
  const { id = '' } = call.params;
  if (toId(id) === 0) throw noOrder(id);
  const shown = await showScreen(deps, call, {
    order: order(personOf(call.caller), id),
    payment: payment(id),
  });
  // Without the order nothing says whose payment it is.
  if (shown.order === null && !shown.degraded.includes('order')) throw noOrder(id);
  return shown.order === null ? { ...shown, payment: null } : shown;
}

const noOrder = (id: string): Problem =>
  new Problem(404, 'order-not-found', `there is no order ${id.slice(0, 60)}`);

async function showProduct(deps: ScreenDeps, call: Call): Promise<unknown> {
  const { id = '' } = call.params;
  const shown = toId(id) === 0 ? undefined : await showScreen(deps, call, { product: product(id) });
  if (shown?.product) return shown;
  throw new Problem(404, 'product-not-found', `there is no product ${id.slice(0, 60)}`);
}
