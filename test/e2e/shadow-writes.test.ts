import { expect, it } from 'vitest';
import { awaitOutcomes, countsOf } from '../kit/outcomes.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const table = (route: string): string => `
monolith: legacy
trust: [loopback]
log: { level: debug }
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}", cookies: [locale] } }
routes:
  orders: { match: [/orders/:id], service: orders, data: synced, ${route} }
`;

const isolated = 'writes: { isolated: true, reason: "the service writes to a scratch database" }';
const post = { method: 'POST', body: 'an order', headers: { 'content-type': 'text/plain' } };

it('a write is never sent to the other side without opt-in, whatever `methods` says', async () => {
  await using world = await openWorld(table('stage: shadow, compare: { methods: [GET, POST, PUT] }'), {
    legacy: echo('a'),
    orders: echo('a'),
  });
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'])
    await (await fetch(`${world.url}/orders/1`, { method })).arrayBuffer();
  await awaitOutcomes(world, 4);
  expect(countsOf(world)).toEqual({ 'skipped: unsafe-method': 4 });
  expect(world.upstreams.orders.seen).toEqual([]);
});

it('with opt-in the service gets it whole, and once', async () => {
  await using world = await openWorld(table(`stage: shadow, compare: { ${isolated} }`), {
    legacy: echo('a'),
    orders: echo('a'),
  });
  const answer = await fetch(`${world.url}/orders/1`, post);
  expect(await answer.json()).toMatchObject({ from: 'a', method: 'POST', bytes: 8 });
  const chunked = await fetch(`${world.url}/orders/2`, {
    ...post,
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('two '));
        controller.enqueue(new TextEncoder().encode('chunks'));
        controller.close();
      },
    }),
    duplex: 'half',
  } as RequestInit);
  expect(await chunked.json()).toMatchObject({ bytes: 10 });
  await awaitOutcomes(world, 2);
  // Both sides say how many bytes they got.
  expect(countsOf(world)).toEqual({ match: 2 });
  expect(world.upstreams.orders.seen.map(({ method }) => method)).toEqual(['POST', 'POST']);
});

it('a body beyond `maxBody` is not copied', async () => {
  await using world = await openWorld(table(`stage: shadow, compare: { maxBody: 1KiB, ${isolated} }`), {
    legacy: echo('a'),
    orders: echo('a'),
  });
  const answer = await fetch(`${world.url}/orders/1`, { ...post, body: 'x'.repeat(2000) });
  expect(await answer.json()).toMatchObject({ bytes: 2000 });
  await awaitOutcomes(world, 1);
  expect(countsOf(world)).toEqual({ 'skipped: too-large': 1 });
  expect(world.upstreams.orders.seen).toEqual([]);
});

it('legacy never gets a write twice: that its side effects go nowhere is said of the service', async () => {
  const route = `stage: canary, percent: 100, by: [ip], compare: { ${isolated} }`;
  await using world = await openWorld(table(route), { legacy: echo('a'), orders: echo('a') });
  await (await fetch(`${world.url}/orders/1`, post)).arrayBuffer();
  await (await fetch(`${world.url}/orders/1`)).arrayBuffer();
  await awaitOutcomes(world, 2);
  expect(countsOf(world)).toEqual({ 'skipped: unsafe-method': 1, match: 1 });
  expect(world.upstreams.legacy.seen.map(({ method }) => method)).not.toContain('POST');
});

it('each side gets the headers that it would get of the client, and `x-shadow`', async () => {
  const route = 'stage: canary, percent: 0, by: [ip], pin: { service: ["header:x-side=service"] }, ';
  await using world = await openWorld(table(`${route} compare: { reask: { cookies: true, share: 0% } }`), {
    legacy: echo('a'),
    orders: echo('a'),
  });
  const { legacy, orders } = world.upstreams;
  const headers = {
    authorization: 'Bearer client',
    cookie: 'sid=1; locale=de',
    'x-user-id': 'forged',
    'x-shadow': 'forged',
  };
  await (await fetch(`${world.url}/orders/1`, { headers })).arrayBuffer();
  await awaitOutcomes(world, 1);
  expect(legacy.seen[0]?.headers['x-shadow']).toBeUndefined();
  expect(orders.seen[0]?.headers).toMatchObject({
    ...{ 'x-shadow': '1', authorization: 'Bearer client', cookie: 'locale=de' },
    'x-request-id': legacy.seen[0]?.headers['x-request-id'],
  });
  expect(orders.seen[0]?.headers['x-user-id']).toBeUndefined();
  expect(orders.seen[0]?.headers.host).toBe(new URL(orders.url).host);

  await (
    await fetch(`${world.url}/orders/1`, { headers: { ...headers, 'x-side': 'service' } })
  ).arrayBuffer();
  await awaitOutcomes(world, 2);
  expect(orders.seen[1]?.headers['x-shadow']).toBeUndefined();
  expect(legacy.seen[1]?.headers).toMatchObject({
    ...{ 'x-shadow': '1', authorization: 'Bearer client', cookie: 'sid=1; locale=de' },
    host: new URL(world.url).host,
  });
  expect(countsOf(world)).toEqual({ match: 2 });
});

it('a cookie keeps a request of the service from being copied to legacy, unless `reask.cookies`', async () => {
  await using world = await openWorld(table('stage: migrated, compare: { reverse: true }'), {
    legacy: echo('a'),
    orders: echo('a'),
  });
  await (await fetch(`${world.url}/orders/1`, { headers: { cookie: 'sid=1' } })).arrayBuffer();
  await (await fetch(`${world.url}/orders/1`)).arrayBuffer();
  await awaitOutcomes(world, 2);
  expect(countsOf(world)).toEqual({ 'skipped: cookie': 1, match: 1 });
});
