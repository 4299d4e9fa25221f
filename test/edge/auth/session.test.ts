import { hash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startMonolith } from '../../../legacy-monolith/monolith.ts';
import { codeOf, get, post } from '../../kit/edge.ts';
import { openIssuer } from '../../kit/issuer.ts';
import { eventually } from '../../kit/proxy-rig.ts';
import { sendRaw, valuesOf } from '../../kit/raw.ts';
import { makeMintingKey, verifyMinted } from '../../kit/sessions.ts';
import { echo } from '../../kit/upstream.ts';
import { openWorld } from '../../kit/world.ts';

const mintWith = (...keys: readonly string[]): string =>
  `mint: { issuer: "https://gateway.example.com", audience: services, keys: ${JSON.stringify(keys)} }`;

const config = ({ legacy = '${legacy}', cache = '30s', more = '' } = {}): string => `
monolith: legacy
upstreams:
  legacy: { url: "${legacy}" }
  orders: { url: "\${orders}", cookies: [locale] }
auth:
  session: { cookie: shop_sid, verify: { upstream: legacy, path: /session/whoami }, cache: ${cache} }
  ${more}
edge: { cors: { origins: ["https://partner.example.com", "https://*.shop.example.com"] } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced }
  open: { match: [/open], service: orders, stage: migrated, data: synced, auth: public }
  any: { match: [/any], service: orders, stage: migrated, data: synced, cors: { origins: ["*"] } }
  staff: { match: [/staff], service: orders, stage: migrated, data: synced, auth: { roles: [staff] } }
`;

/** A monolith that knows the session `good` of alice, and answers everything else with its name. */
const whoami: RequestListener = (req, res) => {
  if (req.url !== '/session/whoami') return echo('legacy')(req, res);
  if (req.headers.cookie !== 'shop_sid=good') return void res.writeHead(401).end();
  res.end(JSON.stringify({ sub: 'alice', scopes: ['orders:read'], roles: ['customer'] }));
};

const openShop = (yaml = config(), legacy: RequestListener = whoami) =>
  openWorld(yaml, { legacy, orders: echo('orders') });

const good = 'Cookie: locale=de; shop_sid=good; theme=dark';

