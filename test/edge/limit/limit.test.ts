import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../gateway/schema.ts';
import { sendRaw, valuesOf } from '../../kit/raw.ts';
import { echo } from '../../kit/upstream.ts';
import { openWorld } from '../../kit/world.ts';

const upstreams = { legacy: echo('legacy'), orders: echo('orders') };

/** @param edge what stands under `edge:`. @param route more of the route `orders`, on `/orders`, in stage migrated. */
const yaml = (edge: string, route = '', top = ''): string => `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
${top}
edge: { ${edge} }
routes:
  orders: { match: [/orders, /orders/*], service: orders, data: synced, stage: migrated${route} }
`;

const open = (edge: string, route = '', top = '') => openWorld(yaml(edge, route, top), upstreams);

type Fields = Record<string, string>;

async function ask(url: string, path: string, headers: Fields = {}, method = 'GET'): Promise<Response> {
  const answer = await fetch(`${url}${path}`, { headers, method });
  await answer.arrayBuffer();
  return answer;
}

async function statuses(times: number, ...asked: Parameters<typeof ask>): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < times; i++) found.push((await ask(...asked)).status);
  return found;
}

describe('a limit', () => {
  it('lets so many requests of a client pass, and answers 429 with problem and Retry-After beyond', async () => {
    await using world = await open('limit: 3/1m');
    expect(await statuses(3, world.url, '/orders/1')).toEqual([200, 200, 200]);
    const refused = await fetch(`${world.url}/orders/1`);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'limit-exceeded', status: 429 });
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).toBeGreaterThan(50);
    expect(seconds).toBeLessThanOrEqual(60);
    expect(world.upstreams.orders.seen).toHaveLength(3);
  });

  it('says in RateLimit and RateLimit-Policy what is left', async () => {
    await using world = await open('limit: 2/1m');
    const fields = async () => {
      const { headers } = await ask(world.url, '/orders');
      return [headers.get('ratelimit-policy'), headers.get('ratelimit')?.replace(/t=(?:60|59|58)$/, 't=60')];
    };
    expect(await fields()).toEqual(['"client";q=2;w=60', '"client";r=1;t=60']);
    expect(await fields()).toEqual(['"client";q=2;w=60', '"client";r=0;t=60']);
    expect(await fields()).toEqual(['"client";q=2;w=60', '"client";r=0;t=60']);
  });

  it('begins again when its window ends', async () => {
    await using world = await open('limit: 2/2s');
    expect(await statuses(3, world.url, '/orders')).toEqual([200, 200, 429]);
    await expect
      .poll(async () => (await ask(world.url, '/orders')).status, { interval: 50, timeout: 5000 })
      .toBe(200);
  });

  it('of a route replaces the default, and each route counts for itself', async () => {
    await using world = await open(
      'limit: 1/1m',
      `, limit: 3/1m }
  carts: { match: [/carts], service: orders, data: synced, stage: migrated }
  lists: { match: [/lists], service: orders, data: synced, stage: migrated`,
    );
    expect(await statuses(4, world.url, '/orders')).toEqual([200, 200, 200, 429]);
    expect(await statuses(2, world.url, '/carts')).toEqual([200, 429]);
    expect(await statuses(2, world.url, '/lists')).toEqual([200, 429]);
  });

  it('leaves unclaimed traffic alone, which has its own', async () => {
    await using world = await open('limit: 1/1m');
    expect(await statuses(3, world.url, '/other')).toEqual([200, 200, 200]);
    await world.edit(yaml('limit: 1/1m, unclaimed: { limit: 2/1m }'));
    expect(await statuses(3, world.url, '/other')).toEqual([200, 200, 429]);
  });

  it('guards a near miss like the route it misses', async () => {
    await using world = await open('limit: 1/1m');
    expect(await statuses(2, world.url, '/Orders/1')).toEqual([200, 429]);
  });

  it('by a header counts each value, and whoever lacks it by the address', async () => {
    await using world = await open('', ', limit: { requests: 1, window: 1m, by: "header:X-Tenant" }');
    expect(await statuses(2, world.url, '/orders', { 'x-tenant': 'one' })).toEqual([200, 429]);
    expect(await statuses(2, world.url, '/orders', { 'x-tenant': 'two' })).toEqual([200, 429]);
    expect(await statuses(2, world.url, '/orders')).toEqual([200, 429]);
  });

  it('lets a preflight pass that the gateway does not answer', async () => {
    await using world = await open('limit: 1/1m');
    const preflight = { origin: 'https://shop.example.com', 'access-control-request-method': 'POST' };
    expect(await statuses(2, world.url, '/orders')).toEqual([200, 429]);
    expect(await statuses(2, world.url, '/orders', preflight, 'OPTIONS')).toEqual([200, 200]);
    expect((await ask(world.url, '/orders', {}, 'OPTIONS')).status).toBe(429);
  });

  it('counts WebSocket upgrades too', async () => {
    await using world = await open('limit: 1/1m');
    await ask(world.url, '/orders');
    const refused = await sendRaw(
      world.url,
      'GET /orders HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n',
    );
    expect([refused.status, valuesOf(refused.fields, 'retry-after')]).toEqual([
      429,
      [expect.stringMatching(/^(?:60|5\d)$/)],
    ]);
    expect(world.upstreams.orders.seen).toHaveLength(1);
  });

  it('is counted as a refusal of the guard `limit`', async () => {
    await using world = await open('limit: 1/1m');
    await statuses(3, world.url, '/orders');
    const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
    expect(metrics).toContain(
      'figway_refusals_total{route="orders",guard="limit",code="limit-exceeded",mode="enforce"} 2',
    );
    expect(metrics).not.toContain('figway_limit_store_up 1');
  });
});

