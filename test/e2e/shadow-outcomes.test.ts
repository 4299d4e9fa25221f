import { existsSync, readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { awaitOutcomes, countsOf, eventsIn } from '../kit/outcomes.ts';
import { openWorld, type World } from '../kit/world.ts';

const table = (route: string, upstream = ''): string => `
monolith: legacy
log: { level: debug }
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}"${upstream} } }
routes:
  orders: { match: [/orders/:id], service: orders, data: synced, ${route} }
`;

const json =
  (value: () => unknown, status = 200): RequestListener =>
  (_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value()));
  };

const ask = async (world: { url: string }, path = '/orders/1', headers: Record<string, string> = {}) => {
  const answer = await fetch(`${world.url}${path}`, { headers, redirect: 'manual' });
  return { status: answer.status, text: await answer.text() };
};

const canary = 'stage: canary, percent: 100, by: [ip]';

describe('outcomes', () => {
  it('an answer of legacy in the place of the service is a failure of the service', async () => {
    await using world = await openWorld(table(canary), { legacy: json(() => 1), orders: json(() => 1, 503) });
    expect(await ask(world)).toEqual({ status: 200, text: '1' });
    await awaitOutcomes(world, 1);
    expect(countsOf(world)).toEqual({ 'service-failed': 1 });
  });

  it('a failing legacy is no evidence about the service, whoever serves', async () => {
    await using world = await openWorld(table(canary), { legacy: json(() => 1, 500), orders: json(() => 1) });
    await ask(world);
    await awaitOutcomes(world, 1);
    await world.edit(table('stage: shadow'));
    await ask(world);
    await awaitOutcomes(world, 2);
    expect(countsOf(world)).toEqual({ 'legacy-failed': 2 });
  });

  it('a service that fails the client and a legacy that does not is a failure of the service', async () => {
    await using world = await openWorld(table(`${canary}, fallback: off`), {
      legacy: json(() => 1),
      orders: json(() => 1, 500),
    });
    expect((await ask(world)).status).toBe(500);
    await world.upstreams.orders.kill();
    expect((await ask(world)).status).toBe(502);
    await awaitOutcomes(world, 2);
    expect(countsOf(world)).toEqual({ 'service-failed': 2 });
  });

  it('a 304 of one side alone is conditional', async () => {
    await using world = await openWorld(table('stage: shadow'), {
      legacy: (_req, res) => res.writeHead(304).end(),
      orders: json(() => 1),
    });
    expect((await ask(world)).status).toBe(304);
    await awaitOutcomes(world, 1);
    expect(countsOf(world)).toEqual({ 'skipped: conditional': 1 });
  });

  it('an event stream of legacy is let pass, and its copy given up at once', async () => {
    await using world = await openWorld(table('stage: shadow'), {
      legacy: (_req, res) => res.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n'),
      orders: () => {},
    });
    const abort = new AbortController();
    const answer = await fetch(`${world.url}/orders/1`, { signal: abort.signal });
    await awaitOutcomes(world, 1);
    expect(countsOf(world)).toEqual({ 'skipped: streaming': 1 });
    expect(await (await fetch(`${world.adminUrl}/metrics`)).text()).toMatch(/^figway_shadow_inflight 0$/m);
    abort.abort();
    await answer.text().catch(() => undefined);
  });

  it('addresses and paths are compared as the client sees them', async () => {
    await using world = await openWorld(table('stage: shadow, rewrite: /v1/orders/:id'), {
      legacy: (req, res) =>
        res
          .writeHead(302, {
            location: `http://${req.headers.host}/orders/2`,
            'set-cookie': 'a=1; Path=/orders/2',
          })
          .end(),
      orders: (req, res) =>
        res
          .writeHead(302, {
            location: `http://${req.headers.host}/v1/orders/2`,
            'set-cookie': 'a=1; Path=/v1/orders/2',
          })
          .end(),
    });
    await ask(world);
    await awaitOutcomes(world, 1);
    expect(world.upstreams.orders.seen[0]?.url).toBe('/v1/orders/1');
    expect(countsOf(world)).toEqual({ match: 1 });
  });

  it('a service that only lags behind is asked once more', async () => {
    let count = 0;
    await using world = await openWorld(
      table('stage: shadow, compare: { settle: 50ms, reask: { share: 0% } }'),
      {
        legacy: json(() => ({ total: 2 })),
        orders: json(() => ({ total: ++count })),
      },
    );
    await ask(world);
    await awaitOutcomes(world, 1);
    expect(countsOf(world)).toEqual({ lagged: 1 });
    await ask(world, '/orders/2');
    await awaitOutcomes(world, 2);
    expect(countsOf(world)).toEqual({ lagged: 1, mismatch: 1 });
  });

  it('what differs by itself is learned by asking legacy again, and what does not is not', async () => {
    let asked = Date.UTC(2026, 10, 1);
    const answer = (extra: object) => json(() => ({ at: new Date(asked++).toISOString(), ...extra }));
    await using world = await openWorld(table('stage: shadow'), { legacy: answer({}), orders: answer({}) });
    let sent = 0;
    await expect
      .poll(
        async () => {
          await ask(world, `/orders/${sent}`);
          await awaitOutcomes(world, ++sent);
          return countsOf(world).noise ?? 0;
        },
        { interval: 100, timeout: 15_000 },
      )
      .toBeGreaterThan(0);
    expect(Object.keys(countsOf(world)).sort()).toEqual(['mismatch', 'noise']);
    expect(
      world.upstreams.legacy.seen.filter(({ headers }) => headers['x-shadow'] === '1').length,
    ).toBeGreaterThan(1);
    world.upstreams.orders.answer(answer({ total: 1 }));
    await ask(world, '/orders/changed');
    await awaitOutcomes(world, sent + 1);
    expect(eventsIn(world, 'compared').at(-1)?.outcome).toBe('mismatch');
  });

  it('legacy is not asked again where it set a cookie, nor with a cookie of the user', async () => {
    const shop =
      (cookie: string): RequestListener =>
      (_req, res) =>
        res.setHeader('set-cookie', cookie).end('1');
    await using world = await openWorld(table('stage: shadow'), { legacy: shop('a=1'), orders: shop('a=1') });
    for (let i = 0; i < 4; i++) await ask(world, `/orders/${i}`);
    await awaitOutcomes(world, 4);
    world.upstreams.legacy.answer((_req, res) => res.end('1'));
    world.upstreams.orders.answer((_req, res) => res.end('1'));
    for (let i = 0; i < 4; i++) await ask(world, `/orders/${i}`, { cookie: 'sid=1' });
    await awaitOutcomes(world, 8);
    expect(countsOf(world)).toEqual({ match: 8 });
    expect(world.upstreams.legacy.seen).toHaveLength(8);
  });
});

