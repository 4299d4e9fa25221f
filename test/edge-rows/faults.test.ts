import type { RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEdgeServer } from '../../gateway/server.ts';
import { createAuthority, hasOpenssl, readPair } from '../kit/certificates.ts';
import { openFolder } from '../kit/files.ts';
import { openLoad } from '../kit/load.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const shop = `
debugHeaders: true
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", timeout: 150ms, breaker: { errors: 40%, minimum: 6, window: 5s, pause: 2s } }
  parts: { url: "\${parts}", timeout: 150ms, breaker: { errors: 40%, minimum: 6, window: 5s, pause: 2s } }
routes:
  orders: { match: [GET /orders/:id], service: orders, stage: migrated, data: synced, fallback: safe }
  prices: { match: [GET /prices/:id], service: orders, stage: migrated, data: synced }
  parts: { match: [GET /parts/:id], service: parts, stage: migrated, data: synced }
`;

const failing: RequestListener = (_, res) => void res.writeHead(503).end('{"from":"orders"}');

/** Every other answer is one. */
function flaky(): RequestListener {
  let count = 0;
  return (req, res) => (count++ % 2 === 0 ? failing(req, res) : echo('orders')(req, res));
}

const slow: RequestListener = (req, res) => {
  const timer = setTimeout(() => echo('orders')(req, res), 5000);
  res.once('close', () => clearTimeout(timer));
};

describe('a service with 100 % errors, 50 % errors or 5 s delays; back again', () => {
  it.each([
    ['only errors', () => failing],
    ['every other answer an error', flaky],
    ['5 s delays', () => slow],
  ])(
    '%s: the breaker opens, falls back or 503, probes, closes; other upstreams untouched',
    async (_, fault) => {
      await using world = await openWorld(shop, {
        legacy: echo('legacy'),
        orders: echo('orders'),
        parts: echo('parts'),
      });
      const from = async (path: string): Promise<string> => {
        const answer = await fetch(`${world.url}${path}`);
        const { from = '', code = '' } = (await answer.json()) as { from?: string; code?: string };
        return `${answer.status} ${from || code}`;
      };
      const breakerOf = async (upstream: string): Promise<string | undefined> => {
        const { upstreams } = (await (await fetch(`${world.adminUrl}/api/status`)).json()) as {
          upstreams: { name: string; breaker: string }[];
        };
        return upstreams.find(({ name }) => name === upstream)?.breaker;
      };
      expect(await from('/orders/1')).toBe('200 orders');

      world.upstreams.orders.answer(fault());
      // Fallback hides each failure on the way.
      for (let i = 0; i < 30 && (await breakerOf('orders')) !== 'open'; i++)
        expect(await from('/orders/1')).toMatch(/^200 (orders|legacy)$/);
      expect(await breakerOf('orders')).toBe('open');

      // While it is open nobody waits for the service, and it is not asked.
      const asked = world.upstreams.orders.seen.length;
      const began = performance.now();
      const refused = await fetch(`${world.url}/prices/1`);
      expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
        503,
        'breaker-open',
      ]);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(await from('/orders/1')).toBe('200 legacy');
      expect(world.upstreams.orders.seen).toHaveLength(asked);
      expect([await from('/parts/1'), await breakerOf('parts')]).toEqual(['200 parts', 'closed']);

      // A probe that fails opens it again.
      await eventually(() => performance.now() - began > 2050, 'the pause');
      if (fault() === failing) expect(await from('/prices/1')).toBe('503 orders');
      world.upstreams.orders.answer(echo('orders'));
      await expect.poll(() => from('/prices/1'), { timeout: 5000, interval: 50 }).toBe('200 orders');
      await expect.poll(() => breakerOf('orders')).toBe('closed');
      for (let i = 0; i < 5; i++) expect(await from('/orders/1')).toBe('200 orders');
      const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
      expect(metrics).toMatch(/figway_breaker_transitions_total\{upstream="orders",state="open"\} [1-9]/);
      expect(metrics).not.toMatch(/figway_breaker_transitions_total\{upstream="parts"/);
    },
  );
});

describe('a hundred reloads under load, every tenth file bad', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  const table = (round: number): string => `
monolith: legacy
trust: [192.0.2.${round % 200}]
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", timeout: ${1000 + round}ms, health: /readyz }
edge: { ip: { deny: [198.51.100.${round % 200}] }, cors: { origins: ["https://shop${round}.example.com"] } }
routes:
  orders: { match: [GET /orders/:id], service: orders, stage: ${round % 2 === 0 ? 'migrated' : 'legacy'}, data: synced }
