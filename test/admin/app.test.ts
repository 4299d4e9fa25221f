import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import { describe, expect, it } from 'vitest';
import { tellingPause } from '../../gateway/admin/comparison-counts.ts';
import type { StageChange } from '../../gateway/admin/deps.ts';
import { createEndpoints } from '../../gateway/admin/endpoints.ts';
import { streamBound } from '../../gateway/admin/event-stream.ts';
import { move } from '../contract/store.suite.ts';
import { goodConfig, openAdminApp, orders, routes } from '../kit/admin.ts';
import { makeExchange } from '../kit/exchanges.ts';
import { reads } from '../kit/reads.ts';

const reason = 'wrong totals';

describe('the probes', () => {
  it('are ready while the config is refused, and not while the gateway drains', async () => {
    let draining: string | undefined;
    using opened = openAdminApp({
      draining: () => draining,
      config: () => ({ ...goodConfig, lastReload: { at: 0, isGood: false, problems: ['x'] } }),
    });
    await request(opened.app).get('/readyz').expect(200, 'ok\n');
    draining = 'SIGTERM';
    await request(opened.app).get('/readyz').expect(503, 'draining: SIGTERM\n');
    await request(opened.app).get('/livez').expect(200, 'ok\n');
    await request(opened.app).head('/livez').expect(200);
  });
});

describe('/api/status', () => {
  it('tells of config, traffic, routes and upstreams', async () => {
    using opened = openAdminApp();
    const [unclaimed, ordersRead] = routes;
    const finished = (route: typeof unclaimed, served: 'legacy' | 'service', totalMs: number) =>
      opened.events.emit({
        type: 'exchange-finished',
        exchange: makeExchange(route ?? routes[0]!, { served }),
        totalMs,
      });
    for (let at = 0; at < 3; at += 1) finished(ordersRead, 'service', 20);
    finished(unclaimed, 'legacy', 100);
    opened.events.emit({ type: 'fell-back', route: ordersRead!, reason: 'upstream-refused' });
    opened.events.emit({ type: 'near-missed', route: ordersRead! });
    const { body } = await request(opened.app).get('/api/status').expect(200);
    expect(body.config).toMatchObject({
      file: 'routes.yaml',
      hash: 'a1b2c3',
      lastReload: { ok: true, problems: [] },
    });
    expect(body.traffic).toEqual({
      requests: 4,
      serviceShare: 0.75,
      unclaimedShare: 0.25,
      routesByStage: { legacy: 1, shadow: 0, canary: 1, migrated: 1, done: 1 },
    });
    expect(body.routes[0]).toMatchObject({
      route: 'orders-read',
      stage: 'canary',
      percent: 10,
      cohort: 'checkout',
      requests: 3,
      serviceShare: 1,
      fallbacks: 1,
      nearMisses: 1,
      hold: null,
      breaker: 'closed',
    });
    const { p50, p95 } = body.routes[0].latency.service;
    expect(p50).toBeGreaterThanOrEqual(18);
    expect(p95).toBeLessThanOrEqual(24);
    expect(body.routes[0].latency.legacy).toEqual({ p50: null, p95: null });
    expect(body.unclaimed).toMatchObject({ route: 'unclaimed', requests: 1 });
    expect(body.upstreams).toEqual([orders]);
    expect(body.attention.map((one: { kind: string }) => one.kind)).toEqual(['fallbacks', 'near-misses']);
  });

  it('puts first what is worst: a refused config, the store away, an open breaker, then holds', async () => {
    using opened = openAdminApp({
      config: () => ({
        ...goodConfig,
        lastReload: { at: 0, isGood: false, problems: ['routes.yaml:14:7 error x', 'another'] },
      }),
      upstreams: () => [{ ...orders, breaker: 'open' }],
    });
    Object.assign(opened.deps.store, {
      status: () => ({ kind: 'sqlite', isAway: true, detail: 'disk full' }),
    });
    await opened.holds.hold({ route: 'users', by: 'alice', reason });
    const { body } = await request(opened.app).get('/api/status').expect(200);
    expect(body.attention).toMatchObject([
      {
        level: 'error',
        kind: 'config-refused',
        text: expect.stringContaining('routes.yaml:14:7 error x and 1 more'),
      },
      { level: 'error', kind: 'store-away', text: 'the store is away: disk full' },
      { level: 'error', kind: 'breaker', about: 'orders' },
      { level: 'warning', kind: 'held', about: 'users', text: 'users is held by alice: wrong totals' },
    ]);
  });
});

