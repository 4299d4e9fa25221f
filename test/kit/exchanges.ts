import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Exchange, type RouteFacts } from '../../gateway/core/exchange.ts';
import type { Route } from '../../gateway/routing/route.ts';

export const unclaimedRoute = makeRoute({ name: 'unclaimed', index: 0, service: undefined });

/** A compiled route in stage legacy that says no more than it must. */
export function makeRoute(facts: Partial<Route> = {}): Route {
  return {
    name: 'orders',
    index: 1,
    owner: 'team-orders',
    stage: 'legacy',
    data: undefined,
    service: 'orders',
    entries: [],
    cohort: undefined,
    allowsStale: false,
    decision: { serve: 'legacy', shadow: undefined, because: 'stage', detail: '' },
    ...facts,
  };
}

/** An exchange that legacy answered with 200; `ended` says what else is known of it. */
export function makeExchange(
  route: RouteFacts,
  ended: Partial<Exchange> = {},
  asked: { method?: string; raw?: string } = {},
): Exchange {
  const { method = 'GET', raw = '/orders/42' } = asked;
  const [path = '', query] = raw.split('?');
  const exchange = new Exchange({
    req: new IncomingMessage(new Socket()),
    id: 'request-1',
    startedAt: 0,
    client: { peer: '127.0.0.1', trusted: false, address: '127.0.0.1', proto: 'http' },
    method,
    target: { raw, path, query: query === undefined ? '' : `?${query}`, isOdd: false },
    isOverridden: false,
    isUpgrade: false,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    route,
    decision: { serve: 'legacy', shadow: undefined, because: 'stage', detail: '' },
  });
  return Object.assign(exchange, { served: 'legacy', status: 200 }, ended);
}
