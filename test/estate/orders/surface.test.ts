import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../extracted-services/chassis/auth.ts';
import { openapi } from '../../../extracted-services/orders/openapi.ts';
import { bankersTax } from '../../../extracted-services/orders/present.ts';
import { asLegacy, type Switches } from '../../../extracted-services/orders/switches.ts';
import { type Monolith, startMonolith } from '../../../legacy-monolith/monolith.ts';
import { feedOf, internalToken } from '../../kit/internal-client.ts';
import { type Issuer, openIssuer } from '../../kit/issuer.ts';
import { operationsOf, validatorOf } from '../../kit/openapi.ts';
import { type OrdersRig, openOrders } from '../../kit/orders.ts';

let folder: string;
let monolith: Monolith;
let issuer: Issuer;
let service: OrdersRig;

const authority = () =>
  createAuthority({ issuers: [{ issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' }] });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'figway-orders-'));
  monolith = await startMonolith({ port: 0, internalToken });
  issuer = await openIssuer();
  service = await openOrders({ legacy: feedOf(monolith.url), authority: authority() });
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await issuer[Symbol.asyncDispose]();
  await monolith.close();
  await rm(folder, { recursive: true });
});

interface Ask {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** As user 1, a customer with both scopes, unless `claims` says otherwise. */
const ask = (
  method: string,
  path: string,
  { claims, headers, body }: Ask = {},
  to = service,
): Promise<Response> =>
  fetch(to.url + path, {
    method,
    headers: {
      authorization: `Bearer ${issuer.token({ sub: '1', scope: 'orders:read orders:write', ...claims })}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body }),
  });
const get = (path: string, more?: Ask) => ask('GET', path, more);
const post = (body: string, headers: Record<string, string> = {}) =>
  ask('POST', '/v1/orders', { body, headers });
const wanted = '{"user_id":1,"lines":[{"product_id":3,"quantity":2}],"card":"4111111111111111"}';

describe('who may', () => {
  it('nobody without a token, and nobody without the scope', async () => {
    for (const [method, path] of [
      ['GET', '/v1/orders'],
      ['GET', '/v1/orders/42'],
      ['GET', '/v1/orders/42/lines'],
      ['GET', '/v1/digests/orders'],
      ['POST', '/v1/orders'],
      ['POST', '/v1/orders/1000000/cancel'],
    ] as const) {
      const nobody = await fetch(service.url + path, { method });
      expect([method, path, nobody.status]).toEqual([method, path, 401]);
      const scope = method === 'GET' ? 'orders:write' : 'orders:read';
      const body = method === 'POST' ? { body: wanted } : {};
      expect((await ask(method, path, { claims: { scope }, ...body })).status).toBe(403);
    }
  });

  it('people place orders for themselves; services and staff for anybody', async () => {
    const body = wanted.replace('"user_id":1', '"user_id":2');
    expect((await ask('POST', '/v1/orders', { body })).status).toBe(403);
    for (const claims of [
      { sub: '2' },
      { roles: ['staff'] },
      { sub: 'service:web-bff', client_id: 'web-bff' },
    ]) {
      // Nobody is there to reserve at: it is taken, and not decided yet.
      expect((await ask('POST', '/v1/orders', { body, claims })).status).toBe(202);
    }
  });

  it('whoever may read reads all, as at the monolith, unless told to show people their own', async () => {
    expect(await (await get('/v1/orders/42')).json()).toMatchObject({ user_id: 113 });
    await using own = await openOrders({
      legacy: feedOf(monolith.url),
      authority: authority(),
      more: { switches: { ...asLegacy, readers: 'own' } },
    });
    expect(await (await ask('GET', '/v1/orders/42', {}, own)).json()).toEqual({ error: 'order not found' });
    const list = await ask('GET', '/v1/orders?user_id=113&limit=500', {}, own);
    const { orders } = (await list.json()) as { orders: { user_id: number }[] };
    expect(new Set(orders.map(order => order.user_id))).toEqual(new Set([1]));
    for (const claims of [{ sub: '113' }, { roles: ['staff'] }, { sub: 'key:partner' }]) {
      const answer = await ask('GET', '/v1/orders/42', { claims }, own);
      expect(await answer.json()).toMatchObject({ user_id: 113 });
    }
  });

  it('asks nobody on loopback if told so, and refuses to do that elsewhere', async () => {
    await using open = await openOrders();
    expect((await fetch(`${open.url}/v1/orders`)).status).toBe(200);
    await expect(openOrders({ listen: { host: '0.0.0.0', port: 0 } })).rejects.toThrow(
      'ORDERS_AUTH: off is for loopback alone, and it listens on 0.0.0.0',
    );
  });
});

describe('placing an order', () => {
  it.each([
    ['[]', ['$']],
    ['{"user_id":0,"lines":[]}', ['user_id', 'lines', 'card']],
    [
      '{"user_id":1,"card":"41","lines":[{"product_id":1,"quantity":100},{}]}',
      ['lines[0].quantity', 'lines[1].product_id', 'lines[1].quantity', 'card'],
    ],
    [wanted.replace('"product_id":3', '"product_id":9999'), ['lines[0].product_id']],
  ])('names every field that is wrong in %s', async (body, fields) => {
    const answer = await post(body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    const problem = (await answer.json()) as { code: string; errors: { field: string }[] };
    expect(problem.code).toBe('bad-order');
    expect(problem.errors.map(error => error.field)).toEqual(fields);
  });

  it('names a user whom it does not know, beside the products', async () => {
    const body = '{"user_id":9999,"lines":[{"product_id":9999,"quantity":1}],"card":"4111111111111111"}';
    const answer = await ask('POST', '/v1/orders', { body, claims: { roles: ['staff'] } });
    const { errors } = (await answer.json()) as { errors: { field: string }[] };
    expect(errors.map(({ field }) => field)).toEqual(['user_id', 'lines[0].product_id']);
  });

  it('never says the card number back', async () => {
    const answer = await post(wanted.replace('4111111111111111', '411111111111111x'));
    expect(answer.status).toBe(400);
    expect(await answer.text()).not.toContain('411111111111111');
  });

  it('refuses what is no JSON, another type, and a body above 64 KiB, declared or not', async () => {
    expect(await (await post('{')).json()).toMatchObject({ status: 400, code: 'bad-json' });
    expect((await post(wanted, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(`"${'x'.repeat(70_000)}"`)).status).toBe(413);
    const token = issuer.token({ sub: '1', scope: 'orders:write' });
    const req = request(`${service.url}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    });
    req.on('error', () => {});
    req.write('x'.repeat(40_000));
    req.write('x'.repeat(40_000));
    const [res] = await once(req, 'response');
    expect(res.statusCode).toBe(413);
    req.destroy();
  });
});