describe('routes', () => {
  it('are listed, and shown one by one', async () => {
    using opened = openAdminApp();
    const { body } = await request(opened.app).get('/api/routes').expect(200);
    expect(body.routes.map((row: { route: string }) => row.route)).toEqual([
      'orders-read',
      'orders-write',
      'users',
      'old',
    ]);
    const one = await request(opened.app).get('/api/routes/users').expect(200);
    expect(one.body).toMatchObject({ route: 'users', match: [] });
    const none = await request(opened.app).get('/api/routes/nope').expect(404);
    expect(none.body).toMatchObject({ code: 'not-found', detail: 'there is no route "nope"' });
  });
});

describe('a hold', () => {
  const post = (app: Parameters<typeof request>[0], path: string, body: object) =>
    request(app).post(path).send(body);

  it('is set and released with who and why', async () => {
    using opened = openAdminApp();
    await post(opened.app, '/api/routes/users/hold', { reason, for: '2h' }).expect(200, {
      held: ['users'],
      passedBy: [],
    });
    const hold = opened.holds.of('users');
    expect(hold).toMatchObject({ by: 'loopback', reason });
    expect((hold?.until ?? 0) - opened.clock.wall()).toBe(7_200_000);
    await post(opened.app, '/api/routes/users/release', { reason }).expect(200, { released: ['users'] });
    expect(opened.holds.isEmpty).toBe(true);
    await post(opened.app, '/api/routes/users/release', { reason }).expect(404);
  });

  it('on all passes by what is done, and release takes all back', async () => {
    using opened = openAdminApp();
    await post(opened.app, '/api/hold', { reason }).expect(200, {
      held: ['orders-read', 'orders-write', 'users'],
      passedBy: ['old'],
    });
    await post(opened.app, '/api/release', { reason, ramp: [10, 100], every: '5m' }).expect(200);
    expect(opened.holds.list().map(({ released }) => released)).toEqual([10, 10, 10]);
    opened.clock.advance(300_000);
    expect(opened.holds.isEmpty).toBe(true);
  });

  it('is refused where legacy may be gone, where there is no route, and on unclaimed', async () => {
    using opened = openAdminApp();
    const done = await post(opened.app, '/api/routes/old/hold', { reason }).expect(409);
    expect(done.body.code).toBe('hold-refused');
    await post(opened.app, '/api/routes/nope/hold', { reason }).expect(404);
    await post(opened.app, '/api/routes/unclaimed/hold', { reason }).expect(409);
    expect(opened.holds.isEmpty).toBe(true);
  });

  it('can be released after its route left the file', async () => {
    using opened = openAdminApp();
    await opened.holds.hold({ route: 'gone', by: 'alice', reason });
    await post(opened.app, '/api/routes/gone/release', { reason }).expect(200, { released: ['gone'] });
  });

  it.each([
    [{}, 'body: reason: expected a reason of 1 to 500 characters, got nothing'],
    [{ reason: '   ' }, 'body: reason: expected a reason of 1 to 500 characters, got "   "'],
    [{ reason: 'x'.repeat(501) }, 'body: reason: expected a reason of 1 to 500 characters'],
    [{ reason: 'a\nb' }, 'body: reason: expected'],
    [{ reason: 7 }, 'body: reason: expected'],
    [{ reason, for: 60 }, 'body: for: expected a duration with its unit, such as 30m or 2h, got 60'],
    [{ reason, for: '0s' }, 'body: for: expected'],
    [{ reason, fro: '2h' }, 'body: "fro" is not known, expected reason, for'],
    [{ reason, constructor: 1 }, 'body: "constructor" is not known'],
    [[1], 'body: expected an object'],
  ])('is refused with %j', async (body, detail) => {
    using opened = openAdminApp();
    const answer = await post(opened.app, '/api/routes/users/hold', body).expect(400);
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect(answer.body.code).toBe('bad-request');
    expect(answer.body.detail).toContain(detail);
    expect(opened.holds.isEmpty).toBe(true);
  });

  it.each([
    { ramp: [50, 10, 100] },
    { ramp: [10, 50] },
    { ramp: [] },
    { ramp: [0, 100] },
    { ramp: [10, 200] },
    { ramp: '10' },
    { every: '5m' },
  ])('is not released by %j', async wrong => {
    using opened = openAdminApp();
    await opened.holds.hold({ route: 'users', by: 'alice', reason });
    await post(opened.app, '/api/routes/users/release', { reason, ...wrong }).expect(400);
    expect(opened.holds.of('users')?.released).toBe(0);
  });
});