describe('an observed limit', () => {
  it('is the default in legacy and shadow: nothing is refused, nothing is said, all is counted', async () => {
    await using world = await openWorld(yaml('limit: 1/1m').replace('migrated', 'legacy'), upstreams);
    const answers = [await ask(world.url, '/orders'), await ask(world.url, '/orders')];
    expect(answers.map(answer => [answer.status, answer.headers.get('ratelimit')])).toEqual([
      [200, null],
      [200, null],
    ]);
    const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
    expect(metrics).toContain(
      'figway_refusals_total{route="orders",guard="limit",code="limit-exceeded",mode="observe"} 1',
    );
  });

  it('enforces there where it says so', async () => {
    const enforcing = yaml('', ', limit: { requests: 1, window: 1m, mode: enforce }');
    await using world = await openWorld(enforcing.replace('migrated', 'legacy'), upstreams);
    expect(await statuses(2, world.url, '/orders')).toEqual([200, 429]);
  });
});

describe('clients by their address', () => {
  const trusting = 'trust: [loopback]';
  const from = (address: string): Fields => ({ 'x-forwarded-for': address });

  it('a forged X-Forwarded-For has no effect', async () => {
    await using world = await open('limit: 2/1m');
    const found = [];
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      found.push((await ask(world.url, '/orders', from(address))).status);
    expect(found).toEqual([200, 200, 429]);
  });

  it('one forged behind a trusted proxy has none either: the address counts that the proxy added', async () => {
    await using world = await open('limit: 2/1m', '', trusting);
    const found = [];
    for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3'])
      found.push((await ask(world.url, '/orders', from(`${address}, 198.51.100.7`))).status);
    expect(found).toEqual([200, 200, 429]);
  });

  it('IPv6 addresses of one /56 are one client, of the next another', async () => {
    await using world = await open('limit: 3/1m', '', trusting);
    const of = async (address: string) => (await ask(world.url, '/orders', from(address))).status;
    const inside = [
      '2001:db8:0:1200::1',
      '2001:db8:0:12ff::1',
      '2001:DB8:0:1234:5678::9',
      '2001:db8::12aa:0:0:0:1',
    ];
    const found = [];
    for (const address of inside) found.push(await of(address));
    expect(found).toEqual([200, 200, 200, 429]);
    expect(await of('2001:db8:0:1300::1')).toBe(200);
  });
});

