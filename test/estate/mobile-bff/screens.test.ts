import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openapi } from '../../../extracted-services/mobile-bff/openapi.ts';
import { type MobileBffOptions, startMobileBff } from '../../../extracted-services/mobile-bff/service.ts';
import { createManualClock } from '../../kit/manual-clock.ts';
import { operationsOf, validatorOf } from '../../kit/openapi.ts';
import { openShop, type PeerName, peerNames, type Shop } from '../../kit/peers.ts';
import { type Asked, askAt, openPeer } from '../../kit/web-bff.ts';

let shop: Shop;
let orderId: number;
beforeAll(async () => {
  shop = await openShop();
  orderId = await shop.placeOrder(1, [3, 5]);
});
afterAll(() => shop?.[Symbol.asyncDispose]());
afterEach(async () => {
  for (const name of peerNames) {
    shop.doors[name].resume();
    await shop.doors[name].shut();
    await shop.doors[name].open();
  }
});

interface Rig extends AsyncDisposable {
  readonly url: string;
  ask(path: string, token?: string): Promise<Asked>;
}

async function openMobileBff(
  options: Partial<Omit<MobileBffOptions, 'peers'>> & {
    urls?: Partial<Record<PeerName, string>>;
    timeout?: number;
  } = {},
): Promise<Rig> {
  const { urls, timeout = 800, ...more } = options;
  const service = await startMobileBff({
    issuers: shop.issuers,
    ...more,
    peers: { urls: { ...shop.urls, ...urls }, timeout },
  });
  return {
    url: service.url,
    ask: (path, token = shop.token()) => askAt(service.url, `/v1/screens/${path}`, token),
    [Symbol.asyncDispose]: () => service.close(),
  };
}

const hold = (schema: string, body: unknown): void => {
  const isValid = validatorOf(openapi, schema);
  expect([isValid(body), isValid.errors ?? []]).toEqual([true, []]);
};