describe('a move of stage', () => {
  function openMoves(overrides: Parameters<typeof openAdminApp>[0] = {}) {
    const changes: StageChange[] = [];
    const opened = openAdminApp({
      moveStage: async change => {
        changes.push(change);
        return { isDone: true, hash: 'moved', revision: 'r2' };
      },
      ...overrides,
    });
    const post = (path: string, body: object) =>
      request(opened.app)
        .post(path)
        .send({ reason, ...body });
    return { ...opened, changes, post, [Symbol.dispose]: () => opened[Symbol.dispose]() };
  }

  /** What is kept of a move that no gate stands in front of. */
  const unasked = (route: string) => ({
    [route]: { gate: 'none', isOpen: true, reasons: [], unverified: [] },
  });

  it('from legacy to shadow needs no evidence', async () => {
    using opened = openMoves();
    await opened
      .post('/api/routes/orders-write/stage', { stage: 'shadow' })
      .expect(200, { isDone: true, hash: 'moved', revision: 'r2', evidence: unasked('orders-write') });
    expect(opened.changes).toEqual([
      {
        routes: ['orders-write'],
        cohort: undefined,
        stage: 'shadow',
        percent: undefined,
        by: 'loopback',
        reason,
        evidence: unasked('orders-write'),
      },
    ]);
  });

  it('that needs evidence is closed with the reason, and force passes over it', async () => {
    using opened = openMoves();
    const closed = await opened.post('/api/routes/orders-read/stage', { stage: 'migrated' }).expect(409);
    expect(closed.body).toMatchObject({
      code: 'gate-closed',
      detail: expect.stringContaining('verdict `ready`'),
    });
    expect(opened.changes).toEqual([]);
    await opened.post('/api/routes/orders-read/stage', { stage: 'migrated', force: true }).expect(200);
    expect(opened.changes).toMatchObject([
      { stage: 'migrated', evidence: { 'orders-read': { gate: 'ready+no-tripwire', isOpen: false } } },
    ]);
  });

  it('goes one stage forward at a time, and back to any', async () => {
    using opened = openMoves();
    const jump = await opened
      .post('/api/routes/orders-write/stage', { stage: 'canary', force: true })
      .expect(409);
    expect(jump.body).toMatchObject({
      code: 'move-illegal',
      detail: 'orders-write: from legacy the next stage is shadow, not canary',
    });
    await opened.post('/api/routes/orders-read/stage', { stage: 'legacy' }).expect(200);
    expect(opened.changes).toMatchObject([
      { stage: 'legacy', evidence: { 'orders-read': { gate: 'none', isOpen: true } } },
    ]);
  });

  it('back to stale data must be acknowledged', async () => {
    using opened = openMoves();
    const stale = await opened.post('/api/routes/users/stage', { stage: 'legacy' }).expect(409);
    expect(stale.body.code).toBe('data-unacknowledged');
    await opened.post('/api/routes/users/stage', { stage: 'legacy', dataAck: true }).expect(200);
  });

  it('takes all routes of a cohort, with its percent', async () => {
    using opened = openMoves();
    await opened.post('/api/cohorts/checkout/stage', { stage: 'canary', percent: 50 }).expect(409);
    await opened.post('/api/cohorts/checkout/stage', { stage: 'canary', percent: 5 }).expect(200);
    await opened
      .post('/api/cohorts/checkout/stage', { stage: 'canary', percent: 50, force: true })
      .expect(200);
    expect(opened.changes).toMatchObject([
      {
        routes: ['orders-read'],
        cohort: 'checkout',
        percent: 5,
        evidence: { 'orders-read': { isOpen: true } },
      },
      {
        routes: ['orders-read'],
        cohort: 'checkout',
        percent: 50,
        evidence: { 'orders-read': { isOpen: false } },
      },
    ]);
    await opened.post('/api/cohorts/nope/stage', { stage: 'canary' }).expect(404);
    const alone = await opened
      .post('/api/routes/orders-read/stage', { stage: 'canary', percent: 5 })
      .expect(409);
    expect(alone.body.detail).toContain('cohort checkout');
  });

  it('is refused where commits move stages, and where the file does not take it', async () => {
    using proposing = openMoves({ config: () => ({ ...goodConfig, moves: 'propose' }) });
    const proposed = await proposing.post('/api/routes/orders-write/stage', { stage: 'shadow' }).expect(409);
    expect(proposed.body).toMatchObject({
      code: 'moves-proposed',
      patch: 'a patch',
      evidence: unasked('orders-write'),
    });
    using failing = openMoves({
      moveStage: async () => ({ isDone: false, problems: ['routes.yaml:1:1 error x'] }),
    });
    const refused = await failing.post('/api/routes/orders-write/stage', { stage: 'shadow' }).expect(409);
    expect(refused.body).toMatchObject({ code: 'move-refused', detail: 'routes.yaml:1:1 error x' });
  });

  it('waits for the one before it, also after one that failed', async () => {
    let running = 0;
    using opened = openMoves({
      moveStage: async () => {
        running += 1;
        expect(running).toBe(1);
        await new Promise(resolve => setImmediate(resolve));
        running -= 1;
        throw new Error('disk full');
      },
    });
    const answers = await Promise.all(
      [1, 2, 3].map(() => opened.post('/api/routes/orders-write/stage', { stage: 'shadow' })),
    );
    expect(answers.map(({ status, body }) => [status, body.detail])).toEqual(
      Array(3).fill([500, 'disk full']),
    );
  });

  it('is refused without a stage, a reason, or with one that is none', async () => {
    using opened = openMoves();
    await opened.post('/api/routes/orders-write/stage', {}).expect(400);
    await opened.post('/api/routes/orders-write/stage', { stage: 'new' }).expect(400);
    await opened.post('/api/routes/orders-write/stage', { stage: 'shadow', reason: '' }).expect(400);
    await opened.post('/api/routes/orders-write/stage', { stage: 'shadow', percent: 10 }).expect(409);
    await opened.post('/api/routes/unclaimed/stage', { stage: 'shadow' }).expect(409);
    await opened.post('/api/routes/orders-read/stage', { stage: 'canary', percent: 101 }).expect(400);
    expect(opened.changes).toEqual([]);
  });
});

