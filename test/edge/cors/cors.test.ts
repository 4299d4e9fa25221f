import { describe, expect, it } from 'vitest';
import { compileOrigins } from '../../../gateway/edge/cors/origins.ts';
import { errorsOf, loadTexts } from '../../kit/config.ts';
import { openWorld } from '../../kit/world.ts';

const shop = 'https://shop.example.com';

/** Upstreams that say CORS fields of their own. */
const openShop = (edge: string, more = '', stage = 'migrated, data: synced') =>
  openWorld(
    `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
edge: { ${edge} }
routes:
  orders: { match: [GET /orders, PUT /orders, DELETE /orders], service: orders, stage: ${stage}${more} }
`,
    { legacy: upstream('legacy'), orders: upstream('orders') },
  );

const upstream =
  (name: string) =>
  (_: unknown, res: import('node:http').ServerResponse): void => {
    res.setHeader('Access-Control-Allow-Origin', 'https://evil.example');
    res.setHeader('ACCESS-CONTROL-EXPOSE-HEADERS', 'x-inside');
    res.setHeader('Vary', 'Accept');
    res.end(name);
  };

const preflight = (url: string, origin: string, method: string, headers?: string) =>
  fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      ...(headers === undefined ? {} : { 'access-control-request-headers': headers }),
    },
  });

const corsOf = (answer: Response): Record<string, string> =>
  Object.fromEntries(
    [...answer.headers].filter(([name]) => name.startsWith('access-control-') || name === 'vary'),
  );

