import { describe, expect, it } from 'vitest';
import { eventsIn } from '../kit/outcomes.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const table = (tripwire: string, more = 'stage: canary, percent: 100, by: [ip], data: synced'): string => `
monolith: legacy
trust: [loopback]
log: { level: debug }
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}", breaker: "off" } }
routes:
  orders: { match: [/orders/:id], service: orders, ${more}, tripwire: { ${tripwire} } }
`;

interface Asked {
  readonly status: number;
  readonly from: string;
}

/** Requests of five clients, each for something else; what they got. */
async function askMany(url: string, count: number): Promise<Asked[]> {
  const answers: Asked[] = [];
  for (let i = 0; i < count; i++) {
    const headers = { 'x-forwarded-for': `192.0.2.${i % 5}` };
    const answer = await fetch(`${url}/orders/${i}`, { headers });
    const { from = '' } = (await answer.json()) as { from?: string };
    answers.push({ status: answer.status, from });
  }
  return answers;
}

const small = 'minimum: 10, clients: 3, window: 1m';

describe('a tripwire', () => {
  it('holds its route when the service fails, and no client of legacy notices', async () => {
    await using world = await openWorld(table(`errors: 20%, ${small}`), {
      legacy: echo('legacy'),
      orders: echo('orders'),
    });
    const well = await askMany(world.url, 8);
    expect(well.every(({ from }) => from === 'orders')).toBe(true);
    world.upstreams.orders.answer(req => req.socket.destroy());
    const ill = await askMany(world.url, 20);
    expect(ill.every(({ status, from }) => status === 200 && from === 'legacy')).toBe(true);
    await expect.poll(() => eventsIn(world, 'tripwire-tripped').length).toBe(1);
    const [told] = eventsIn(world, 'tripwire-tripped');
    expect(told).toMatchObject({
      route: 'orders',
      held: true,
      reason: expect.stringMatching(/^errors \d+ % of 1\d requests/),
    });
    const [held] = eventsIn(world, 'route-held');
    expect(held).toMatchObject({ route: 'orders', by: 'tripwire', reason: told?.reason, until: null });
    // From then on nobody asks the service for an answer, well or not; the hold stays until it is released.
    world.upstreams.orders.answer(echo('orders'));
    expect((await askMany(world.url, 20)).every(({ from }) => from === 'legacy')).toBe(true);
    expect(eventsIn(world, 'tripwire-tripped')).toHaveLength(1);
    const release = await fetch(`${world.adminUrl}/api/routes/orders/release`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'mended' }),
    });
    expect(release.status).toBeLessThan(300);
    expect((await askMany(world.url, 2)).every(({ from }) => from === 'orders')).toBe(true);
  });

  it('holds for mismatches', async () => {
    await using world = await openWorld(table(`mismatches: 20%, ${small}`), {
      legacy: echo('legacy'),
      orders: echo('orders'),
    });
    await askMany(world.url, 12);
    await expect.poll(() => eventsIn(world, 'route-held').length).toBe(1);
    expect(eventsIn(world, 'tripwire-tripped')[0]?.reason).toMatch(/^mismatches /);
    expect((await askMany(world.url, 1))[0]?.from).toBe('legacy');
  });

  it('only alerts where the service owns the data', async () => {
    const owned = 'stage: migrated, data: service, fallback: off';
    await using world = await openWorld(table(`errors: 20%, ${small}`, owned), {
      legacy: echo('legacy'),
      orders: (_req, res) => res.writeHead(500, { 'content-type': 'application/json' }).end('{}'),
    });
    await askMany(world.url, 15);
    await expect.poll(() => eventsIn(world, 'tripwire-tripped').length).toBe(1);
    expect(eventsIn(world, 'tripwire-tripped')[0]).toMatchObject({ held: false });
    expect(eventsIn(world, 'route-held')).toEqual([]);
    expect(world.upstreams.legacy.seen).toEqual([]);
    expect((await askMany(world.url, 1))[0]?.status).toBe(500);
  });

  it.each([
    ['one client', (i: number) => ({ path: i, client: 1 })],
    ['few requests over and over', (i: number) => ({ path: 1, client: i % 5 })],
  ])('is not tripped by %s', async (_, of) => {
    await using world = await openWorld(table(`errors: 20%, ${small}`), {
      legacy: echo('legacy'),
      orders: req => req.socket.destroy(),
    });
    for (let i = 0; i < 20; i++) {
      const { path, client } = of(i);
      const headers = { 'x-forwarded-for': `192.0.2.${client}` };
      await (await fetch(`${world.url}/orders/${path}`, { headers })).arrayBuffer();
    }
    await expect.poll(() => eventsIn(world, 'compared').length).toBe(20);
    expect(eventsIn(world, 'tripwire-tripped')).toEqual([]);
  });

  it('trips again while a release ramps up', async () => {
    await using world = await openWorld(table(`errors: 20%, ${small}`), {
      legacy: echo('legacy'),
      orders: req => req.socket.destroy(),
    });
    await askMany(world.url, 12);
    await expect.poll(() => eventsIn(world, 'route-held').length).toBe(1);
    await fetch(`${world.adminUrl}/api/routes/orders/release`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ reason: 'try again', ramp: [90, 100], every: '1h' }),
    });
    await askMany(world.url, 30);
    await expect.poll(() => eventsIn(world, 'route-held').length).toBe(2);
    expect((await askMany(world.url, 5)).every(({ from }) => from === 'legacy')).toBe(true);
  });
});
