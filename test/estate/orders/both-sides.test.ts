import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAntiCorruption } from '../../../extracted-services/anti-corruption/service.ts';
import { startChangeCapture } from '../../../extracted-services/change-capture/service.ts';
import { createLegacyFeed } from '../../../extracted-services/chassis/legacy/feed.ts';
import { createOutgoing } from '../../../extracted-services/chassis/outgoing.ts';
import type { Service } from '../../../extracted-services/chassis/service.ts';
import { compareStores, type Digest } from '../../../extracted-services/reconciliation/compare.ts';
import { internalToken } from '../../kit/internal-client.ts';
import { cards, openShop, type Shop } from '../../kit/shop.ts';
import { createShopClient } from '../../kit/shop-client.ts';

let shop: Shop;
let orders: Service;
const cleanup = new AsyncDisposableStack();

beforeAll(async () => {
  shop = cleanup.use(await openShop());
  orders = await shop.startOrders();
  const legacy = () => createLegacyFeed({ url: shop.monolith.url, token: internalToken });
  const capture = await startChangeCapture({
    ...{ bus: { file: shop.busFile }, database: { file: `${shop.folder}/capture.db` }, legacy: legacy() },
  });
  cleanup.defer(() => capture.close());
  const layer = await startAntiCorruption({
    ...{ bus: { file: shop.busFile }, legacy: legacy(), backoff: 50 },
    orders: createOutgoing({ name: 'orders', baseUrl: orders.url }),
  });
  cleanup.defer(() => layer.close());
});
afterAll(() => cleanup.disposeAsync());

type Json = Readonly<Record<string, unknown>>;

const json = async (url: string, body?: object, cookie = ''): Promise<Json> => {
  const answer = await fetch(url, {
    method: body ? 'POST' : 'GET',
    headers: { 'content-type': 'application/json', cookie },
    ...(body && { body: JSON.stringify(body) }),
  });
  return (await answer.json()) as Json;
};
const wanted = (product: number) => ({
  ...{ user_id: 1, lines: [{ product_id: product, quantity: 2 }], card: cards.pays },
});
const atLegacy = (id: unknown): Promise<Json> => json(`${shop.monolith.url}/orders/${id}`);
const atService = (id: unknown): Promise<Json> => json(`${orders.url}/v1/orders/${id}`);
const legacyStock = async (product: number): Promise<number> =>
  Number((await json(`${shop.monolith.url}/products/${product}`)).stock);

it('an order of either side is the same at both, and both stores agree', async () => {
  const there = await json(`${shop.monolith.url}/orders`, wanted(20));
  await expect.poll(() => atService(there.order_id)).toEqual(there);
  const here = await json(`${orders.url}/v1/orders`, wanted(21));
  expect(here).toMatchObject({ status: 'paid', payment_status: 'captured' });
  await expect.poll(() => atLegacy(here.order_id)).toEqual(here);
  await expect.poll(() => legacyStock(21)).toBe(await shop.stockOf(21));
  const cancelled = await json(`${orders.url}/v1/orders/${here.order_id}/cancel`, {});
  expect(cancelled).toMatchObject({ status: 'cancelled', payment_status: 'refunded' });
  await expect.poll(() => atLegacy(here.order_id)).toEqual(cancelled);
  const declined = await json(`${orders.url}/v1/orders`, { ...wanted(21), card: cards.declines });
  expect(declined.code).toBe('card-declined');

  const legacy = createLegacyFeed({ url: shop.monolith.url, token: internalToken });
  const compare = () =>
    compareStores(
      (after, limit) => legacy.digests('orders', after, limit),
      async (after, limit) => {
        const { digests } = await json(`${orders.url}/v1/digests/orders?after=${after}&limit=${limit}`);
        return digests as readonly Digest[];
      },
    );
  await expect.poll(compare).toEqual({ rows: 2403, disagreements: [] });
  legacy.close();
});

it('an order of the service that is cancelled at the monolith is refunded here, and its stock counts once', async () => {
  const before = await shop.stockOf(22);
  const { order_id: id } = await json(`${orders.url}/v1/orders`, wanted(22));
  await expect.poll(() => atLegacy(id)).toMatchObject({ status: 'paid' });
  await expect.poll(() => legacyStock(22)).toBe(before - 2);
  const cookie = await createShopClient(() => shop.monolith.url).logIn('alice@example.com');
  expect(await json(`${shop.monolith.url}/orders/${id}/cancel`, {}, cookie)).toMatchObject({
    status: 'cancelled',
  });
  await expect.poll(() => atService(id)).toMatchObject({ status: 'cancelled', payment_status: 'refunded' });
  expect(await shop.paymentsOf(Number(id))).toEqual(['refunded']);
  await expect.poll(() => shop.stockOf(22)).toBe(before);
  await expect.poll(() => legacyStock(22)).toBe(before);
});