describe('the cors guard', () => {
  it('answers a preflight itself, by the settings', async () => {
    await using world = await openShop(
      `cors: { origins: [${shop}], methods: [PUT], headers: [X-Trace], credentials: true, maxAge: 10m }`,
    );
    const answer = await preflight(`${world.url}/orders`, shop, 'PUT', 'x-trace');
    expect(answer.status).toBe(204);
    expect(corsOf(answer)).toEqual({
      'access-control-allow-origin': shop,
      'access-control-allow-methods': 'PUT',
      'access-control-allow-headers': 'x-trace',
      'access-control-allow-credentials': 'true',
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
    expect(world.upstreams.orders.seen).toHaveLength(0);
    expect(world.upstreams.legacy.seen).toHaveLength(0);
  });

  it('allows the method and the fields that are asked for where the settings say none', async () => {
    await using world = await openShop(`cors: { origins: [${shop}] }`);
    const answer = await preflight(`${world.url}/orders`, shop, 'DELETE', 'Authorization, X-A');
    expect(corsOf(answer)).toMatchObject({
      'access-control-allow-methods': 'DELETE',
      'access-control-allow-headers': 'authorization, x-a',
    });
  });

  it.each([
    ['an origin that is not named', 'https://evil.example', 'PUT', undefined],
    ['a method that is not named', shop, 'DELETE', undefined],
    ['a field that is not named', shop, 'PUT', 'x-other'],
  ])(
    'answers a preflight for %s with 204 and nothing that allows it, and counts it',
    async (_, origin, method, headers) => {
      await using world = await openShop(`cors: { origins: [${shop}], methods: [PUT], headers: [x-trace] }`);
      const answer = await preflight(`${world.url}/orders`, origin, method, headers);
      expect(answer.status).toBe(204);
      expect(Object.keys(corsOf(answer))).toEqual(['vary']);
      const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
      expect(metrics).toContain(
        'figway_refusals_total{route="orders",guard="cors",code="origin-denied",mode="enforce"} 1',
      );
    },
  );

  it('says the fields of an answer in the place of the upstream', async () => {
    await using world = await openShop(`cors: { origins: [${shop}], credentials: true, expose: [x-total] }`);
    const allowed = await fetch(`${world.url}/orders`, { headers: { origin: shop } });
    expect(corsOf(allowed)).toEqual({
      'access-control-allow-origin': shop,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-total',
      vary: 'Accept, Origin',
    });
    const foreign = await fetch(`${world.url}/orders`, { headers: { origin: 'https://evil.example' } });
    expect([foreign.status, corsOf(foreign)]).toEqual([200, { vary: 'Accept, Origin' }]);
    const own = await fetch(`${world.url}/orders`);
    expect(corsOf(own)).toEqual({ vary: 'Accept, Origin' });
  });

  it('says them on refusals too, so that a page can read why', async () => {
    await using world = await openShop(`cors: { origins: [${shop}] }, maxBody: 4B`);
    const answer = await fetch(`${world.url}/orders`, {
      method: 'PUT',
      body: '12345',
      headers: { origin: shop },
    });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([413, shop]);
  });

  it('answers `*` where everybody may read, and then nothing varies', async () => {
    await using world = await openShop('cors: { origins: ["*"] }');
    const answer = await fetch(`${world.url}/orders`, { headers: { origin: 'https://anybody.example' } });
    expect(corsOf(answer)).toEqual({ 'access-control-allow-origin': '*', vary: 'Accept' });
  });

  it.each([
    ['where nobody configured it', '', '', 'migrated, data: synced', '/orders'],
    ['on an unclaimed path', `cors: { origins: [${shop}] }`, '', 'migrated, data: synced', '/other'],
    [
      'on a near miss',
      `cors: { origins: [${shop}] }`,
      '',
      'canary, percent: 100, by: [ip], data: synced',
      '/orders/',
    ],
    ['in stage legacy, where it observes', `cors: { origins: [${shop}] }`, '', 'legacy', '/orders'],
    [
      'where it observes',
      '',
      `, cors: { origins: [${shop}], mode: observe }`,
      'migrated, data: synced',
      '/orders',
    ],
  ])('leaves the fields of the upstream alone %s', async (_, edge, more, stage, path) => {
    await using world = await openShop(edge, more, stage);
    const answer = await fetch(`${world.url}${path}`, { headers: { origin: shop } });
    expect(corsOf(answer)).toEqual({
      'access-control-allow-origin': 'https://evil.example',
      'access-control-expose-headers': 'x-inside',
      vary: 'Accept',
    });
    expect(await (await preflight(`${world.url}${path}`, shop, 'GET')).text()).toMatch(/legacy|orders/);
  });

  it('observing, counts what a page could no longer read, but not pages of its own host', async () => {
    await using world = await openShop(`cors: { origins: [${shop}] }`, '', 'legacy');
    const own = world.url;
    for (const origin of [shop, own, 'https://evil.example'])
      await (await fetch(`${world.url}/orders`, { headers: { origin } })).text();
    await (await preflight(`${world.url}/orders`, 'https://evil.example', 'GET')).text();
    const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
    expect(metrics).toContain(
      'figway_refusals_total{route="orders",guard="cors",code="origin-denied",mode="observe"} 2',
    );
  });
});

describe('origins', () => {
  const isAllowed = compileOrigins(['https://*.example.com', 'http://localhost:3000', 'null']);

  it.each([
    'https://shop.example.com',
    'https://a.b.example.com',
    'HTTPS://Shop.Example.com',
    'http://localhost:3000',
    'null',
  ])('take %s', origin => expect(isAllowed(origin)).toBe(true));

  it.each([
    'https://example.com',
    'https://.example.com',
    'http://shop.example.com',
    'https://shop.example.com:8443',
    'https://evil.example/.example.com',
    'https://evil.example#.example.com',
    'https://user@.example.com',
    'https://shopexample.com',
    'https://shop.example.com.evil.example',
    'http://localhost:3001',
    '',
  ])('refuse %s', origin => expect(isAllowed(origin)).toBe(false));
});

describe('a config of CORS', () => {
  const load = async (cors: string) =>
    errorsOf(
      await loadTexts({
        'routes.yaml': `monolith: a\nupstreams: { a: { url: "http://x:1" } }\nedge:\n  cors: ${cors}\n`,
      }),
    );

  it.each([
    ['{ origins: ["*"], credentials: true }', 'cors-open', 'routes.yaml:4:21'],
    ['{ origins: [shop.example.com] }', 'bad-value', 'routes.yaml:4:21'],
    ['{ origins: ["https://shop.example.com/"] }', 'bad-value', 'routes.yaml:4:21'],
    ['{ origins: ["https://*"] }', 'bad-value', 'routes.yaml:4:21'],
    ['{ origins: ["https://x.y"], headers: ["a b"] }', 'bad-value', 'routes.yaml:4:47'],
  ])('%s is refused', async (cors, code, place) => {
    expect(await load(cors)).toEqual([expect.stringContaining(`[${code}] ${place} error edge.cors`)]);
  });
});