`;

  const listeners = (): number =>
    process.eventNames().reduce((sum, name) => sum + process.listenerCount(name as string), 0);
  const open = (): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
    return counts;
  };
  const held = (): number => {
    collect();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };

  it('no failed request, no leak of sockets, listeners or memory', { timeout: 120_000 }, async () => {
    await using world = await openWorld(table(0), { legacy: echo('legacy'), orders: echo('orders') });
    const reload = async (round: number): Promise<void> => {
      const isBad = round % 10 === 9;
      const { isGood } = await world.edit(isBad ? `${table(round)}nonsense: 1\n` : table(round));
      expect(isGood).toBe(!isBad);
    };
    await using load = openLoad(`${world.url}/orders/1`, 4);
    for (let round = 1; round <= 20; round++) await reload(round);
    const before = { listeners: listeners(), sockets: open().TCPSocketWrap ?? 0, bytes: held() };
    for (let round = 21; round <= 120; round++) await reload(round);
    const { answered, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(200);
    expect(listeners()).toBe(before.listeners);
    // Retired upstreams go on for five seconds.
    await expect
      .poll(() => (open().TCPSocketWrap ?? 0) <= before.sockets, { timeout: 12_000, interval: 200 })
      .toBe(true);
    expect(open().TCPServerWrap ?? 0).toBeLessThanOrEqual(4);
    expect((held() - before.bytes) / 1024 ** 2).toBeLessThan(8);
  });
});

describe('1,000 slow clients that send a header byte a second', () => {
  const headTime = 1500;
  const edge = createEdgeServer({
    handle: (_, res) => res.end('served'),
    upgrade: (_, socket) => socket.destroy(),
    idle: 60_000,
    headTime,
  });
  let url = '';
  beforeAll(async () => {
    url = await edge.listen('127.0.0.1:0');
  });
  afterAll(() => edge.drain(0));

  it('are cut off in time with 408; others are served', { timeout: 30_000 }, async () => {
    const port = Number(new URL(url).port);
    const clients = new Set<Socket>();
    const ends: { after: number; got: string }[] = [];
    for (let i = 0; i < 1000; i++) {
      const socket = connect(port, '127.0.0.1');
      const began = performance.now();
      let got = '';
      clients.add(socket);
      socket.write('GET / HTTP/1.1\r\nHost: shop\r\nX-Slow: ');
      socket.on('data', chunk => {
        got += chunk.toString('latin1');
      });
      socket.on('error', () => {});
      socket.once('close', () => {
        clients.delete(socket);
        ends.push({ after: performance.now() - began, got });
      });
    }
    const drip = setInterval(() => {
      for (const socket of clients) if (socket.writable) socket.write('a');
    }, headTime / 6);
    const waits: number[] = [];
    await eventually(() => clients.size === 1000, 'all of them connected');
    while (clients.size > 0 && waits.length < 500) {
      const began = performance.now();
      expect(await (await fetch(url)).text()).toBe('served');
      waits.push(performance.now() - began);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    clearInterval(drip);
    expect(ends).toHaveLength(1000);
    expect(
      ends.filter(({ got }) => got.startsWith('HTTP/1.1 408 ') && got.includes('"header-timeout"')),
    ).toHaveLength(1000);
    // The bound, a second between two looks, and what a loaded machine needs.
    expect(Math.max(...ends.map(({ after }) => after))).toBeLessThan(headTime + 1000 + 5000);
    expect(Math.min(...ends.map(({ after }) => after))).toBeGreaterThan(headTime * 0.9);
    waits.sort((one, other) => one - other);
    expect(waits[Math.floor(waits.length * 0.9)]).toBeLessThan(1000);
  });

  it.skipIf(!hasOpenssl)('over TLS they have as long for the handshake (needs openssl)', async () => {
    await using folder = await openFolder();
    const authority = await createAuthority(folder.path);
    const tls = await readPair(await authority.sign('server'));
    const secured = createEdgeServer({
      ...{ handle: (_, res) => res.end('served'), upgrade: (_, socket) => socket.destroy() },
      ...{ idle: 60_000, headTime: 300, tls },
    });
    const { port } = new URL(await secured.listen('127.0.0.1:0'));
    const began = performance.now();
    const socket = connect(Number(port), '127.0.0.1');
    await new Promise(resolve => socket.once('close', resolve).resume());
    expect(performance.now() - began).toBeLessThan(2000);
    await secured.drain(0);
  });
});

describe('the admin port of a gateway that runs', () => {
  const sha256 = 'b5d54c39e66671c9731b9f471e585d8262cd4f54963f0c93082d8dcf334d4c78';
  const plain = `monolith: legacy\nupstreams: { legacy: { url: "\${legacy}" } }\n`;
  const withToken = `${plain}admin: { listen: "127.0.0.1:0", tokens: [{ id: alice, sha256: ${sha256}, role: admin }] }\n`;
  const hold = { method: 'POST', body: '{"reason":"x"}' };

  it("refuses another origin's page", async () => {
    await using world = await openWorld(plain, { legacy: echo('legacy') });
    for (const from of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const headers = { 'content-type': 'application/json', ...from };
      expect((await fetch(`${world.adminUrl}/api/hold`, { ...hold, headers })).status).toBe(403);
    }
  });

  it('refuses a call without its token, and with a wrong one', async () => {
    await using world = await openWorld(withToken, { legacy: echo('legacy') });
    const wrong = { authorization: 'Bearer guess' };
    for (const path of ['/api/status', '/api/observed', '/openapi.json'])
      for (const headers of [{}, wrong])
        expect((await fetch(`${world.adminUrl}${path}`, { headers })).status).toBe(401);
    // The page asks for a token by itself, and until it has one it shows nothing of what runs.
    const page = await (await fetch(world.adminUrl)).text();
    expect(page).toContain('<title>Figway</title>');
    expect(page).not.toContain('legacy');
    expect((await fetch(`${world.adminUrl}/api/hold`, hold)).status).toBe(401);
    expect((await fetch(`${world.adminUrl}/livez`)).status).toBe(200);
  });

  it('refuses a forged Host', async () => {
    await using world = await openWorld(plain, { legacy: echo('legacy') });
    const { port } = new URL(world.adminUrl);
    const status = (host: string): Promise<string> =>
      new Promise(resolve => {
        const socket = connect(Number(port), '127.0.0.1');
        socket.once('data', chunk => {
          resolve(chunk.toString('latin1').slice(9, 12));
          socket.destroy();
        });
        socket.write(`GET /api/status HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      });
    expect(await status('evil.example')).toMatch(/^4/);
    expect(await status(`127.0.0.1:${port}`)).toBe('200');
  });
});