describe('the surface', () => {
  it('is described: every answer that exists has its place in openapi.json, and the other way round', async () => {
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as typeof openapi;
    expect(document).toEqual(JSON.parse(JSON.stringify(openapi)));
    const operations = operationsOf(openapi as unknown as Parameters<typeof operationsOf>[0]);
    for (const path of Object.keys(openapi.paths)) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await ask(method, path.replace('{id}', '1'), method === 'POST' ? { body: '{}' } : {});
        const isThere = operations.includes(`${method} ${path.replace('{id}', ':id')}`);
        expect([method, path, answer.status !== 405]).toEqual([method, path, isThere]);
      }
    }
    expect((await get('/v2/orders')).status).toBe(404);
  });

  it('answers in the shape that it describes', async () => {
    const isOrder = validatorOf(openapi as unknown as Parameters<typeof validatorOf>[0], 'Order');
    expect(isOrder(await (await get('/v1/orders/42')).json())).toBe(true);
    expect(isOrder(await (await post(wanted)).json())).toBe(true);
  });

  it('says which methods a path has', async () => {
    const answer = await ask('DELETE', '/v1/orders');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it.each(['limit=501', 'limit=x', 'user_id=-1', 'before=0'])('names the field in ?%s', async query => {
    const answer = await get(`/v1/orders?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ field: query.split('=')[0] }] });
  });

  it('lists newest first where a page is asked for, page after page, none twice', async () => {
    const ids: number[] = [];
    for (let next: number | undefined = 2000; next; ) {
      const answer = await get(`/v1/orders?limit=500&before=${next}`);
      const page = (await answer.json()) as { orders: { order_id: number }[]; next?: number };
      ids.push(...page.orders.map(order => order.order_id));
      next = page.next;
    }
    expect(ids).toEqual(Array.from({ length: 1999 }, (_, index) => 1999 - index));
  });

  it('counts requests by route and status, and never by path', async () => {
    await get('/v1/orders/7');
    await get('/secret/path');
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toContain(
      'http_server_request_duration_seconds_count{http_route="/v1/orders/:id",http_request_method="GET",http_response_status_code="200"}',
    );
    expect(text).not.toContain('secret');
  });

  it('logs each request as JSON with the trace and the request that it belongs to', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01`, 'x-request-id': 'r-1' };
    await get('/v1/orders/7', { headers });
    await expect
      .poll(() => service.log.find(line => line.request_id === 'r-1'))
      .toMatchObject({
        level: 'info',
        service: 'orders',
        trace_id: trace,
        method: 'GET',
        route: '/v1/orders/:id',
        status: 200,
      });
  });
});

/** What a switch makes of an answer; the others stay as the monolith is. */
async function switched(change: Partial<Switches>, path: string): Promise<Response> {
  await using rig = await openOrders({
    legacy: feedOf(monolith.url),
    more: { switches: { ...asLegacy, ...change } },
  });
  return new Response(await (await fetch(rig.url + path)).text());
}

