import { createAuthority, type IssuerOptions } from '../../extracted-services/chassis/auth.ts';
import { openBus } from '../../extracted-services/chassis/events/bus.ts';
import { newEvent } from '../../extracted-services/chassis/events/cloud-event.ts';
import { createLegacyFeed } from '../../extracted-services/chassis/legacy/feed.ts';
import { startNotifications } from '../../extracted-services/notifications/service.ts';
import { startOrders } from '../../extracted-services/orders/service.ts';
import { testCards } from '../../extracted-services/payments/card.ts';
import { startPayments } from '../../extracted-services/payments/service.ts';
import { startProducts } from '../../extracted-services/products/service.ts';
import { startUsers } from '../../extracted-services/users/service.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';
import { internalToken } from './internal-client.ts';
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
  /** Places an order for a user, pays for it, and tells them so. Resolves with its id. */
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
  const direct = await startServices({ folder: folder.path, issuers, cleanup, log: l => logged.push(l) });
  const bus = await openBus({ file: `${folder.path}/bus.db` });
  cleanup.defer(() => bus.close());
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
      const order = await post(`${direct.orders}/v1/orders`, issuer, { user_id: userId, lines });
      const id = Number(order.order_id);
      await post(`${direct.payments}/v1/payments`, issuer, {
        order_id: String(id),
        user_id: String(userId),
        amount_cents: Math.round(Number(order.total) * 100),
        card: testCards.pays,
      });
      const data = { orderId: id, userId };
      await bus.publish(
        newEvent({ source: '/services/orders', type: 'order.placed.v1', subject: `order/${id}`, data }),
      );
      return id;
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
  readonly issuers: readonly IssuerOptions[];
  readonly cleanup: AsyncDisposableStack;
  readonly log: (line: string) => void;
}

/** Starts all five on their own stores, filled from a monolith that is gone after. */
async function startServices({ folder, issuers, cleanup, log }: Place): Promise<Record<PeerName, string>> {
  const legacyFile = `${folder}/legacy.db`;
  const bus = { file: `${folder}/bus.db` };
  const keep = async (starting: Promise<{ url: string; close(): Promise<void> }>): Promise<string> =>
    cleanup.adopt(await starting, service => service.close()).url;
  const monolith = await startMonolith({ port: 0, database: legacyFile, internalToken });
  try {
    const products = await keep(
      startProducts({
        bus,
        authority: createAuthority({ issuers }),
        legacy: createLegacyFeed({ url: monolith.url, token: internalToken }),
        more: { log },
      }),
    );
    const users = await keep(
      startUsers({ port: 0, backfillFrom: legacyFile, tokens: { others: issuers }, log }),
    );
    const orders = await keep(startOrders({ port: 0, backfillFrom: legacyFile, log }));
    const payments = await keep(startPayments({ bus, issuers, log }));
    const notifications = await keep(startNotifications({ bus, issuers, log }));
    return { users, products, orders, payments, notifications };
  } finally {
    await monolith.close();
  }
}

let keys = 0;

/** As the shop's own machinery, which may do anything. */
async function post(url: string, issuer: Issuer, json: unknown): Promise<Readonly<Record<string, unknown>>> {
  const scope = 'orders:write payments:write';
  const token = issuer.token({ sub: 'service:orders', client_id: 'orders', scope });
  keys += 1;
  const answer = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': `shop-${keys}`,
    },
    body: JSON.stringify(json),
  });
  const body = (await answer.json()) as Readonly<Record<string, unknown>>;
  if (answer.status !== 201) throw new Error(`${url}: ${answer.status} ${JSON.stringify(body)}`);
  return body;
}
