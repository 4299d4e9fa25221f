import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openapi } from '../../../extracted-services/web-bff/openapi.ts';
import { operationsOf, validatorOf } from '../../kit/openapi.ts';
import { openShop, type Shop } from '../../kit/peers.ts';
import { openPeer, openWebBff, type WebBffRig } from '../../kit/web-bff.ts';

let shop: Shop;
let bff: WebBffRig;
let orderId: number;
beforeAll(async () => {
  shop = await openShop();
  bff = await openWebBff(shop);
  orderId = await shop.placeOrder(1, [3, 5]);
});
afterAll(async () => {
  await bff?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});

const hold = (schema: string, body: unknown): void => {
  const isValid = validatorOf(openapi, schema);
  expect([isValid(body), isValid.errors ?? []]).toEqual([true, []]);
};

describe('the pages of the web', () => {
  it('show an account: person, orders with payments, news, in one call', async () => {
    const said = expect.objectContaining({ subject: `We have your order ${orderId}` });
    await expect
      .poll(async () => (await bff.ask('/v1/account')).body.notifications)
      .toEqual(expect.arrayContaining([said]));
    const { status, body } = await bff.ask('/v1/account');
    expect(status).toBe(200);
    hold('Account', body);
    expect(body).toMatchObject({
      user: { id: 1, email: 'alice@example.com', fullName: 'Alice Liddell' },
      missing: [],
    });
    expect(body.orders).toHaveLength(10);
    expect(body.orders[0]).toMatchObject({
      id: orderId,
      placedAt: expect.stringMatching(/Z$/),
      payments: [{ orderId: String(orderId), status: 'captured', lastFour: '1111' }],
    });
    expect(body.orders[0].payments[0].amountCents).toBe(body.orders[0].totalCents);
  });

  it('show an order with what its products are today', async () => {
    const { status, body } = await bff.ask(`/v1/orders/${orderId}`);
    expect(status).toBe(200);
    hold('Order', body);
    expect(body.lines.map((line: { product: { id: number } }) => line.product.id)).toEqual([3, 5]);
    expect(body.payments).toHaveLength(1);
  });

  it('ask once for the payments of a list of orders, and once for the products of an order', async () => {
    const before = await Promise.all([
      shop.asked('payments', '/v1/payments'),
      shop.asked('products', '/v1/product-batch'),
    ]);
    expect((await bff.ask('/v1/orders?limit=30')).body.orders).toHaveLength(30);
    await bff.ask(`/v1/orders/${orderId}`);
    const after = await Promise.all([
      shop.asked('payments', '/v1/payments'),
      shop.asked('products', '/v1/product-batch'),
    ]);
    expect([after[0] - before[0], after[1] - before[1]]).toEqual([2, 1]);
  });

  it('go through all orders, page by page, without one twice', async () => {
    const seen = new Set<number>();
    let next: number | null = null;
    do {
      const { body } = await bff.ask(`/v1/orders?limit=50${next === null ? '' : `&before=${next}`}`);
      for (const { id } of body.orders) {
        expect(seen.has(id)).toBe(false);
        seen.add(id);
      }
      next = body.next;
    } while (next !== null && seen.size < 120);
    expect(seen.size).toBeGreaterThan(50);
  });

  it('show the catalogue to everybody, searched and page by page', async () => {
    const first = await bff.ask('/v1/catalogue', '');
    expect([first.status, first.body.products.length]).toEqual([200, 24]);
    hold('Catalogue', first.body);
    const [{ name, id }] = first.body.products;
    const found = await bff.ask(`/v1/catalogue?q=${encodeURIComponent(name)}`, '');
    expect(found.body.products[0].name).toBe(name);
    expect((await bff.ask(`/v1/catalogue/${id}`, '')).body).toEqual(first.body.products[0]);
  });

  it.each([
    ['/v1/catalogue?page=0', 400, 'bad-query'],
    [`/v1/catalogue?q=${'x'.repeat(101)}`, 400, 'bad-query'],
    ['/v1/orders?limit=51', 400, 'bad-query'],
    ['/v1/catalogue/999999', 404, 'product-not-found'],
    ['/v1/catalogue/zero', 404, 'product-not-found'],
    ['/v1/orders/999999999', 404, 'order-not-found'],
  ])('refuse %s with %i %s', async (path, status, code) => {
    const asked = await bff.ask(path);
    expect([asked.status, asked.body.code]).toEqual([status, code]);
  });

  it('are as openapi.json says', async () => {
    expect((await bff.ask('/openapi.json', '')).body).toEqual(JSON.parse(JSON.stringify(openapi)));
    for (const operation of operationsOf(openapi)) {
      const [, path = ''] = operation.split(' ');
      expect((await bff.ask(path.replace(':id', '1'))).status).toBeLessThan(500);
    }
  });
});

describe('whose token it is', () => {
  it('is passed on, with the trace, and never logged', async () => {
    await using peer = await openPeer((_, res) => res.end('{"orders":[],"count":0}'));
    await using other = await openWebBff(shop, { urls: { orders: peer.url } });
    const token = shop.token();
    expect((await other.ask('/v1/orders', token)).status).toBe(200);
    expect(peer.seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-/),
      'x-request-id': expect.any(String),
    });
    expect(other.log.join('\n')).toContain('/v1/orders');
    expect([...other.log, ...shop.log].join('\n')).not.toContain(token);
  });

  it('decides whose orders are seen: another person’s are not there', async () => {
    const bob = shop.token({ sub: '3' });
    expect((await bff.ask(`/v1/orders/${orderId}`, bob)).body.code).toBe('order-not-found');
    const { body } = await bff.ask('/v1/orders', bob);
    expect(body.orders.every(({ userId }: { userId: number }) => userId === 3)).toBe(true);
  });

  it('counts even where the orders service answers with all orders', async () => {
    const row = {
      ...{ order_id: 7, user_id: 3, status: 'paid', currency: 'EUR', total: '1.00' },
      ...{ placed_at: '2026-03-04 05:06:07', updated_at: '2026-03-04 05:06:07' },
    };
    await using peer = await openPeer((_, res) => res.end(JSON.stringify({ orders: [row], count: 1 })));
    await using other = await openWebBff(shop, { urls: { orders: peer.url } });
    expect((await other.ask('/v1/orders')).body.orders).toEqual([]);
    expect((await other.ask('/v1/orders', shop.token({ sub: '3' }))).body.orders).toHaveLength(1);
  });

  it('is needed, with the scopes, and has to be a user’s', async () => {
    expect((await bff.ask('/v1/account', '')).status).toBe(401);
    const narrow = await bff.ask('/v1/orders', shop.token({ scope: 'orders:read' }));
    expect([narrow.status, narrow.body.code]).toEqual([403, 'scope-missing']);
    const machine = await bff.ask('/v1/orders', shop.token({ sub: 'service:orders' }));
    expect([machine.status, machine.body.code]).toEqual([403, 'not-a-user']);
  });
});
