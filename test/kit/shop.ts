/** All that an order needs, over real sockets: the monolith, products and payments behind gates, an issuer, a bus. */
import { createAuthority } from '../../extracted-services/chassis/auth.ts';
import { type Bus, openBus } from '../../extracted-services/chassis/events/bus.ts';
import type { CloudEvent } from '../../extracted-services/chassis/events/cloud-event.ts';
import { createOutgoing, type OutgoingOptions } from '../../extracted-services/chassis/outgoing.ts';
import type { Service } from '../../extracted-services/chassis/service.ts';
import { createPayments } from '../../extracted-services/orders/payments.ts';
import type { FarSides } from '../../extracted-services/orders/perform.ts';
import { type OrdersOptions, startOrders } from '../../extracted-services/orders/service.ts';
import { createStockOverGrpc } from '../../extracted-services/orders/stock-grpc.ts';
import { createStockOverRest } from '../../extracted-services/orders/stock-rest.ts';
import {
  type PaymentsOptions,
  type PaymentsService,
  startPayments,
} from '../../extracted-services/payments/service.ts';
import { type ProductsService, startProducts } from '../../extracted-services/products/service.ts';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';
import { type HttpGate, openHttpGate } from './http-gate.ts';
import { feedOf, internalToken } from './internal-client.ts';
import { type Issuer, openIssuer } from './issuer.ts';
import { openTempFolder } from './temp-folder.ts';

export const cards = {
  pays: '4111111111111111',
  declines: '4000000000000002',
  isSlow: '4000000000000069',
  breaks: '4000000000000119',
} as const;

export interface Shop extends AsyncDisposable {
  readonly folder: string;
  readonly busFile: string;
  readonly monolith: Monolith;
  readonly issuer: Issuer;
  readonly bus: Bus;
  readonly products: ProductsService;
  readonly payments: PaymentsService;
  /** In front of products' REST, and of payments. */
  readonly gates: { readonly products: HttpGate; readonly payments: HttpGate };
  /** What was told of orders, oldest first. */
  readonly told: readonly CloudEvent<Readonly<Record<string, unknown>>>[];
  /** What the orders service asks with. */
  sides(protocol: 'grpc' | 'rest', breaker?: OutgoingOptions['breaker']): FarSides;
  /** In this process, on the file `orders.db`; closed with the shop. */
  startOrders(options?: Partial<OrdersOptions>): Promise<Service>;
  /** Of a service, with all scopes that the orders service has. */
  serviceToken(): string;
  stockOf(productId: number): Promise<number>;
  /** State of an order's reservation; undefined where there is none. */
  reservationOf(orderId: number): Promise<string | undefined>;
  /** Statuses of an order's payments, newest first. */
  paymentsOf(orderId: number): Promise<readonly string[]>;
}

export interface ShopOptions {
  readonly network?: PaymentsOptions['network'];
}

export async function openShop({ network }: ShopOptions = {}): Promise<Shop> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await openTempFolder()).path;
  const issuer = opened.use(await openIssuer());
  const trusted = [{ issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' }];
  const busFile = `${folder}/bus.db`;
  const bus = opened.adopt(await openBus({ file: busFile }), it => it.close());
  const told: CloudEvent<Record<string, unknown>>[] = [];
  await bus.subscribe({
    group: 'mail',
    types: ['order.placed.v1', 'order.confirmed.v1', 'order.rejected.v1', 'order.cancelled.v1'],
    handle: async event => void told.push(event as CloudEvent<Record<string, unknown>>),
  }).ready;
  const monolith = opened.adopt(await startMonolith({ port: 0, internalToken }), it => it.close());
  const products = opened.adopt(
    await startProducts({
      database: { file: `${folder}/products.db` },
      bus: { file: busFile },
      authority: createAuthority({ issuers: trusted }),
      legacy: feedOf(monolith.url),
    }),
    it => it.close(),
  );
  const payments = opened.adopt(
    await startPayments({
      database: { file: `${folder}/payments.db` },
      bus: { file: busFile },
      issuers: trusted,
      ...(network && { network }),
    }),
    it => it.close(),
  );
  const gates = {
    products: opened.use(await openHttpGate(products.url)),
    payments: opened.use(await openHttpGate(payments.url)),
  };
  const serviceToken = (): string =>
    issuer.token({
      sub: 'service:orders',
      client_id: 'orders',
      scope: 'stock:reserve payments:read payments:write products:read',
    });
  const read = async (url: string): Promise<Readonly<Record<string, unknown>> | undefined> => {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${serviceToken()}` } });
    return answer.status === 404 ? undefined : ((await answer.json()) as Record<string, unknown>);
  };
  const owned = opened.move();
  const shop: Shop = {
    ...{ folder, busFile, monolith, issuer, bus, products, payments, gates, told, serviceToken },
    sides(protocol, breaker) {
      const shared = { token: async () => serviceToken(), ...(breaker && { breaker }) };
      const outgoing = (name: string, baseUrl: string) =>
        createOutgoing({ name, baseUrl, timeout: 4000, ...shared });
      return {
        payments: createPayments(outgoing('payments', gates.payments.url)),
        stock:
          protocol === 'grpc'
            ? createStockOverGrpc({ address: products.grpcAddress, ...shared })
            : createStockOverRest(outgoing('products', gates.products.url)),
      };
    },
    async startOrders(options = {}) {
      const service = await startOrders({
        database: { file: `${folder}/orders.db` },
        bus: { file: busFile },
        authority: 'off',
        legacy: feedOf(monolith.url),
        ...options,
        sides: options.sides ?? shop.sides('grpc'),
      });
      owned.defer(() => service.close());
      return service;
    },
    stockOf: async id => Number((await read(`${products.url}/v1/products/${id}`))?.stock),
    reservationOf: async id =>
      (await read(`${products.url}/v1/reservations/order-${id}`))?.state as string | undefined,
    async paymentsOf(id) {
      const found = await read(`${payments.url}/v1/payments?order_id=${id}`);
      return ((found?.payments ?? []) as { status: string }[]).map(({ status }) => status);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
  return shop;
}
