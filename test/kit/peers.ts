import { vi } from 'vitest';
import { createAuthority, type IssuerOptions } from '../../extracted-services/chassis/auth.ts';
import { createOutgoing } from '../../extracted-services/chassis/outgoing.ts';
import { startNotifications } from '../../extracted-services/notifications/service.ts';
import { createPayments } from '../../extracted-services/orders/payments.ts';
import { startOrders } from '../../extracted-services/orders/service.ts';
import { createStockOverRest } from '../../extracted-services/orders/stock-rest.ts';
import { testCards } from '../../extracted-services/payments/card.ts';
import { startPayments } from '../../extracted-services/payments/service.ts';
import { startProducts } from '../../extracted-services/products/service.ts';
import { startUsers } from '../../extracted-services/users/service.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';
import { feedOf, internalToken } from './internal-client.ts';
import { type Issuer, openIssuer } from './issuer.ts';
import { openTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { openTempFolder } from './temp-folder.ts';

export const peerNames = ['users', 'products', 'orders', 'payments', 'notifications'] as const;
export type PeerName = (typeof peerNames)[number];

/** All services that a BFF asks, real ones on free ports with the monolith's data, each behind a door; gone after use. */
export interface Shop extends AsyncDisposable {
  /** The way to each service, which can be shut and stopped. */
  readonly doors: Readonly<Record<PeerName, TcpProxy>>;
  /** Base URLs, through the doors. */
  readonly urls: Readonly<Record<PeerName, string>>;
  readonly issuers: readonly IssuerOptions[];
  /** A token of user 1 (Alice) with all scopes of a customer, unless `claims` says otherwise. */
  token(claims?: Readonly<Record<string, unknown>>): string;
  /** Places an order for a user, and pays for it. Resolves with its id once its saga has ended well. */
  placeOrder(userId: number, productIds: readonly number[]): Promise<number>;
  /** How often a service was asked at a path, as its own metrics say. */
  asked(name: PeerName, path: string): Promise<number>;
  /** Lines of the logs of all services. */
  readonly log: readonly string[];
}

export const customerScopes =
  'profile:read profile:write orders:read orders:write products:read payments:read notifications:read';

export async function openShop(): Promise<Shop> {
  const cleanup = new AsyncDisposableStack();
  const folder = cleanup.use(await openTempFolder());
  const issuer = cleanup.use(await openIssuer());
  const issuers = [{ issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' }];
  const logged: string[] = [];
  const place = { folder: folder.path, issuer, issuers, cleanup, log: (line: string) => logged.push(line) };
  const direct = await startServices(place);
  const doors = {} as Record<PeerName, TcpProxy>;
  const urls = {} as Record<PeerName, string>;
  for (const name of peerNames) {
    doors[name] = cleanup.use(await openTcpProxy(Number(new URL(direct[name]).port)));
    urls[name] = `http://127.0.0.1:${doors[name].port}`;
  }
  const token: Shop['token'] = claims =>
    issuer.token({ sub: '1', scope: customerScopes, roles: ['customer'], ...claims });
  return {
    ...{ doors, urls, issuers, token, log: logged },
    async placeOrder(userId, productIds) {
      const lines = productIds.map(product_id => ({ product_id, quantity: 1 }));
      const order = { user_id: userId, lines, card: testCards.pays };
      const { order_id: id } = await post(`${direct.orders}/v1/orders`, issuer, order);
      await vi.waitUntil(() => isPaid(direct.payments, issuer, Number(id)), { timeout: 15_000 });
      return Number(id);
    },
    async asked(name, path) {
      const text = await (await fetch(`${direct[name]}/metrics`)).text();
      const line = `^http_server_request_duration_seconds_count\\{http_route="${path}",.*\\} (\\d+)$`;
      return [...text.matchAll(new RegExp(line, 'gm'))].reduce((sum, [, count]) => sum + Number(count), 0);
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
}

interface Place {
  readonly folder: string;
  readonly issuer: Issuer;
  readonly issuers: readonly IssuerOptions[];
  readonly cleanup: AsyncDisposableStack;
  readonly log: (line: string) => void;
}

/** Starts all five on their own stores, filled from a monolith that is gone after. */
async function startServices(place: Place): Promise<Record<PeerName, string>> {
  const { folder, issuer, issuers, cleanup, log } = place;
  const bus = { file: `${folder}/bus.db` };
  const keep = async (starting: Promise<{ url: string; close(): Promise<void> }>): Promise<string> =>
    cleanup.adopt(await starting, service => service.close()).url;
  const monolith = await startMonolith({ port: 0, internalToken });
  const legacy = () => feedOf(monolith.url);
  try {
    const products = await keep(
      startProducts({
        bus,
        authority: createAuthority({ issuers }),
        legacy: legacy(),
        more: { log },
      }),
    );
    const users = await keep(startUsers({ port: 0, legacy: legacy(), tokens: { others: issuers }, log }));
    const payments = await keep(startPayments({ bus, issuers, log }));
    const token = async (): Promise<string> => serviceToken(issuer);
    const outgoing = (name: string, baseUrl: string) =>
      createOutgoing({ name, baseUrl, token, timeout: 10_000 });
    const orders = await keep(
      startOrders({
        bus,
        authority: createAuthority({ issuers }),
        sides: {
          stock: createStockOverRest(outgoing('products', products)),
          payments: createPayments(outgoing('payments', payments)),
        },
        legacy: legacy(),
        more: { log },
      }),
    );
    const notifications = await keep(startNotifications({ bus, issuers, log }));
    return { users, products, orders, payments, notifications };
  } finally {
    await monolith.close();
  }
}

const serviceToken = (issuer: Issuer): string =>
  issuer.token({
    sub: 'service:orders',
    client_id: 'orders',
    scope: 'orders:write stock:reserve products:read payments:read payments:write',
  });

async function isPaid(payments: string, issuer: Issuer, orderId: number): Promise<boolean> {
  const answer = await fetch(`${payments}/v1/payments?order_id=${orderId}`, {
    headers: { authorization: `Bearer ${serviceToken(issuer)}` },
  });
  const { payments: rows = [] } = (await answer.json()) as { payments?: { status: string }[] };
  return rows.some(({ status }) => status === 'captured');
}

let keys = 0;

/** As the shop's own machinery, which may do anything. */
async function post(url: string, issuer: Issuer, json: unknown): Promise<Readonly<Record<string, unknown>>> {
  keys += 1;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${serviceToken(issuer)}`,
      'content-type': 'application/json',
      'idempotency-key': `shop-${keys}`,
    },
    body: JSON.stringify(json),
  });
  const body = (await answer.json()) as Readonly<Record<string, unknown>>;
  if (answer.status !== 201 && answer.status !== 202)
    throw new Error(`${url}: ${answer.status} ${JSON.stringify(body)}`);
  return body;
}