describe('a screen', () => {
  it('is one call, and small', async () => {
    await using bff = await openMobileBff();
    await expect.poll(async () => (await bff.ask('home')).body.news?.length).toBeGreaterThan(0);
    const { status, body, bytes } = await bff.ask('home');
    expect([status, body.degraded, 'stale' in body]).toEqual([200, [], false]);
    hold('Home', body);
    expect(body).toMatchObject({ user: { name: 'Alice Liddell' }, orders: [{ id: orderId }, {}, {}] });
    expect(body.products).toHaveLength(6);
    expect(bytes).toBeLessThan(1500);
  });

  it('of an order has its lines and its payment', async () => {
    await using bff = await openMobileBff();
    const { body } = await bff.ask(`orders/${orderId}`);
    hold('OrderScreen', body);
    expect(body).toMatchObject({
      order: { id: orderId, total: expect.stringMatching(/^\d+\.\d\d EUR$/), lines: [{ count: 1 }, {}] },
      payment: { status: 'captured', card: '1111' },
    });
  });

  it('of orders goes on before its last row', async () => {
    await using bff = await openMobileBff();
    const first = (await bff.ask('orders')).body;
    hold('Orders', first);
    expect(first.orders).toHaveLength(10);
    const second = (await bff.ask(`orders?before=${first.orders[9].id}`)).body;
    expect(second.orders[0].id).toBeLessThan(first.orders[9].id);
  });

  it('of a product is for everybody', async () => {
    await using bff = await openMobileBff();
    const { status, body } = await bff.ask('products/3', '');
    expect(status).toBe(200);
    hold('ProductScreen', body);
    expect((await bff.ask('products/999999', '')).body.code).toBe('product-not-found');
  });

  it('costs nothing again while nothing has changed', async () => {
    await using bff = await openMobileBff();
    const { headers } = await bff.ask('orders');
    const again = await fetch(`${bff.url}/v1/screens/orders`, {
      headers: {
        authorization: `Bearer ${shop.token()}`,
        'if-none-match': headers.get('etag') ?? '',
      },
    });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('is for its owner, with the scopes', async () => {
    await using bff = await openMobileBff();
    expect((await bff.ask('home', '')).status).toBe(401);
    expect((await bff.ask('home', shop.token({ scope: 'orders:read' }))).body.code).toBe('scope-missing');
    const other = await bff.ask(`orders/${orderId}`, shop.token({ sub: '3' }));
    expect([other.status, other.body.code]).toEqual([404, 'order-not-found']);
  });

  it('is in openapi.json, whose document is the one it gives away', async () => {
    await using bff = await openMobileBff();
    expect((await askAt(bff.url, '/openapi.json', '')).body).toEqual(JSON.parse(JSON.stringify(openapi)));
    for (const operation of operationsOf(openapi)) {
      const path = operation.split(' ')[1]?.replace(':id', '1') ?? '';
      expect((await askAt(bff.url, path, shop.token())).status).toBeLessThan(500);
    }
  });
});

describe('a service that is dead', () => {
  it.each([
    ['users', 'user'],
    ['orders', 'orders'],
    ['notifications', 'news'],
    ['products', 'products'],
  ] as const)('leaves null, named, and the rest as it is: %s', async (peer, part) => {
    await using bff = await openMobileBff();
    await shop.doors[peer].shut();
    const { status, body } = await bff.ask('home');
    expect([status, body[part], body.degraded]).toEqual([200, null, [part]]);
    hold('Home', body);
  });

  it('leaves what was there, with its age, until that is too old', async () => {
    const clock = createManualClock();
    await using bff = await openMobileBff({ clock, kept: { maxAge: 300_000 } });
    const fresh = (await bff.ask('home')).body;
    await shop.doors.orders.shut();
    clock.advance(42_000);
    const stale = (await bff.ask('home')).body;
    expect(stale).toEqual({ ...fresh, stale: { orders: 42 } });
    clock.advance(258_000);
    expect((await bff.ask('home')).body.stale).toEqual({ orders: 300 });
    clock.advance(1000);
    expect((await bff.ask('home')).body).toMatchObject({ orders: null, degraded: ['orders'] });
  });

  it('is not asked for what was kept while it lives: what is fresh is shown', async () => {
    await using bff = await openMobileBff();
    await bff.ask('orders');
    const newest = await shop.placeOrder(1, [7]);
    expect((await bff.ask('orders')).body.orders[0].id).toBe(newest);
  });

  it('shows nobody what was kept for another', async () => {
    await using bff = await openMobileBff();
    await bff.ask('home');
    // The address of the user's part is the same for everybody.
    await shop.doors.users.shut();
    const { body } = await bff.ask('home', shop.token({ sub: '3' }));
    expect([body.user, body.degraded]).toEqual([null, ['user']]);
  });

  it('shows no payment of an order that cannot be had', async () => {
    await using bff = await openMobileBff();
    await shop.doors.orders.shut();
    const { body } = await bff.ask(`orders/${orderId}`);
    expect(body).toEqual({ order: null, payment: null, degraded: ['order'] });
  });

  it('is 503 where there is nothing else on the screen', async () => {
    await using bff = await openMobileBff();
    await shop.doors.orders.shut();
    const { status, body, headers } = await bff.ask('orders');
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'nothing-to-show', '2']);
  });
});

describe('a service that is slow or broken', () => {
  it('costs its part, and no more time than the bound', async () => {
    await using bff = await openMobileBff({ timeout: 300 });
    await bff.ask('home');
    shop.doors.notifications.pause();
    const { status, body } = await bff.ask('home', shop.token({ sub: '3' }));
    expect([status, body.news, body.degraded]).toEqual([200, null, ['news']]);
    expect((await askAt(bff.url, '/metrics', '')).body).toContain(
      'peer_requests_total{peer="notifications",outcome="timeout"} 1',
    );
    expect((await askAt(bff.url, '/metrics', '')).body).toContain('screen_parts_total{outcome="missing"} 1');
  });

  it.each([
    [500, '{}'],
    [200, '<html>'],
    [200, '{"orders":{}}'],
  ])('costs its part: %i %s', async (status, text) => {
    await using peer = await openPeer((_, res) => void res.writeHead(status).end(text));
    await using bff = await openMobileBff({ urls: { orders: peer.url } });
    expect((await bff.ask('home')).body).toMatchObject({ orders: null, degraded: ['orders'] });
  });

  it('is not what one is that refuses the caller: then the phone has to know', async () => {
    await using peer = await openPeer((_, res) => void res.writeHead(401).end('{}'));
    await using bff = await openMobileBff({ urls: { users: peer.url } });
    const { status, body } = await bff.ask('home');
    expect([status, body.code]).toEqual([401, 'token-refused']);
  });
});