describe('somebody who is logged in at the monolith', () => {
  it('reaches a service without logging in again, with a token that it can verify', async () => {
    const monolith = await startMonolith({ port: 0 });
    await using shop = await openWorld(config({ legacy: monolith.url, more: mintWith(makeMintingKey()) }), {
      orders: echo('orders'),
    });
    const form = new URLSearchParams({ email: 'alice@example.com', password: 'wonderland' });
    const login = await fetch(`${shop.url}/login`, { method: 'POST', body: form, redirect: 'manual' });
    const sid = login.headers
      .getSetCookie()
      .find(cookie => cookie.startsWith('shop_sid='))
      ?.split(';')[0];
    const answer = await sendRaw(
      shop.url,
      get('/orders/1', `Cookie: locale=de; ${sid}`, 'Authorization: Basic eA=='),
    );
    expect([answer.status, JSON.parse(answer.body.toString()).from]).toEqual([200, 'orders']);
    const { headers } = shop.upstreams.orders.seen[0]!;
    expect(headers).toMatchObject({
      ...{ cookie: 'locale=de', 'x-user-id': '1', 'x-user-roles': 'customer' },
      'x-user-scopes': expect.stringContaining('orders:read orders:write'),
    });
    const { payload, header } = await verifyMinted(shop.url, headers.authorization);
    expect(header.typ).toBe('JWT');
    const scope = headers['x-user-scopes'];
    expect(payload).toMatchObject({ sub: '1', scope, roles: ['customer'] });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(60);
    expect(JSON.stringify(headers)).not.toContain(sid?.slice(9));
    expect(shop.log.join('\n')).not.toContain(sid?.slice(9));

    const page = await sendRaw(shop.url, get('/account/orders', `Cookie: ${sid}`));
    expect([page.status, page.body.includes('Log out')]).toEqual([200, true]);
    await monolith.close();
  });

  it('is out within `cache` after logging out there', async () => {
    const monolith = await startMonolith({ port: 0 });
    const yaml = config({ legacy: monolith.url, cache: '500ms', more: mintWith(makeMintingKey()) });
    await using shop = await openWorld(yaml, { orders: echo('orders') });
    const form = new URLSearchParams({ email: 'alice@example.com', password: 'wonderland' });
    const login = await fetch(`${shop.url}/login`, { method: 'POST', body: form, redirect: 'manual' });
    const cookie = login.headers
      .getSetCookie()
      .map(field => field.split(';')[0])
      .join('; ');
    const ask = () => sendRaw(shop.url, get('/orders/1', `Cookie: ${cookie}`));
    expect((await ask()).status).toBe(200);
    await fetch(`${shop.url}/logout`, { method: 'POST', headers: { cookie }, redirect: 'manual' });
    const loggedOutAt = performance.now();
    let status = 200;
    while (status === 200 && performance.now() - loggedOutAt < 5000) status = (await ask()).status;
    expect(status).toBe(401);
    expect(performance.now() - loggedOutAt).toBeLessThan(500 + 2500);
    await monolith.close();
  });

  it('is asked about once for all requests at once, with that cookie alone', async () => {
    let release = (): void => {};
    const held = new Promise<void>(resolve => {
      release = resolve;
    });
    await using shop = await openShop(config(), async (req, res) => {
      await held;
      whoami(req, res);
    });
    const asks = Array.from({ length: 20 }, () => sendRaw(shop.url, get('/orders/1', good, 'X-Secret: s')));
    await eventually(() => shop.upstreams.legacy.seen.length === 1, 'a question');
    release();
    expect(new Set((await Promise.all(asks)).map(({ status }) => status))).toEqual(new Set([200]));
    await sendRaw(shop.url, get('/orders/2', good));
    expect(shop.upstreams.legacy.seen.length).toBe(1);
    const { method, url, headers } = shop.upstreams.legacy.seen[0]!;
    expect([method, url, headers.cookie]).toEqual(['GET', '/session/whoami', 'shop_sid=good']);
    expect(Object.keys(headers).toSorted()).toEqual([
      'accept',
      'connection',
      'cookie',
      'host',
      'traceparent',
      'via',
      'x-request-id',
    ]);
    expect(shop.upstreams.orders.seen.length).toBe(21);
  });

  it('is still known after a reload that changed something else, and asked about again after one that changed it', async () => {
    await using shop = await openShop();
    const { legacy } = shop.upstreams;
    await sendRaw(shop.url, get('/orders/1', good));
    expect((await shop.edit(`${config()}debugHeaders: true\n`)).isGood).toBe(true);
    await sendRaw(shop.url, get('/orders/1', good));
    expect(legacy.seen.length).toBe(1);
    await shop.edit(config({ cache: '20s' }));
    await sendRaw(shop.url, get('/orders/1', good));
    expect(legacy.seen.length).toBe(2);
    await shop.edit(config());
    await sendRaw(shop.url, get('/orders/1', good));
    expect(legacy.seen.length).toBe(3);
  });

  it('gets to a service without a token of the gateway where none is minted', async () => {
    await using shop = await openShop();
    await sendRaw(shop.url, get('/orders/1', good, 'Authorization: Basic eDp5'));
    expect(shop.upstreams.orders.seen[0]?.headers).toMatchObject({
      ...{ authorization: 'Basic eDp5', 'x-user-id': 'alice' },
    });
  });

  it('needs the roles of a route', async () => {
    await using shop = await openShop();
    const answer = await sendRaw(shop.url, get('/staff', good));
    expect([answer.status, codeOf(answer)]).toEqual([403, 'role-missing']);
  });
});

