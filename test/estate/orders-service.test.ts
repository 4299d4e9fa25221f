import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../../extracted-services/chassis/service.ts';
import { openapi } from '../../extracted-services/orders/openapi.ts';
import { startOrders } from '../../extracted-services/orders/service.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';

let folder: string;
let service: Service;
const log: Record<string, unknown>[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'figway-orders-'));
  const legacy = join(folder, 'legacy.db');
  await (await startMonolith({ port: 0, database: legacy })).close();
  service = await startOrders({
    port: 0,
    database: join(folder, 'orders.db'),
    backfillFrom: legacy,
    now: () => Date.UTC(2026, 2, 4, 4, 6, 7),
    log: line => log.push(JSON.parse(line)),
  });
});
afterAll(async () => {
  await service.close();
  await rm(folder, { recursive: true });
});

const post = (body: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${service.url}/v1/orders`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
const wanted = '{"user_id":1,"lines":[{"product_id":3,"quantity":2}]}';

describe('placing an order', () => {
  it('answers 201 with the order, priced from its own copies, under an id above all of the monolith', async () => {
    const answer = await post(wanted);
    const order = (await answer.json()) as Record<string, unknown>;
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/v1/orders/${order.order_id}`);
    expect(order.order_id).toBeGreaterThanOrEqual(1_000_000);
    expect(order).toMatchObject({
      customer_name: 'Alice Liddell',
      total: '61.90',
      tax_total: '9.88',
      net_total: '52.02',
      placed_at: '2026-03-04 05:06:07',
    });
    const read = await fetch(`${service.url}/v1/orders/${order.order_id}`);
    expect(await read.json()).toEqual(order);
  });

  it('places one order for one idempotency key, however often it is sent', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => post(wanted, { 'idempotency-key': 'k-1' })));
    const bodies = await Promise.all(answers.map(answer => answer.text()));
    expect(new Set(bodies).size).toBe(1);
    const replayed = answers.filter(answer => answer.headers.get('idempotent-replayed') === 'true');
    expect(replayed).toHaveLength(2);
  });

  it('refuses a key that was used for another order', async () => {
    await post(wanted, { 'idempotency-key': 'k-2' });
    const answer = await post(wanted.replace('2}', '3}'), { 'idempotency-key': 'k-2' });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ code: 'idempotency-key-reused' });
  });

  it('forgets the key of an order that was refused', async () => {
    const headers = { 'idempotency-key': 'k-3' };
    expect((await post(wanted.replace('"user_id":1', '"user_id":9999'), headers)).status).toBe(400);
    expect((await post(wanted, headers)).status).toBe(201);
  });

  it.each([
    ['{', ['$']],
    ['[]', ['$']],
    ['{"user_id":0,"lines":[]}', ['user_id', 'lines']],
    [
      '{"user_id":1,"lines":[{"product_id":1,"quantity":100},{}]}',
      ['lines[0].quantity', 'lines[1].product_id', 'lines[1].quantity'],
    ],
    ['{"user_id":9999,"lines":[{"product_id":9999,"quantity":1}]}', ['user_id', 'lines[0].product_id']],
  ])('names every field that is wrong in %s', async (body, fields) => {
    const answer = await post(body);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([400, 'application/problem+json']);
    const problem = (await answer.json()) as { code: string; errors: { field: string }[] };
    expect(problem.code).toBe('bad-order');
    expect(problem.errors.map(error => error.field)).toEqual(fields);
  });

  it('refuses a body above 64 KiB, declared or not', async () => {
    expect((await post(`"${'x'.repeat(70_000)}"`)).status).toBe(413);
    const req = request(`${service.url}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    req.on('error', () => {});
    req.write('x'.repeat(40_000));
    req.write('x'.repeat(40_000));
    const [res] = await once(req, 'response');
    expect(res.statusCode).toBe(413);
    req.destroy();
  });

  it('refuses a body that is not JSON by its type', async () => {
    expect((await post(wanted, { 'content-type': 'text/plain' })).status).toBe(415);
  });
});

describe('the surface', () => {
  it('is described: every answer that exists has its place in openapi.json, and the other way round', async () => {
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as typeof openapi;
    expect(document).toEqual(openapi);
    for (const [path, operations] of Object.entries(openapi.paths)) {
      for (const method of ['get', 'post', 'delete']) {
        const init = method === 'post' ? { method, body: '{}' } : { method };
        const answer = await fetch(service.url + path.replace('{id}', '1'), init);
        if (method in operations) expect([404, 405]).not.toContain(answer.status);
        else expect([path, method, answer.status]).toEqual([path, method, 405]);
      }
    }
    expect((await fetch(`${service.url}/v2/orders`)).status).toBe(404);
  });

  it('says which methods a path has', async () => {
    const answer = await fetch(`${service.url}/v1/orders`, { method: 'DELETE' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
  });

  it.each(['limit=501', 'limit=x', 'user_id=-1', 'before=0'])('names the field in ?%s', async query => {
    const answer = await fetch(`${service.url}/v1/orders?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ field: query.split('=')[0] }] });
  });

  it('lists newest first, page after page, none twice', async () => {
    const ids: number[] = [];
    for (let next: number | undefined = 2000; next; ) {
      const answer = await fetch(`${service.url}/v1/orders?limit=500&before=${next}`);
      const page = (await answer.json()) as { orders: { order_id: number }[]; next?: number };
      ids.push(...page.orders.map(order => order.order_id));
      next = page.next;
    }
    expect(ids).toEqual(Array.from({ length: 1999 }, (_, index) => 1999 - index));
  });

  it('answers 404 for an order that is not there, if told to', async () => {
    const strict = await startOrders({ port: 0, unknownOrder: 'problem' });
    const answer = await fetch(`${strict.url}/v1/orders/1`);
    expect([answer.status, await answer.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'order-not-found', detail: 'there is no order 1' }),
    ]);
    await strict.close();
  });

  it('counts requests by route and status, and never by path', async () => {
    await fetch(`${service.url}/v1/orders/7`);
    await fetch(`${service.url}/secret/path`);
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toContain(
      'http_server_request_duration_seconds_count{http_route="/v1/orders/:id",http_request_method="GET",http_response_status_code="200"}',
    );
    expect(text).not.toContain('secret');
  });

  it('logs each request as JSON with the trace and the request that it belongs to', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01`, 'x-request-id': 'r-1' };
    await fetch(`${service.url}/v1/orders/7`, { headers });
    await expect
      .poll(() => log.find(line => line.request_id === 'r-1'))
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

describe('stopping', () => {
  it('answers what is under way, and says that it drains', async () => {
    const stopping = await startOrders({ port: 0 });
    const req = request(`${stopping.url}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    const answered = once(req, 'response');
    req.write('{"user_id":');
    await once(req, 'socket');
    await expect.poll(async () => (await fetch(`${stopping.url}/readyz`)).status).toBe(200);
    const closed = stopping.close();
    req.end('1}');
    const [res] = await answered;
    expect(res.statusCode).toBe(400);
    res.resume();
    await closed;
    await expect(fetch(`${stopping.url}/livez`)).rejects.toThrow();
  });

  it('keeps what it has for the next start', async () => {
    const database = join(folder, 'kept.db');
    const legacy = join(folder, 'legacy.db');
    await (await startOrders({ port: 0, database, backfillFrom: legacy })).close();
    const again = await startOrders({ port: 0, database, backfillFrom: join(folder, 'gone.db') });
    expect(await (await fetch(`${again.url}/v1/orders/42`)).json()).toMatchObject({ total: '289.05' });
    await again.close();
  });
});
