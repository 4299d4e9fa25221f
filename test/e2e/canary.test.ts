import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const table = (percent: number): string => `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
cohorts:
  checkout: { percent: ${percent}, by: ["cookie:sid"], pin: { service: ["header:x-preview=1"] } }
routes:
  orders:
    match: [GET /orders/:id]
    service: orders
    stage: canary
    cohort: checkout
    compare: { sample: 0% }
`;

const clients = Array.from({ length: 1000 }, (_, i) => `client-${i}`);

/** The clients whose request the service served. */
async function served(url: string): Promise<Set<string>> {
  const on = new Set<string>();
  for (let i = 0; i < clients.length; i += 50) {
    await Promise.all(
      clients.slice(i, i + 50).map(async sid => {
        const answer = await fetch(`${url}/orders/1`, { headers: { cookie: `a=b; sid=${sid}` } });
        const { from } = (await answer.json()) as { from: string };
        if (from === 'orders') on.add(sid);
      }),
    );
  }
  return on;
}

/** Contract §3, worked out anew. */
const bucket = (sid: string): number =>
  createHash('sha256').update(`checkout\0${sid}`).digest().readUInt32BE(0) % 10_000;

it('a canary of 10 % moves 10 % of the clients, always the same ones, and more percent only adds', async () => {
  await using world = await openWorld(table(10), { legacy: echo('legacy'), orders: echo('orders') });
  const first = await served(world.url);
  expect([...first].sort()).toEqual(clients.filter(sid => bucket(sid) < 1000).sort());
  expect(first.size).toBeGreaterThan(70);
  expect(first.size).toBeLessThan(130);
  expect(await served(world.url)).toEqual(first);

  await world.edit(table(20));
  const second = await served(world.url);
  expect(second.size).toBeGreaterThan(first.size);
  expect([...first].filter(sid => !second.has(sid))).toEqual([]);

  await world.edit(table(0));
  expect((await served(world.url)).size).toBe(0);
});

it('a pin comes before the bucket, and no cookie is set', async () => {
  await using world = await openWorld(table(0), { legacy: echo('legacy'), orders: echo('orders') });
  const answer = await fetch(`${world.url}/orders/1`, { headers: { 'x-preview': '1' } });
  expect(await answer.json()).toMatchObject({ from: 'orders' });
  expect(answer.headers.has('set-cookie')).toBe(false);
});