describe('a session cookie', () => {
  it('that is wrong is 401 and never forwarded; on an open route it gives no identity', async () => {
    await using shop = await openShop(config({ more: mintWith(makeMintingKey()) }));
    const { legacy, orders } = shop.upstreams;
    const answer = await sendRaw(shop.url, get('/orders/1', 'Cookie: shop_sid=wrong'));
    expect([answer.status, codeOf(answer)]).toEqual([401, 'token-invalid']);
    expect(valuesOf(answer.fields, 'www-authenticate')[0]).toContain('error="invalid_token"');
    expect(answer.body.toString()).not.toContain('wrong');
    expect(orders.seen).toEqual([]);
    expect((await sendRaw(shop.url, get('/open', 'Cookie: shop_sid=wrong'))).status).toBe(200);
    expect(orders.seen[0]?.headers).not.toHaveProperty('x-user-id');
    expect(orders.seen[0]?.headers).not.toHaveProperty('authorization');
    // The second request was answered from the first one's 401.
    expect(legacy.seen.length).toBe(1);
  });

  it('that comes twice is 401, and nobody is asked', async () => {
    await using shop = await openShop();
    for (const lines of [
      ['Cookie: shop_sid=good; shop_sid=good'],
      ['Cookie: shop_sid=good', 'Cookie: shop_sid=evil'],
    ]) {
      const answer = await sendRaw(shop.url, get('/orders/1', ...lines));
      expect([answer.status, codeOf(answer)]).toEqual([401, 'token-invalid']);
    }
    expect(shop.upstreams.legacy.seen).toEqual([]);
  });

  it('is 503 with Retry-After while the monolith is down, and works as soon as it is back', async () => {
    await using shop = await openShop();
    await shop.upstreams.legacy.kill();
    const answer = await sendRaw(shop.url, get('/orders/1', good));
    expect([answer.status, codeOf(answer)]).toEqual([503, 'session-unreachable']);
    expect(valuesOf(answer.fields, 'retry-after')).toEqual(['1']);
    await shop.upstreams.legacy.revive();
    expect((await sendRaw(shop.url, get('/orders/1', good))).status).toBe(200);
    await shop.upstreams.legacy.kill();
    expect((await sendRaw(shop.url, get('/orders/1', good))).status).toBe(200);
  });

  it('is 503 after two seconds while the monolith hangs', async () => {
    await using shop = await openShop(config(), () => {});
    const began = performance.now();
    const answer = await sendRaw(shop.url, get('/orders/1', good));
    expect([answer.status, codeOf(answer)]).toEqual([503, 'session-unreachable']);
    expect(performance.now() - began).toBeGreaterThan(1900);
    expect(performance.now() - began).toBeLessThan(8000);
  });

  it.each([
    ['500', 500, ''],
    ['a redirect to the login', 302, ''],
    ['no JSON', 200, '<html>'],
    ['no subject', 200, '{"scopes":[]}'],
    ['a number for a subject', 200, '{"sub":1}'],
    ['the subject of an API key', 200, '{"sub":"key:partner"}'],
    ['a subject that breaks a line', 200, '{"sub":"a\\r\\nx-user-roles: admin"}'],
    ['scopes that are no list', 200, '{"sub":"alice","scopes":"admin"}'],
    ['two scopes in one', 200, '{"sub":"alice","scopes":["a b"]}'],
    ['too many roles', 200, JSON.stringify({ sub: 'alice', roles: Array(257).fill('r') })],
    ['a MiB', 200, `{"sub":"alice","x":"${'x'.repeat(1024 ** 2)}"}`],
  ])('is 503 where the monolith answers %s', async (_, status, body) => {
    await using shop = await openShop(config(), (_req, res) => void res.writeHead(status).end(body));
    const answer = await sendRaw(shop.url, get('/orders/1', good));
    expect([answer.status, codeOf(answer)]).toEqual([503, 'session-unreachable']);
    expect(answer.body.toString()).not.toContain('alice');
    expect(shop.upstreams.orders.seen).toEqual([]);
  });

  it('is not asked about where a better source is there, good or bad', async () => {
    await using issuer = await openIssuer();
    const jwt = `jwt: { issuer: "${issuer.url}", audience: shop, jwks: "${issuer.jwks}", algorithms: [ES256] }`;
    await using shop = await openShop(config({ more: `${jwt}\n  ${mintWith(makeMintingKey())}` }));
    const token = issuer.token();
    const stale = 'Cookie: shop_sid=stale';
    expect((await sendRaw(shop.url, get('/orders/1', `Authorization: Bearer ${token}`, stale))).status).toBe(
      200,
    );
    expect(shop.upstreams.orders.seen[0]?.headers.authorization).toBe(`Bearer ${token}`);
    expect((await sendRaw(shop.url, get('/orders/1', 'Authorization: Bearer bad', good))).status).toBe(401);
    expect((await sendRaw(shop.url, get('/open', 'Authorization: Bearer bad', good))).status).toBe(200);
    expect(shop.upstreams.orders.seen[1]?.headers).not.toHaveProperty('x-user-id');
    expect(shop.upstreams.legacy.seen).toEqual([]);
  });
});

