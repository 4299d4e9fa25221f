import { describe, expect, it } from 'vitest';
import { createEvents } from '../../gateway/core/events.ts';
import { createCredentials } from '../../gateway/proxy/credentials.ts';
import { openTransport } from '../../gateway/proxy/transport.ts';
import { codeOf, get, post } from '../kit/edge.ts';
import { createManualClock } from '../kit/manual-clock.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { sendRaw, valuesOf } from '../kit/raw.ts';
import { makeMintingKey, verifyMinted } from '../kit/sessions.ts';
import { openTokenServer, type TokenServer } from '../kit/token-server.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const secret = 'pä ss:w%rd';

const config = (tokens: TokenServer, { upstream = '', route = '', auth = '' } = {}): string => `
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", ${upstream} credentials: { tokenUrl: "${tokens.url}", clientId: "fig:way", clientSecret: "${secret}", scope: "orders stock" } }
${auth}
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced, ${route} }
`;

const openShop = (yaml: string) => openWorld(yaml, { legacy: echo('legacy'), orders: echo('orders') });

const fromOf = (answer: { body: Buffer }): string => JSON.parse(answer.body.toString()).from;

describe('an upstream with credentials', () => {
  it('gets a token of the gateway, fetched once for all, and the user’s token beside it', async () => {
    await using tokens = await openTokenServer();
    await using shop = await openShop(config(tokens, { upstream: 'health: /readyz,' }));
    const { orders, legacy } = shop.upstreams;
    const release = tokens.hold();
    const lines = ['Authorization: bearer user.token', 'X-User-Token: forged'];
    const asks = Array.from({ length: 10 }, () => sendRaw(shop.url, get('/orders/1', ...lines)));
    await eventually(() => tokens.asked.length === 1, 'a fetch');
    release();
    expect((await Promise.all(asks)).map(({ status }) => status)).toEqual(Array(10).fill(200));
    await sendRaw(shop.url, post('/orders/1', 'x', 'Authorization: Basic eDp5', 'X-User-Token: forged'));
    expect(tokens.asked.length).toBe(1);
    const encoded = Buffer.from('fig%3Away:p%C3%A4+ss%3Aw%25rd').toString('base64');
    expect(tokens.asked[0]).toEqual({
      authorization: `Basic ${encoded}`,
      form: 'grant_type=client_credentials&scope=orders+stock',
    });
    const asked = orders.seen.filter(({ url }) => url !== '/readyz');
    for (const { headers, rawHeaders } of asked.slice(0, 10)) {
      expect(headers).toMatchObject({ authorization: 'Bearer token-1', 'x-user-token': 'user.token' });
      expect(rawHeaders.filter(name => /^authorization$/i.test(name)).length).toBe(1);
    }
    expect(asked[10]?.headers.authorization).toBe('Bearer token-1');
    expect(asked[10]?.headers).not.toHaveProperty('x-user-token');
    await eventually(() => orders.seen.some(({ url }) => url === '/readyz'), 'a probe');
    expect(orders.seen.find(({ url }) => url === '/readyz')?.headers).not.toHaveProperty('authorization');

    await sendRaw(shop.url, get('/files/1', 'Authorization: Basic eDp5'));
    expect(legacy.seen[0]?.headers.authorization).toBe('Basic eDp5');
    expect(shop.log.join('\n')).not.toMatch(/token-1|p%C3|ss:w|user\.token/);
  });

  it('gets the minted token of a session as the user’s', async () => {
    await using tokens = await openTokenServer();
    const auth = `auth:
  session: { cookie: sid, verify: { upstream: legacy, path: /whoami } }
  mint: { issuer: "https://gateway.example.com", audience: services, keys: [${JSON.stringify(makeMintingKey())}] }`;
    await using shop = await openWorld(config(tokens, { auth }), {
      legacy: (_, res) => res.end('{"sub":"alice"}'),
      orders: echo('orders'),
    });
    await sendRaw(shop.url, get('/orders/1', 'Cookie: sid=s', 'Authorization: Basic eDp5'));
    const { headers } = shop.upstreams.orders.seen[0]!;
    expect(headers.authorization).toBe('Bearer token-1');
    const { payload } = await verifyMinted(shop.url, String(headers['x-user-token']));
    expect(payload.sub).toBe('alice');
  });

  it('is 503 while no token comes, and not a byte reaches it; works again by itself; no breaker hears of it', async () => {
    await using tokens = await openTokenServer();
    const upstream = 'breaker: { minimum: 1, errors: 1% }, retry: { attempts: 3 },';
    await using shop = await openShop(config(tokens, { upstream }));
    await tokens.stop();
    for (let i = 0; i < 5; i++) {
      const answer = await sendRaw(shop.url, get('/orders/1'));
      expect([answer.status, codeOf(answer)]).toEqual([503, 'issuer-unreachable']);
      expect(valuesOf(answer.fields, 'retry-after')).toEqual(['1']);
    }
    expect(shop.upstreams.orders.seen).toEqual([]);
    await tokens.start();
    const isBack = async () => (await sendRaw(shop.url, get('/orders/1'))).status === 200;
    const deadline = Date.now() + 5000;
    while (!(await isBack()) && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 50));
    expect(await isBack()).toBe(true);
    await eventually(() => shop.log.join('\n').includes('token-restored'), 'a line about it');
    expect(shop.log.join('\n').match(/"token-failed"/g)?.length).toBe(1);
    expect(shop.log.join('\n')).not.toMatch(/breaker-opened|ss:w/);
  });

  it('that cannot be asked for want of a token was certainly never reached: a POST may fall back', async () => {
    await using tokens = await openTokenServer();
    await using shop = await openShop(config(tokens, { route: 'fallback: unreached' }));
    tokens.answer(500);
    const answer = await sendRaw(shop.url, post('/orders/1', 'hello', 'Authorization: Bearer u'));
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      200,
      expect.objectContaining({ from: 'legacy', method: 'POST', bytes: 5 }),
    ]);
    expect(shop.upstreams.legacy.seen[0]?.headers.authorization).toBe('Bearer u');
    expect(shop.upstreams.orders.seen).toEqual([]);
  });

  it.each([
    ['a refusal', 401, '{"error":"invalid_client"}'],
    ['a page', 200, '<html>'],
    ['another kind of token', 200, '{"access_token":"x","token_type":"mac"}'],
    ['a token that breaks a line', 200, '{"access_token":"x\\r\\nx-user-id: root","token_type":"bearer"}'],
    ['an empty token', 200, '{"access_token":"","token_type":"bearer"}'],
    ['a token of 10 KiB', 200, `{"access_token":"${'x'.repeat(10_240)}","token_type":"bearer"}`],
    ['a token that has expired', 200, '{"access_token":"x","token_type":"bearer","expires_in":0}'],
    ['a redirect', 302, ''],
  ])('is 503 where the token server answers %s', async (_, status, body) => {
    await using tokens = await openTokenServer();
    tokens.answer(status, body);
    await using shop = await openShop(config(tokens));
    const answer = await sendRaw(shop.url, get('/orders/1'));
    expect([answer.status, codeOf(answer)]).toEqual([503, 'issuer-unreachable']);
    expect(shop.upstreams.orders.seen).toEqual([]);
    expect(shop.log.join('\n') + answer.body.toString()).not.toMatch(/root|ss:w|invalid_client/);
  });

  it('that says 401 gets a new token with the next request, and not with every 401', async () => {
    await using tokens = await openTokenServer();
    await using shop = await openShop(config(tokens));
    shop.upstreams.orders.answer((req, res) => {
      res.writeHead(
        req.headers.authorization === 'Bearer token-1' || req.headers['x-user-token'] === 'bad' ? 401 : 200,
      );
      res.end('{}');
    });
    const ask = async (user: string) =>
      (await sendRaw(shop.url, get('/orders/1', `Authorization: Bearer ${user}`))).status;
    expect([await ask('good'), await ask('good')]).toEqual([401, 200]);
    expect(tokens.asked.length).toBe(2);
    for (let i = 0; i < 5; i++) expect(await ask('bad')).toBe(401);
    expect(await ask('good')).toBe(200);
    expect(tokens.asked.length).toBe(2);
  });

  it('keeps its token over a reload that changed something else', async () => {
    await using tokens = await openTokenServer();
    await using shop = await openShop(config(tokens));
    expect(fromOf(await sendRaw(shop.url, get('/orders/1')))).toBe('orders');
    await shop.edit(`${config(tokens)}debugHeaders: true\n`);
    expect(fromOf(await sendRaw(shop.url, get('/orders/1')))).toBe('orders');
    expect(tokens.asked.length).toBe(1);
  });
});