describe('other calls', () => {
  it('explain a request in the words of the query', async () => {
    using opened = openAdminApp();
    const { body } = await request(opened.app)
      .get(
        '/api/explain?method=POST&path=/orders/42?full=1&host=shop&header=A:%201&header=b:2&user=alice&ip=1.2.3.4',
      )
      .expect(200);
    expect(body.asked).toEqual({
      method: 'POST',
      path: '/orders/42?full=1',
      host: 'shop',
      headers: { a: '1', b: '2' },
      user: 'alice',
      ip: '1.2.3.4',
    });
    await request(opened.app).get('/api/explain').expect(400);
    await request(opened.app).get('/api/explain?path=/x&header=nonsense').expect(400);
    await request(opened.app).get('/api/explain?path=/x&nope=1').expect(400);
  });

  it('reload, and give the problems of a file that is refused', async () => {
    using opened = openAdminApp({
      reload: async () => ({ isGood: false, problems: ['routes.yaml:1:1 error x'] }),
    });
    await request(opened.app)
      .post('/api/reload')
      .expect(200, { isGood: false, problems: ['routes.yaml:1:1 error x'] });
  });

  it('list moves newest first', async () => {
    using opened = openAdminApp();
    for (const id of ['a', 'b', 'c']) await opened.deps.store.record(move(id));
    const { body } = await request(opened.app).get('/api/moves?limit=2').expect(200);
    expect(body.moves).toMatchObject([{ id: 'c', at: '2023-11-14T22:13:20.000Z' }, { id: 'b' }]);
    await request(opened.app).get('/api/moves?limit=0').expect(400);
  });

  it('scrape metrics', async () => {
    using opened = openAdminApp();
    const { headers, text } = await request(opened.app).get('/metrics').expect(200);
    expect(headers['content-type']).toContain('text/plain');
    expect(text).toContain('figway_stage_info{route="users",stage="migrated"} 1');
  });

  it('are refused as problem+json: unknown, wrong method, wrong type, too large, not JSON', async () => {
    using opened = openAdminApp();
    const { app } = opened;
    const missing = await request(app).get('/api/nope').expect(404);
    expect(missing.body).toMatchObject({ code: 'not-found', instance: expect.stringMatching(/^[\w-]{36}$/) });
    const method = await request(app).get('/api/hold').expect(405);
    expect(method.headers.allow).toBe('POST');
    await request(app).delete('/api/status').expect(405);
    await request(app).post('/api/hold').type('form').send('reason=x').expect(415);
    await request(app).post('/api/hold').type('text/plain').send('{"reason":"x"}').expect(415);
    const large = await request(app)
      .post('/api/hold')
      .send({ reason: 'x'.repeat(20_000) })
      .expect(413);
    expect(large.body.code).toBe('body-too-large');
    const broken = await request(app).post('/api/hold').type('json').send('{"reason"').expect(400);
    expect(broken.body.code).toBe('bad-request');
    await request(app).get('/api/routes/%zz').expect(400);
    expect(opened.holds.isEmpty).toBe(true);
  });

  it('say nothing of what serves them, and are never cached or framed', async () => {
    using opened = openAdminApp();
    const { headers } = await request(opened.app).get('/api/status');
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
  });
});