describe('the total', () => {
  it('counts the requests of all clients, claimed and unclaimed', async () => {
    await using world = await open('total: 3/1m', '', 'trust: [loopback]');
    const found = [];
    for (const [i, path] of ['/orders', '/other', '/orders', '/other'].entries())
      found.push((await ask(world.url, path, { 'x-forwarded-for': `192.0.2.${i}` })).status);
    expect(found).toEqual([200, 200, 200, 429]);
    expect((await ask(world.url, '/orders')).headers.get('retry-after')).toMatch(/^(?:60|5\d)$/);
  });

  it('enforces in every stage: claiming a route does not open it', async () => {
    await using world = await openWorld(yaml('total: 1/1m').replace('migrated', 'legacy'), upstreams);
    expect(await statuses(2, world.url, '/orders')).toEqual([200, 429]);
  });

  it('is not used up by a client that is over its own limit', async () => {
    await using world = await open('limit: 1/1m, total: 3/1m', '', 'trust: [loopback]');
    await statuses(5, world.url, '/orders', { 'x-forwarded-for': '192.0.2.1' });
    expect((await ask(world.url, '/orders', { 'x-forwarded-for': '192.0.2.2' })).status).toBe(200);
  });
});

describe('counters', () => {
  it('live on over a reload that leaves their rule as it was', async () => {
    await using world = await open('limit: 2/1m');
    await ask(world.url, '/orders');
    expect((await world.edit(yaml('limit: 2/1m, maxBody: 1MiB'))).isGood).toBe(true);
    expect(await statuses(2, world.url, '/orders')).toEqual([200, 429]);
  });

  it('live on over a reload that is refused', async () => {
    await using world = await open('limit: 2/1m');
    await ask(world.url, '/orders');
    expect((await world.edit(yaml('limit: many'))).isGood).toBe(false);
    expect(await statuses(2, world.url, '/orders')).toEqual([200, 429]);
  });

  it('begin anew where the rule is another', async () => {
    await using world = await open('limit: 1/1m');
    expect(await statuses(2, world.url, '/orders')).toEqual([200, 429]);
    await world.edit(yaml('limit: 2/1m'));
    expect(await statuses(3, world.url, '/orders')).toEqual([200, 200, 429]);
  });
});

describe('a limit in the file', () => {
  const problemsOf = async (edge: string, route = '', top = ''): Promise<string[]> => {
    const { problems } = await loadConfig(
      'routes.yaml',
      { legacy: 'http://127.0.0.1:1', orders: 'http://127.0.0.1:2' },
      { read: async () => yaml(edge, route, top) },
    );
    return problems
      .filter(({ severity }) => severity === 'error')
      .map(({ path, message }) => `${path.join('.')}: ${message}`);
  };

  it.each([
    ['limit: 0/1m', 'edge.limit: expected 1 to 1000000000 requests, got 0'],
    ['limit: 5/50ms', 'edge.limit: expected a window from 100ms to 31d, got 50ms'],
    ['total: 5/32d', 'edge.total: expected a window from 100ms to 31d, got 32d'],
    ['bruteForce: 0/1m', 'edge.bruteForce: expected 1 to 1000000000 requests, got 0'],
    ['unclaimed: { limit: 0/1s }', 'edge.unclaimed.limit: expected 1 to 1000000000 requests, got 0'],
    [
      'limit: { requests: 1, window: 1ms, by: ip }',
      'edge.limit.window: expected a window from 100ms to 31d, got 1ms',
    ],
    [
      'limit: { requests: 1, window: 1m, by: "header:" }',
      'edge.limit.by: expected client, user, ip, key or header:NAME, got header:',
    ],
    [
      'limit: { requests: 1, window: 1m, by: "header:a b" }',
      'edge.limit.by: expected client, user, ip, key or header:NAME, got header:a b',
    ],
  ])('is refused: %s', async (edge, problem) => {
    expect(await problemsOf(edge)).toEqual([problem]);
  });

  it('is refused for a route too', async () => {
    expect(await problemsOf('', ', limit: 0/1m')).toEqual([
      'routes.orders.limit: expected 1 to 1000000000 requests, got 0',
    ]);
  });

  it.each(['http://h:1', 'redis:', 'redis//h', 'redis://h/x', 'user:hunter2@h'])(
    'a Redis address that is none is refused, and not shown: %s',
    async address => {
      const problems = await problemsOf('', '', `redis: ${JSON.stringify(address)}`);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^redis: expected an address such as/);
      expect(problems[0]).not.toContain('hunter2');
    },
  );

  it.each(['', 'redis://127.0.0.1:6379', 'rediss://me:secret@cache.example.com/2', 'redis://[::1]:6379'])(
    'a Redis address is taken: %s',
    async address => {
      expect(await problemsOf('', '', `redis: ${JSON.stringify(address)}`)).toEqual([]);
    },
  );
});