describe('a cookie is ambient', () => {
  const own = (url: string) => `Origin: http://${new URL(url).host}`;

  it.each([
    ['from another origin', ['Origin: https://evil.example.com'], 403],
    [
      'from another origin that says same-site',
      ['Origin: http://evil.example.com', 'Sec-Fetch-Site: same-site'],
      403,
    ],
    ['without Origin and Sec-Fetch-Site', [], 403],
    ['from nowhere', ['Origin: null'], 403],
    ['from the same host by another scheme', ['Origin: https://shop'], 403],
    ['from the same origin', ['Origin: http://shop'], 200],
    [
      'from the same origin, as browsers say it now',
      ['Origin: http://shop', 'Sec-Fetch-Site: same-origin'],
      200,
    ],
    ['from the same origin by way of another', ['Origin: http://shop', 'Sec-Fetch-Site: cross-site'], 403],
    ['typed in', ['Sec-Fetch-Site: none'], 200],
    ['cross-site without Origin', ['Sec-Fetch-Site: cross-site'], 403],
    ['from an allowed origin', ['Origin: https://partner.example.com', 'Sec-Fetch-Site: cross-site'], 200],
    ['from an allowed subdomain', ['Origin: https://www.shop.example.com'], 200],
    ['from one that only looks like it', ['Origin: https://partner.example.com.evil.com'], 403],
  ])('a POST %s', async (_, lines, status) => {
    await using shop = await openShop(config({ more: mintWith(makeMintingKey()) }));
    const answer = await sendRaw(shop.url, post('/orders/1', 'x', good, ...lines));
    expect(answer.status).toBe(status);
    if (status === 403) expect(codeOf(answer)).toBe('origin-denied');
    expect(shop.upstreams.orders.seen.length).toBe(status === 200 ? 1 : 0);
  });

  it('a GET needs no origin, but one with an overridden method does', async () => {
    await using shop = await openShop();
    expect((await sendRaw(shop.url, get('/orders/1', good, 'Origin: https://evil.example.com'))).status).toBe(
      200,
    );
    const overridden = get('/orders/1', good, 'X-HTTP-Method-Override: DELETE');
    expect((await sendRaw(shop.url, overridden)).status).toBe(403);
  });

  it('an upgrade needs one', async () => {
    await using shop = await openShop();
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: eA==',
      'Sec-WebSocket-Version: 13',
    ];
    const foreign = await sendRaw(
      shop.url,
      get('/orders/1', good, ...upgrade, 'Origin: https://evil.example.com'),
    );
    expect([foreign.status, codeOf(foreign)]).toEqual([403, 'origin-denied']);
    expect(shop.upstreams.orders.seen).toEqual([]);
    const near = await sendRaw(shop.url, get('/orders/1', good, ...upgrade, own('http://shop')));
    expect(near.status).toBe(200);
  });

  it('an open route lets it through as nobody, and `*` allows nobody to change something by cookie', async () => {
    await using shop = await openShop();
    const evil = 'Origin: https://evil.example.com';
    expect((await sendRaw(shop.url, post('/open', 'x', good, evil))).status).toBe(200);
    expect(shop.upstreams.orders.seen[0]?.headers).not.toHaveProperty('x-user-id');
    expect((await sendRaw(shop.url, post('/any', 'x', good, evil))).status).toBe(403);
  });

  it('an API key is not: it needs none', async () => {
    const keys = `apiKeys: { keys: [{ id: partner, sha256: "${hash('sha256', 'k')}", scopes: ["orders:write"] }] }`;
    await using shop = await openShop(config({ more: `${keys}\n  ${mintWith(makeMintingKey())}` }));
    expect((await sendRaw(shop.url, post('/orders/1', 'x', 'X-Api-Key: k'))).status).toBe(200);
    const { headers } = shop.upstreams.orders.seen[0]!;
    const { payload } = await verifyMinted(shop.url, headers.authorization);
    expect(payload).toMatchObject({ sub: 'key:partner', scope: 'orders:write', roles: [] });
    expect(headers).not.toHaveProperty('x-user-id');
  });
});