describe('a token', () => {
  async function openCredentials(tokens: TokenServer) {
    const events = createEvents();
    const clock = createManualClock();
    const failed: string[] = [];
    events.on('token-failed', ({ reason }) => failed.push(reason));
    const settings = { tokenUrl: tokens.url, clientId: 'figway', clientSecret: secret, scope: undefined };
    const credentials = createCredentials('orders', settings, { events, clock, openTransport });
    return { clock, failed, credentials, [Symbol.asyncDispose]: () => credentials.close() };
  }

  it('is fetched anew in the background before it ends, and waited for after', async () => {
    await using tokens = await openTokenServer(100);
    await using rig = await openCredentials(tokens);
    const { credentials, clock } = rig;
    expect(await credentials.authorization()).toBe('Bearer token-1');
    clock.advance(74_000);
    expect(credentials.authorization()).toBe('Bearer token-1');
    expect(tokens.asked.length).toBe(1);
    clock.advance(2000);
    expect(credentials.authorization()).toBe('Bearer token-1');
    await eventually(() => credentials.authorization() === 'Bearer token-2', 'the next token');
    expect(tokens.asked.length).toBe(2);
    clock.advance(96_000);
    const late = credentials.authorization();
    expect(late).toBeInstanceOf(Promise);
    expect(await late).toBe('Bearer token-3');
  });

  it('goes on while the next one does not come, until shortly before its end; then requests fail at once between tries', async () => {
    await using tokens = await openTokenServer(100);
    await using rig = await openCredentials(tokens);
    const { credentials, clock, failed } = rig;
    await credentials.authorization();
    tokens.answer(503);
    clock.advance(80_000);
    expect(credentials.authorization()).toBe('Bearer token-1');
    await eventually(() => failed.length === 1, 'a failure');
    expect(credentials.authorization()).toBe('Bearer token-1');
    expect(tokens.asked.length).toBe(2);
    clock.advance(15_500);
    expect(await credentials.authorization()).toMatchObject({ code: 'issuer-unreachable', reached: 'no' });
    expect(credentials.authorization()).toMatchObject({ code: 'issuer-unreachable', retryAfter: 2 });
    expect(tokens.asked.length).toBe(3);
    tokens.answer();
    clock.advance(2000);
    expect(await credentials.authorization()).toBe('Bearer token-4');
  });

  it('that was doubted is still sent where no other is to be had', async () => {
    await using tokens = await openTokenServer(100);
    await using rig = await openCredentials(tokens);
    const { credentials, clock } = rig;
    await credentials.authorization();
    credentials.refused('Bearer another');
    expect(credentials.authorization()).toBe('Bearer token-1');
    tokens.answer(500);
    credentials.refused('Bearer token-1');
    expect(await credentials.authorization()).toBe('Bearer token-1');
    expect(credentials.authorization()).toBe('Bearer token-1');
    tokens.answer();
    clock.advance(1000);
    expect(await credentials.authorization()).toBe('Bearer token-3');
  });

  it('that does not come within five seconds does not come', async () => {
    await using tokens = await openTokenServer();
    await using rig = await openCredentials(tokens);
    const release = tokens.hold();
    const asked = rig.credentials.authorization();
    await eventually(() => tokens.asked.length === 1, 'a fetch');
    rig.clock.advance(5000);
    expect(await asked).toMatchObject({
      code: 'issuer-unreachable',
      detail: expect.stringContaining('5000 ms'),
    });
    release();
  });
});