describe('the page', () => {
  it('refuses in HTML who asks for HTML', async () => {
    using opened = openAdminApp();
    const { headers } = await request(opened.app).get('/nope').set('accept', 'text/html').expect(404);
    expect(headers['content-type']).toContain('text/html');
  });
});

describe('/openapi.json', () => {
  it('describes exactly what the app serves', async () => {
    using opened = openAdminApp();
    const { body } = await request(opened.app).get('/openapi.json').expect(200);
    const described = Object.entries<Record<string, unknown>>(body.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map(method => `${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    const served = createEndpoints(opened.deps).map(({ method, path }) => `${method} ${path}`);
    expect(described.toSorted()).toEqual(served.toSorted());
    for (const [path, operations] of Object.entries<Record<string, unknown>>(body.paths))
      for (const method of Object.keys(operations) as ('get' | 'post')[]) {
        // Of a comparison there is none here.
        if (path === '/api/events' || path === '/api/comparisons/{id}') continue;
        const { status } = await request(opened.app)[method](path.replace('{id}', 'users'));
        expect([path, status]).not.toEqual([path, 404]);
        expect([path, status]).not.toEqual([path, 405]);
      }
    const ids = Object.values<Record<string, { operationId: string }>>(body.paths).flatMap(operations =>
      Object.values(operations).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('/api/events', () => {
  async function openStreams() {
    const opened = openAdminApp();
    const server = createServer(opened.app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      ...opened,
      async connect() {
        const [res] = await once(get({ port, path: '/api/events' }), 'response');
        return res;
      },
      [Symbol.dispose]() {
        opened[Symbol.dispose]();
        server.closeAllConnections();
        server.close();
      },
    };
  }

  it('tells what happens as it happens, and beats while nothing does', async () => {
    using opened = await openStreams();
    const res = await opened.connect();
    const heard = reads(res);
    await heard.until(': open\n\n');
    await opened.holds.hold({ route: 'users', by: 'alice', reason });
    const text = await heard.until('"reason":"wrong totals"');
    expect(res.headers['content-type']).toBe('text/event-stream');
    expect(text).toMatch(
      /id: 1\nevent: route-held\ndata: \{"time":"2026-01-01T00:00:00.000Z","route":"users"/,
    );
    opened.clock.advance(15_000);
    await heard.until(': still here\n\n');
    res.destroy();
  });

  it('tells of comparisons together, at most once a second, and of a tripwire at once', async () => {
    using opened = await openStreams();
    const res = await opened.connect();
    const heard = reads(res);
    await heard.until(': open\n\n');
    const compared = (outcome: 'match' | 'mismatch') =>
      opened.events.emit({
        type: 'compared',
        route: routes[3]!,
        method: 'GET',
        outcome,
        skip: undefined,
        count: 1,
      });
    compared('match');
    compared('match');
    opened.events.emit({ type: 'tripwire-tripped', route: 'users', reason: '9 of 50 failed', isHeld: true });
    opened.clock.advance(tellingPause);
    compared('mismatch');
    opened.clock.advance(tellingPause);
    const text = await heard.until('"mismatch":1');
    expect(
      [...text.matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(([, name, data]) => [
        name,
        JSON.parse(data ?? '').counts,
      ]),
    ).toEqual([
      ['tripwire-tripped', undefined],
      ['comparisons-counted', { match: 2 }],
      ['comparisons-counted', { mismatch: 1 }],
    ]);
    res.destroy();
  });

  it('serves so many readers and no more, and room again when one leaves', async () => {
    using opened = await openStreams();
    const all = await Promise.all(Array.from({ length: streamBound }, () => opened.connect()));
    expect((await opened.connect()).statusCode).toBe(503);
    all[0].destroy();
    await expect.poll(async () => (await opened.connect()).statusCode).toBe(200);
    for (const res of all) res.destroy();
  });
});