describe('minting keys', () => {
  it('rotate by reload: the first signs, all are published, a removed one is gone', async () => {
    const [old, next] = [makeMintingKey(), makeMintingKey()];
    await using shop = await openShop(config({ more: mintWith(old) }));
    const tokenFor = async (): Promise<string> => {
      await sendRaw(shop.url, get('/orders/1', good));
      return shop.upstreams.orders.seen.at(-1)?.headers.authorization ?? '';
    };
    const first = await tokenFor();
    expect(await tokenFor()).toBe(first);
    const { header } = await verifyMinted(shop.url, first);
    await shop.edit(config({ more: mintWith(next, old) }));
    const second = await tokenFor();
    expect((await verifyMinted(shop.url, second)).header.kid).not.toBe(header.kid);
    expect((await verifyMinted(shop.url, first)).header.kid).toBe(header.kid);
    await shop.edit(config({ more: mintWith(next) }));
    await expect(verifyMinted(shop.url, first)).rejects.toThrow('no applicable key');
    expect(await tokenFor()).not.toBe(first);
    await verifyMinted(shop.url, second);
  });

  it('are published without a private part, to GET and HEAD, on whatever host', async () => {
    await using shop = await openShop(config({ more: mintWith(makeMintingKey(), makeMintingKey()) }));
    const path = '/.well-known/figway/jwks.json';
    const answer = await sendRaw(shop.url, get(`${path}?x=1`));
    expect(valuesOf(answer.fields, 'cache-control')).toEqual(['public, max-age=60']);
    const { keys } = JSON.parse(answer.body.toString()) as { keys: object[] };
    expect(keys.map(key => Object.keys(key).toSorted())).toEqual(
      Array(2).fill(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']),
    );
    const head = await sendRaw(shop.url, get(path).replace('GET', 'HEAD'));
    expect([head.status, head.body.length]).toEqual([200, 0]);
    expect(valuesOf(head.fields, 'content-length')).toEqual([String(answer.body.length)]);
    const put = await sendRaw(shop.url, post(path, 'x'));
    expect([put.status, codeOf(put), valuesOf(put.fields, 'allow')]).toEqual([
      405,
      'method-not-allowed',
      ['GET, HEAD'],
    ]);
    expect(shop.upstreams.legacy.seen).toEqual([]);
  });

  it('without them the path is the monolith’s own', async () => {
    await using shop = await openShop();
    await sendRaw(shop.url, get('/.well-known/figway/jwks.json'));
    expect(shop.upstreams.legacy.seen.map(({ url }) => url)).toEqual(['/.well-known/figway/jwks.json']);
  });
});