/** All that the store has on disk. */
const onDisk = (world: Pick<World<never>, 'file'>): string =>
  ['figway.db', 'figway.db-wal']
    .map(name => join(world.file, '..', name))
    .filter(existsSync)
    .map(file => readFileSync(file, 'latin1'))
    .join('');

describe('what is kept', () => {
  it.each(['shapes', 'differences', 'values'])('holds no credential with `keep: %s`', async keep => {
    const shop =
      (side: string): RequestListener =>
      (_req, res) => {
        res.setHeader('set-cookie', `sid=${side}-cookie-secret`);
        res.setHeader('x-internal', `${side}-header-secret`);
        res.setHeader('content-type', 'application/json');
        res.end(
          JSON.stringify({
            ...{ name: `${side}-visible`, email: `${side}-email-secret`, apiToken: `${side}-token-secret` },
            note: 'Bearer bearer-secret-0123456789',
          }),
        );
      };
    const compare = `keep: ${keep}, redact: [$.email, "header:x-internal"], reask: { share: 0% }`;
    await using world = await openWorld(table(`stage: shadow, compare: { ${compare} }`), {
      legacy: shop('legacy'),
      orders: shop('service'),
    });
    await ask(world, '/orders/1?api_key=query-secret', {
      authorization: 'Bearer request-secret',
      cookie: 'sid=request-cookie-secret',
    });
    await awaitOutcomes(world, 1);
    expect(countsOf(world)).toEqual({ mismatch: 1 });
    await expect.poll(() => onDisk(world).includes('"requestId"')).toBe(true);
    const kept = onDisk(world);
    const has = (text: string): boolean => kept.includes(text);
    expect({
      path: has('$.name'),
      value: has('legacy-visible'),
      body: has('bytes') && has('"body"'),
      hash: has('"hash"'),
    }).toEqual({
      path: true,
      value: keep !== 'shapes',
      body: keep === 'values',
      hash: keep === 'shapes',
    });
    expect([...kept.matchAll(/[a-z-]+-secret[\w-]*/g)].map(([found]) => found)).toEqual([]);
    expect(world.log.join('\n')).not.toMatch(/[a-z]+-secret/);
  });

  it('is flushed when the gateway ends', async () => {
    const world = await openWorld(table('stage: shadow'), { legacy: json(() => 1), orders: json(() => 2) });
    try {
      for (let i = 0; i < 3; i++) await ask(world, `/orders/${i}`);
      await world.gateway.close();
      expect(onDisk(world).includes('"requestId"')).toBe(true);
      expect(countsOf(world)).toEqual({ mismatch: 3 });
    } finally {
      await world[Symbol.asyncDispose]();
    }
  });
});
