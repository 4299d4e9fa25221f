import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openShop, type PeerName, peerNames, type Shop } from '../../kit/peers.ts';
import { openPeer, openWebBff } from '../../kit/web-bff.ts';

let shop: Shop;
let orderId: number;
beforeAll(async () => {
  shop = await openShop();
  orderId = await shop.placeOrder(1, [3]);
});
afterAll(() => shop?.[Symbol.asyncDispose]());
afterEach(async () => {
  for (const name of peerNames) {
    shop.doors[name].resume();
    await shop.doors[name].shut();
    await shop.doors[name].open();
  }
});

const timeout = 1000;

describe('a service that is down', () => {
  it.each([
    ['payments', 'payments'],
    ['products', 'product'],
  ] as const)('leaves its part out of an order: %s', async (name, part) => {
    await using bff = await openWebBff(shop, { timeout });
    await shop.doors[name].shut();
    const { status, body } = await bff.ask(`/v1/orders/${orderId}`);
    expect([status, body.id, body.missing]).toEqual([200, orderId, [name]]);
    expect(part in body ? body[part] : body.lines[0][part]).toBeNull();
  });

  it('leaves news out of an account', async () => {
    await using bff = await openWebBff(shop, { timeout });
    await shop.doors.notifications.shut();
    const { status, body } = await bff.ask('/v1/account');
    expect([status, body.notifications, body.missing]).toEqual([200, null, ['notifications']]);
  });

  it.each([
    ['orders', '/v1/orders'],
    ['users', '/v1/account'],
    ['products', '/v1/catalogue'],
  ] as const)('is told where the page is nothing without it: %s', async (name, path) => {
    await using bff = await openWebBff(shop, { timeout });
    await shop.doors[name].shut();
    const { status, headers, body } = await bff.ask(path);
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'peer-away', '2']);
    expect(body.detail).toBe(`${name} cannot be reached now`);
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|ECONN/);
  });

  it('is asked again when it is back, and meanwhile spared by the breaker', async () => {
    await using bff = await openWebBff(shop, { timeout, breaker: { pause: 500 } });
    await shop.doors.orders.shut();
    for (let count = 0; count < 6; count++) expect((await bff.ask('/v1/orders')).status).toBe(503);
    expect((await bff.ask('/metrics', '')).body).toContain('peer_breaker_state{peer="orders"} 2');
    expect((await bff.ask('/v1/catalogue')).status).toBe(200);
    await shop.doors.orders.open();
    await expect.poll(async () => (await bff.ask('/v1/orders')).status).toBe(200);
  });

  it('does not make the BFF unready', async () => {
    await using bff = await openWebBff(shop, { timeout });
    for (const name of peerNames) await shop.doors[name].shut();
    expect((await bff.ask('/readyz', '')).status).toBe(200);
  });
});

describe('a service that is slow', () => {
  it('costs no more than the bound, and its part', async () => {
    await using bff = await openWebBff(shop, { timeout: 300 });
    await bff.ask(`/v1/orders/${orderId}`);
    shop.doors.payments.pause();
    const { status, body } = await bff.ask(`/v1/orders/${orderId}`);
    expect([status, body.payments, body.missing]).toEqual([200, null, ['payments']]);
    expect((await bff.ask('/metrics', '')).body).toContain(
      'peer_requests_total{peer="payments",outcome="timeout"} 1',
    );
  });

  it('is 504 where the page is nothing without it', async () => {
    await using bff = await openWebBff(shop, { timeout: 300 });
    shop.doors.orders.pause();
    const { status, body } = await bff.ask('/v1/orders');
    expect([status, body.code]).toEqual([504, 'peer-slow']);
  });
});

describe('a service that is broken', () => {
  const broken: readonly (readonly [string, number, string])[] = [
    ['an error', 500, '{"password":"hunter2"}'],
    ['no JSON', 200, '<html>at /srv/app.js:42</html>'],
    ['a list in place of an object', 200, '[]'],
    ['a field of another type', 200, '{"orders":[{"order_id":"7"}]}'],
    ['an odd status', 418, '{}'],
  ];

  it.each(broken)('is 502 that shows nothing of it: %s', async (_, status, text) => {
    await using peer = await openPeer((_, res) => void res.writeHead(status).end(text));
    await using bff = await openWebBff(shop, { urls: { orders: peer.url }, timeout });
    const { status: answered, body } = await bff.ask('/v1/orders');
    expect([answered, body.code]).toEqual([502, 'peer-broken']);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|app\.js/);
  });

  it.each([
    [401, 'token-refused'],
    [403, 'forbidden'],
  ])('is not what one is that refuses the caller: %i', async (status, code) => {
    await using peer = await openPeer((_, res) => void res.writeHead(status).end('{}'));
    await using bff = await openWebBff(shop, { urls: { payments: peer.url }, timeout });
    const { status: answered, body } = await bff.ask('/v1/orders');
    expect([answered, body.code]).toEqual([status, code]);
  });

  it.each([
    ['payments', '{"payments":[{"payment_id":1}]}'],
    ['payments', 'null'],
  ] as const)('leaves its part out where it is a part: %s %s', async (name: PeerName, text) => {
    await using peer = await openPeer((_, res) => void res.end(text));
    await using bff = await openWebBff(shop, { urls: { [name]: peer.url }, timeout });
    const { status, body } = await bff.ask('/v1/orders');
    expect([status, body.missing]).toEqual([200, [name]]);
  });
});
