import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Move } from '../../gateway/routing/route.ts';
import { openMovingShop, same } from '../kit/shop-moves.ts';

/** Evidence of some twenty distinct requests is enough here. */
const loose = 'span: 0s, maxMismatch: 20%, reask: { share: 0% }';

const table = (stage: string, more = ''): string => `
monolith: legacy
trust: [loopback]
revision: build-7
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}", breaker: "off" } }
routes:
  # the orders team asked for this one first
  orders:
    match: [/orders/:id]
    service: orders
    stage: ${stage}
    percent: 10
    by: [ip]
    data: synced
    compare: { ${loose} }
    quiet: 1h
${more}`;

const because = (reason: string) => ['--reason', reason];

describe('promoting orders from legacy to done, with evidence', () => {
  it('goes through every gate, and each move is kept with its numbers', { timeout: 120_000 }, async () => {
    await using shop = await openMovingShop(table('legacy'));
    const moves = async () => (await shop.get<{ moves: Move[] }>('/api/moves')).moves;

    expect(await shop.figway('promote orders', because('the service is up'))).toMatchObject({ code: 0 });
    const early = await shop.figway('promote orders', because('looks fine'));
    expect(early.code).toBe(2);
    expect(early.stderr).toContain('orders: the gate asks for the verdict `ready`, and is closed\n');
    expect(early.stderr).toContain('  - no request was seen under these rules yet\n');
    expect(early.stderr).toContain('--force moves all the same');

    await shop.ask('/orders', 3);
    const soon = await shop.figway('status orders');
    expect(soon.stdout).toMatch(/verdict pending\n.*0 bad of 3 distinct requests\n/);
    expect(soon.stdout).toMatch(/ - GET, match entry 1 \(100 %\): \d+ more distinct requests/);
    expect(soon.stdout).toContain('next: canary 10 %, which asks for the verdict `ready`: closed\n');

    await shop.ask('/orders', 30);
    expect((await shop.view()).next).toMatchObject({
      stage: 'canary',
      percent: 10,
      gate: 'ready',
      isOpen: true,
    });
    const canary = await shop.figway('promote orders --percent 50', because('ready'));
    expect(canary).toMatchObject({ code: 0 });
    expect(canary.stdout).toContain('  verdict ready, 0 bad of 33 distinct requests, match rate 100 %\n');
    expect(canary.stdout).not.toContain('ungated');
    expect(await shop.figway('promote orders --percent 100', because('still ready'))).toMatchObject({
      code: 0,
    });
    expect(await shop.figway('promote orders', because('all clients'))).toMatchObject({ code: 0 });

    const alive = await shop.figway('leftovers orders');
    expect(alive.code).toBe(2);
    expect(alive.stdout).toContain('not yet: orders must be quiet for 1h\n');
    const tooSoon = await shop.figway('promote orders', because('nobody asks legacy'));
    expect(tooSoon.code).toBe(2);
    expect(tooSoon.stderr).toMatch(/ - legacy served it .* ago, it must be quiet for 1h\n/);
    const file = await readFile(shop.world.file, 'utf8');
    await shop.world.edit(file.replace('quiet: 1h', 'quiet: 50ms'));
    await expect.poll(async () => (await shop.figway('leftovers orders')).code, { timeout: 20_000 }).toBe(0);
    expect(await shop.figway('promote orders', because('nobody asks legacy'))).toMatchObject({ code: 0 });

    const kept = await moves();
    expect(kept.map(({ to, ungated }) => [to.stage, to.percent, ungated])).toEqual([
      ['done', undefined, false],
      ['migrated', undefined, false],
      ['canary', 100, false],
      ['canary', 50, false],
      ['shadow', undefined, false],
    ]);
    const [done, migrated, , first, shadow] = kept;
    expect(done?.evidence).toMatchObject({
      ...{ gate: 'leftovers', isOpen: true },
      leftovers: { quiet: 50, lastAt: expect.any(Number) },
    });
    expect(migrated?.evidence).toMatchObject({ gate: 'ready+no-tripwire', verdict: { state: 'ready' } });
    expect(first).toMatchObject({
      ...{ by: 'loopback', reason: 'ready', revision: 'build-7' },
      evidence: {
        ...{ gate: 'ready', isOpen: true, reasons: [], unverified: [] },
        verdict: {
          ...{ state: 'ready', n: 33, bad: 0, matchRate: 1 },
          parts: [{ method: 'GET', entry: '/orders/:id', state: 'ready', n: 33, bad: 0, share: 1 }],
        },
      },
    });
    expect(shadow?.evidence).toBeUndefined();
    const text = await readFile(shop.world.file, 'utf8');
    expect(text).toContain('  # the orders team asked for this one first\n');
    expect(text).toContain('    stage: done\n    percent: 100\n');
  });

  it('is refused for a service that answers otherwise, and force is on record', async () => {
    await using shop = await openMovingShop(table('shadow'), {
      orders: (_req, res) => res.writeHead(500).end(),
    });
    await shop.ask('/orders', 40);
    const refused = await shop.post('/api/routes/orders/stage', { stage: 'canary', reason: 'hope' });
    expect(refused).toMatchObject({
      status: 409,
      body: {
        code: 'gate-closed',
        evidence: { orders: { isOpen: false, verdict: { bad: 40, n: 40, matchRate: 0 } } },
      },
    });
    expect(refused.body.detail).toContain('the verdict is blocked');
    const forced = await shop.figway('promote orders --force', because('contract tests, build 412'));
    expect(forced.code).toBe(0);
    expect(forced.stdout).toContain('ungated: orders: the verdict is blocked\n');
    const { moves } = await shop.get<{ moves: Move[] }>('/api/moves');
    expect(moves[0]).toMatchObject({
      ungated: true,
      evidence: { isOpen: false, verdict: { state: 'blocked', bad: 40 } },
    });
  });

  it('asks who answers for methods that cannot be compared', async () => {
    await using shop = await openMovingShop(table('shadow'));
    await shop.ask('/orders', 30);
    await shop.ask('/orders', 2, { method: 'POST', body: 'x' });
    const refused = await shop.figway('promote orders', because('ready'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('  - GET ready; POST unverified\n');
    expect(refused.stderr).toContain('--unverified POST');
    const wrong = await shop.figway('promote orders --unverified po/st', because('ready'));
    expect(wrong.code).toBe(3);
    expect(wrong.stderr).toContain('expected a method, `upgrade` or `streaming`, got "po/st"');
    const named = await shop.figway('promote orders --unverified post', because('contract tests, build 412'));
    expect(named).toMatchObject({ code: 0 });
    expect(named.stdout).toContain('  left out: POST\n');
    const { moves } = await shop.get<{ moves: Move[] }>('/api/moves');
    expect(moves[0]).toMatchObject({ ungated: false, evidence: { unverified: ['POST'] } });
  });

  it('needs no more than a reason where nothing is left to compare', async () => {
    await using shop = await openMovingShop(table('shadow'));
    await shop.ask('/orders', 5, { method: 'POST', body: 'x' });
    expect((await shop.figway('promote orders', because('r'))).code).toBe(2);
    expect((await shop.figway('promote orders --unverified POST', because('build 412'))).code).toBe(0);
  });

  it('waits for the window of a tripwire to pass, and for its hold to be released', async () => {
    const wire = '    tripwire: { errors: 20%, minimum: 5, clients: 1, window: 10m }\n';
    await using shop = await openMovingShop(table('canary', wire).replace('percent: 10', 'percent: 100'));
    await shop.ask('/orders', 30);
    expect((await shop.view()).next).toMatchObject({ isOpen: true });
    expect((await shop.view()).tripwire).toMatchObject({ state: 'quiet', window: 600_000, last: null });
    shop.world.upstreams.orders.answer((_req, res) => res.writeHead(500).end());
    await shop.ask('/orders', 15);
    await expect.poll(async () => (await shop.view()).hold?.by).toBe('tripwire');
    const held = await shop.view();
    expect(held.tripwire?.state).toBe('tripped');
    expect(held.next?.reasons).toContainEqual(expect.stringMatching(/^a tripwire holds it: errors /));
    shop.world.upstreams.orders.answer(same);
    await shop.post('/api/routes/orders/release', { reason: 'mended', ramp: [50, 100], every: '1h' });
    expect((await shop.view()).next?.reasons).toContainEqual(expect.stringMatching(/^a tripwire holds it/));
    await shop.post('/api/routes/orders/release', { reason: 'mended', ramp: [100] });
    const refused = await shop.figway('promote orders', because('mended'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/ - a tripwire tripped \d+s ago, within its window of 10m: errors /);
    const leftovers = await shop.get('/api/routes/orders/leftovers');
    expect(leftovers).toMatchObject({ isDead: false, holds: { count: expect.any(Number) } });
  });
});

describe('a hand edit', () => {
  it('is shown as ungated where its gate was closed, with what was known', async () => {
    await using shop = await openMovingShop(table('shadow'));
    await shop.ask('/orders', 2);
    await shop.world.edit(table('canary'));
    const moves = async () => (await shop.get<{ moves: Move[] }>('/api/moves')).moves;
    await expect.poll(moves).toMatchObject([
      {
        ...{ by: 'revision build-7', reason: 'edited by hand', ungated: true },
        evidence: { gate: 'ready', isOpen: false, verdict: { state: 'pending', n: 2 } },
      },
    ]);
  });

  it('is not where the gate was open, unless it jumps', async () => {
    await using shop = await openMovingShop(table('shadow'));
    await shop.ask('/orders', 30);
    await shop.world.edit(table('canary'));
    const moves = async () => (await shop.get<{ moves: Move[] }>('/api/moves')).moves;
    await expect.poll(moves).toMatchObject([{ ungated: false, evidence: { isOpen: true } }]);
    await shop.world.edit(table('shadow'));
    await shop.world.edit(table('migrated'));
    await expect
      .poll(async () => (await moves())[0])
      .toMatchObject({
        ...{ to: { stage: 'migrated' }, ungated: true },
        evidence: { verdict: { state: 'ready' }, reasons: ['from shadow to migrated it jumps over gates'] },
      });
  });
});

describe('a cohort', () => {
  const pair = `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
cohorts: { checkout: { percent: 10, by: [ip] } }
routes:
  cart: { match: [GET /cart/:id], service: orders, stage: shadow, cohort: checkout, compare: { ${loose} } }
  pay: { match: [GET /pay/:id], service: orders, stage: shadow, cohort: checkout, compare: { ${loose} } }
`;

  it('moves once the gate of each of its routes is open', async () => {
    await using shop = await openMovingShop(pair);
    await shop.ask('/cart', 30);
    const refused = await shop.figway('promote --cohort checkout', because('ready'));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('pay: the gate asks for');
    expect(refused.stderr).not.toContain('cart: the gate asks for');
    expect(await readFile(shop.world.file, 'utf8')).not.toContain('canary');
    await shop.ask('/pay', 30);
    expect(await shop.figway('promote --cohort checkout', because('ready'))).toMatchObject({ code: 0 });
    const { moves } = await shop.get<{ moves: Move[] }>('/api/moves');
    expect(moves.map(({ route, evidence }) => [route, evidence?.verdict?.state])).toEqual([
      ['pay', 'ready'],
      ['cart', 'ready'],
    ]);
  });
});

describe('with moves: propose', () => {
  it('patch and evidence are printed, and given as data, and nothing is written', async () => {
    await using shop = await openMovingShop(table('shadow', 'moves: propose\n'));
    const before = await readFile(shop.world.file, 'utf8');
    expect((await shop.figway('promote orders', because('hope'))).code).toBe(2);
    await shop.ask('/orders', 30);
    const proposed = await shop.figway('promote orders', because('ready'));
    expect(proposed.code).toBe(0);
    expect(proposed.stdout).toMatch(
      /^--- a\/.*\n\+\+\+ b\/.*\n@@ .* @@\n[\s\S]*- {4}stage: shadow\n\+ {4}stage: canary\n/,
    );
    expect(proposed.stdout).not.toContain('verdict');
    expect(proposed.stderr).toContain('  verdict ready, 0 bad of 30 distinct requests');
    const asked = await shop.post('/api/routes/orders/stage', { stage: 'canary', reason: 'ready' });
    expect(asked).toMatchObject({
      status: 409,
      body: {
        ...{ code: 'moves-proposed', evidence: { orders: { isOpen: true, verdict: { n: 30 } } } },
        patch: expect.stringMatching(/^--- a\/routes\.yaml\n\+\+\+ b\/routes\.yaml\n/),
      },
    });
    expect(await readFile(shop.world.file, 'utf8')).toBe(before);
  });
});

describe('figway rule', () => {
  const stamped =
    (side: string): RequestListener =>
    (req, res) =>
      res
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ path: req.url, trace: { by: `by ${side}` } }));
  const signature = '$.trace.by value text:text';

  it('writes the rule on the route that has shown the difference, which then is excused', async () => {
    await using shop = await openMovingShop(table('shadow'), {
      ...{ legacy: stamped('legacy'), orders: stamped('orders') },
    });
    await shop.ask('/orders', 5);
    const { differences } = await shop.get<{ differences: object[] }>('/api/routes/orders/differences');
    expect(differences).toMatchObject([{ signature, count: 5, share: 1, entry: '/orders/:id' }]);
    const none = await shop.figway('rule', ['$.other value text:text', ...because('r')]);
    expect(none.code).toBe(2);
    const written = await shop.figway('rule', [signature, ...because('who answered')]);
    expect(written).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(shop.world.file, 'utf8')).toContain(
      `compare: { ${loose}, ignore: [{ path: "$.trace.by", kind: value, reason: who answered }] }\n`,
    );
    await shop.world.gateway.reload();
    expect((await shop.view()).verdict?.counts.mismatch).toBe(0);
    await shop.ask('/orders', 5);
    expect((await shop.view()).verdict?.counts).toMatchObject({ excused: 5, mismatch: 0 });
  });

  it('marks a bug of legacy, which then stands against nobody', async () => {
    await using shop = await openMovingShop(table('shadow'), {
      ...{ legacy: stamped('legacy'), orders: stamped('orders') },
    });
    await shop.ask('/orders', 30);
    expect((await shop.view()).next?.isOpen).toBe(false);
    const marked = await shop.figway('rule --legacy-bug', [signature, ...because('bug 17 of the monolith')]);
    expect(marked).toMatchObject({ code: 0, stderr: '' });
    expect((await shop.view()).next?.isOpen).toBe(true);
  });
});