describe('the honest differences, each behind its switch', () => {
  it('rounds the tax as banks do, for one order in a hundred and fifty', async () => {
    const totals = async (change: Partial<Switches>) => {
      const answer = await switched(change, '/v1/orders?limit=500&before=2401');
      const { orders } = (await answer.json()) as {
        orders: { total: string; tax_total: string; net_total: string }[];
      };
      return orders;
    };
    const [ours, theirs] = [await totals({ taxRounding: 'half-even' }), await totals({})];
    const different = ours.filter((order, index) => order.tax_total !== theirs[index]?.tax_total);
    expect(different.length).toBeGreaterThanOrEqual(1);
    expect(different.length).toBeLessThanOrEqual(8);
    const cents = (money: string): number => Number(money.replace('.', ''));
    for (const order of ours) {
      expect(cents(order.net_total) + cents(order.tax_total)).toBe(cents(order.total));
    }
    // 19/119 of 60 cents is 9.5798, of 22 cents 3.5126, of 16 cents 2.5546: cut and rounded like any other.
    expect([60, 22, 16, 119].map(bankersTax)).toEqual([10, 4, 3, 19]);
  });

  it.each([
    ['leaves out a field', { missingField: 'currency' }, '/v1/orders/42', { currency: undefined }],
    [
      'tells times in UTC',
      { timeZone: 'utc' },
      '/v1/orders/42',
      { placed_at: '2024-03-16 16:07:07', updated_at: '2024-03-20 16:07:07' },
    ],
  ] as const)('%s', async (_, change, path, expected) => {
    const body = (await (await switched(change, path)).json()) as object;
    const legacy = (await (await get(path)).json()) as object;
    expect(body).toEqual({ ...legacy, ...expected });
    expect(body).not.toEqual(legacy);
  });

  it('answers 404 for an order that is not there', async () => {
    await using strict = await openOrders({ more: { switches: { ...asLegacy, unknown: 'problem' } } });
    const answer = await fetch(`${strict.url}/v1/orders/1`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'order-not-found', detail: 'there is no order 1' }),
    ]);
  });

  it('lists newest first', async () => {
    const answer = await switched({ listOrder: 'newest-first' }, '/v1/orders?limit=3');
    const { orders, next } = (await answer.json()) as { orders: { order_id: number }[]; next: number };
    expect([orders.map(order => order.order_id), next]).toEqual([[2400, 2399, 2398], 2398]);
  });

  it('takes its time', async () => {
    await using slow = await openOrders({ more: { switches: { ...asLegacy, delay: 'slow' } } });
    const began = performance.now();
    await fetch(`${slow.url}/v1/orders/1`);
    expect(performance.now() - began).toBeGreaterThanOrEqual(149);
  });

  it('fails for one order in a hundred, whose tax is whole euros', async () => {
    const page = (await (await get('/v1/orders?limit=500&before=2401')).json()) as {
      orders: { order_id: number; tax_total: string }[];
    };
    const rare = page.orders.filter(order => order.tax_total.endsWith('.00'));
    expect(rare.length).toBeGreaterThanOrEqual(1);
    await using rig = await openOrders({
      legacy: feedOf(monolith.url),
      more: { switches: { ...asLegacy, rareFailure: 'whole-tax' } },
    });
    expect((await fetch(`${rig.url}/v1/orders/${rare[0]?.order_id}`)).status).toBe(500);
    expect((await fetch(`${rig.url}/v1/orders/42`)).status).toBe(200);
  });
});

describe('stopping', () => {
  it('answers what is under way, and says that it drains', async () => {
    await using stopping = await openOrders();
    const req = request(`${stopping.url}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    const answered = once(req, 'response');
    req.write('{"user_id":');
    await once(req, 'socket');
    await expect.poll(async () => (await fetch(`${stopping.url}/readyz`)).status).toBe(200);
    const closed = stopping.service.close();
    req.end('1}');
    const [res] = await answered;
    expect(res.statusCode).toBe(400);
    res.resume();
    await closed;
    await expect(fetch(`${stopping.url}/livez`)).rejects.toThrow();
  });

  it('keeps what it has for the next start', async () => {
    const database = { file: join(folder, 'kept.db') };
    await (await openOrders({ database, legacy: feedOf(monolith.url) }))[Symbol.asyncDispose]();
    await using again = await openOrders({ database, legacy: feedOf('http://127.0.0.1:1') });
    expect(await (await fetch(`${again.url}/v1/orders/42`)).json()).toMatchObject({ total: '289.05' });
    // What it has not, the money of the monolith's orders, it says so.
    const away = await fetch(`${again.url}/v1/orders/42/cancel`, { method: 'POST' });
    expect([away.status, await away.json()]).toEqual([
      503,
      expect.objectContaining({ code: 'monolith-away' }),
    ]);
  });
});
