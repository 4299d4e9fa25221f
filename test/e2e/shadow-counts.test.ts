import type { RequestListener } from 'node:http';
import type { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { awaitOutcomes, countsOf, eventsIn } from '../kit/outcomes.ts';
import { openRaw, sendRaw } from '../kit/raw.ts';
import { openWorld } from '../kit/world.ts';

const table = (compare: string, more = ''): string => `
monolith: legacy
log: { level: debug }
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", timeout: 500ms }
routes:
  orders: { match: [/orders/:id], service: orders, stage: shadow, compare: { ${compare} } }
${more}`;

/** The same to whoever reads it, but not to the byte: only the comparing thread can tell. */
const spelling = { legacy: '{"a":1}', service: '{ "a": 1 }' };

/** Answers by the path: `/orders/gone-1` breaks off, `/orders/hang-1` never answers, and the like. */
const byPath =
  (side: 'legacy' | 'service'): RequestListener =>
  (req, res) => {
    const [, kind = ''] = /^\/+orders\/+([a-z]+)/.exec(req.url ?? '') ?? [];
    req.resume();
    if (kind === 'slow' || (kind === 'hang' && side === 'service')) return;
    if (kind === 'gone' && side === 'service') return void req.socket.destroy();
    if (kind === 'broken' && side === 'service') res.statusCode = 500;
    if (kind === 'down' && side === 'legacy') res.statusCode = 503;
    if (kind === 'other') res.setHeader('content-type', 'application/json').end(JSON.stringify({ side }));
    else if (kind === 'spelt') res.setHeader('content-type', 'application/json').end(spelling[side]);
    else if (kind === 'big') res.end('x'.repeat(100_000));
    else res.end('the same');
  };

const kinds = ['same', 'other', 'gone', 'broken', 'down', 'big', 'hang', 'same', 'same', 'same'];

/** Sends `count` requests, so many at once. */
async function sendAll(
  count: number,
  atOnce: number,
  send: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const run = async (): Promise<void> => {
    while (next < count) await send(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, run));
}

it('counts every request once under load, faults and overload', async () => {
  const compare = 'sample: 90%, concurrency: 3, rate: 30/1m, maxBody: 64KiB, reask: { share: 0% }';
  await using world = await openWorld(table(compare), {
    legacy: byPath('legacy'),
    orders: byPath('service'),
  });
  let sent = 0;
  await sendAll(300, 24, async index => {
    const answer = await fetch(`${world.url}/orders/${kinds[index % kinds.length]}-${index}`);
    await answer.arrayBuffer();
    sent++;
  });
  // The rest of what the rate allows, one after the other, and more.
  await awaitOutcomes(world, sent);
  await sendAll(45, 1, async () => {
    await (await fetch(`${world.url}/orders/same`)).arrayBuffer();
    await awaitOutcomes(world, ++sent);
  });
  for (const init of [
    { method: 'POST', body: 'order' },
    { method: 'DELETE' },
    { headers: { 'x-http-method-override': 'DELETE' } },
    { method: 'OPTIONS', headers: { origin: 'https://a.example', 'access-control-request-method': 'GET' } },
    { method: 'HEAD' },
  ]) {
    await fetch(`${world.url}/orders/same`, init);
    sent++;
  }
  const head = 'Host: shop\r\nConnection: close\r\n';
  await sendRaw(world.url, `GET /orders//same HTTP/1.1\r\n${head}\r\n`);
  sent++;
  const upgrade =
    'Upgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n';
  await sendRaw(
    world.url,
    `GET /orders/same HTTP/1.1\r\nHost: shop\r\nConnection: upgrade\r\n${upgrade}\r\n`,
  );
  sent++;
  for (let i = 0; i < 5; i++) {
    const client = await openRaw(world.url);
    const seen = world.upstreams.legacy.seen.length;
    client.send(`GET /orders/slow-${i} HTTP/1.1\r\n${head}\r\n`);
    await expect.poll(() => world.upstreams.legacy.seen.length).toBeGreaterThan(seen);
    client.close();
    sent++;
  }
  await awaitOutcomes(world, sent);
  const counts = countsOf(world);
  expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(sent);
  expect(counts).toMatchObject({
    'skipped: unsafe-method': 4,
    'skipped: would-refuse': 1,
    'skipped: upgrade': 1,
  });
  for (const outcome of ['match', 'skipped: sampled-out', 'skipped: rate', 'skipped: overload'])
    expect(counts[outcome] ?? 0, outcome).toBeGreaterThan(0);
  const methods = new Set(world.upstreams.orders.seen.map(({ method }) => method));
  expect([...methods].filter(method => method !== 'GET' && method !== 'HEAD')).toEqual([]);

  const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
  const total = [...metrics.matchAll(/^figway_comparisons_total\{.*\} (\d+)$/gm)];
  expect(total.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(sent);
  expect(metrics).toMatch(/^figway_shadow_inflight 0$/m);
  expect(metrics).toMatch(/^figway_shadow_shed_total\{reason="rate"\} [1-9]/m);
});

it('the comparing thread is killed: clients notice nothing, what was queued is skipped, and it comes back', async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => void (thread.threadName === 'compare' && threads.push(thread));
  process.on('worker', note);
  try {
    await using world = await openWorld(table('reask: { share: 0% }, concurrency: 64'), {
      legacy: byPath('legacy'),
      orders: byPath('service'),
    });
    const ask = (index: number): Promise<void> =>
      fetch(`${world.url}/orders/spelt-${index}`).then(async answer => {
        expect(await answer.text()).toBe(spelling.legacy);
      });
    await ask(0);
    await awaitOutcomes(world, 1);
    expect(threads).toHaveLength(1);
    const busy = sendAll(120, 12, async index => {
      if (index === 40) void threads[0]?.terminate();
      await ask(index);
    });
    await busy;
    await awaitOutcomes(world, 121);
    const lost = eventsIn(world, 'compare-worker-lost');
    expect(lost).toHaveLength(1);
    await expect
      .poll(
        async () => {
          await ask(0);
          return countsOf(world).match;
        },
        { interval: 50 },
      )
      .toBeGreaterThan(1);
    const skipped = countsOf(world)['skipped: worker'] ?? 0;
    expect(skipped).toBeGreaterThanOrEqual(Number(lost[0]?.lost));
  } finally {
    process.off('worker', note);
  }
});

it('a request that an observing guard would refuse is never copied, however late that guard speaks', async () => {
  const auth = 'auth: { session: { cookie: sid, verify: { upstream: legacy, path: /whoami } } }\n';
  await using world = await openWorld(table('reask: { cookies: true, share: 0% }', auth), {
    legacy: (req, res) => {
      if (req.url === '/whoami') setTimeout(() => res.writeHead(401).end(), 100);
      else res.end('the same');
    },
    orders: byPath('service'),
  });
  for (const cookie of ['sid=stale', '']) {
    const answer = await fetch(`${world.url}/orders/1`, { headers: cookie === '' ? {} : { cookie } });
    expect(await answer.text()).toBe('the same');
  }
  await awaitOutcomes(world, 2);
  expect(countsOf(world)).toEqual({ 'skipped: would-refuse': 2 });
  expect(world.upstreams.orders.seen).toEqual([]);
});
