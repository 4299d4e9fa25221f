import { describe, expect, it } from 'vitest';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const table = (fallback: string): string => `
debugHeaders: true
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", timeout: 300ms, breaker: { minimum: 5, pause: 1h } }
routes:
  orders:
    match: [/orders/:id]
    service: orders
    stage: migrated
    data: synced
    fallback: ${fallback}
`;

const post = { method: 'POST', body: 'order', headers: { 'content-type': 'text/plain' } };

describe('when the service dies', () => {
  it('GETs fall back to legacy, and a POST that may have arrived does not', async () => {
    await using world = await openWorld(table('unreached'), {
      legacy: echo('legacy'),
      orders: echo('orders'),
    });
    expect(await (await fetch(`${world.url}/orders/1`)).json()).toMatchObject({ from: 'orders' });

    // It takes the request and closes without an answer: nobody can know whether the order was placed.
    world.upstreams.orders.answer((req, _res) => req.on('data', () => req.socket.destroy()).resume());
    const lost = await fetch(`${world.url}/orders/1`, post);
    expect(lost.status).toBe(502);
    expect(await lost.json()).toMatchObject({ code: 'upstream-reset' });
    expect(world.upstreams.legacy.seen).toEqual([]);
    expect(world.upstreams.orders.seen.filter(request => request.method === 'POST')).toHaveLength(1);

    await world.upstreams.orders.kill();
    const read = await fetch(`${world.url}/orders/1`);
    expect(await read.json()).toMatchObject({ from: 'legacy' });
    expect(read.headers.get('x-figway')).toMatch(/served=legacy; because="fallback: upstream refused"/);

    // Nobody listens: the request certainly never arrived, so `unreached` lets legacy have it, with its body.
    const sent = await fetch(`${world.url}/orders/1`, post);
    expect(await sent.json()).toMatchObject({ from: 'legacy', method: 'POST', bytes: 5 });
  });

  it('a POST never falls back under `safe`, and never with a method override', async () => {
    await using world = await openWorld(table('safe'), { legacy: echo('legacy'), orders: echo('orders') });
    await world.upstreams.orders.kill();
    expect((await fetch(`${world.url}/orders/1`, post)).status).toBe(502);
    const overridden = await fetch(`${world.url}/orders/1`, {
      headers: { 'x-http-method-override': 'DELETE' },
    });
    expect(overridden.status).toBe(502);
    expect(world.upstreams.legacy.seen).toEqual([]);
  });

  it('its breaker opens, legacy serves without asking it, and a late answer falls back too', async () => {
    await using world = await openWorld(table('safe'), { legacy: echo('legacy'), orders: echo('orders') });
    world.upstreams.orders.answer(() => {});
    const late = await fetch(`${world.url}/orders/1`);
    expect(await late.json()).toMatchObject({ from: 'legacy' });
    expect(late.headers.get('x-figway')).toMatch(/fallback: upstream timeout/);
    world.upstreams.orders.answer((_req, res) => res.writeHead(503).end());
    for (let i = 0; i < 6; i++) await (await fetch(`${world.url}/orders/1`)).arrayBuffer();
    const asked = world.upstreams.orders.seen.length;
    const rested = await fetch(`${world.url}/orders/1`);
    expect(await rested.json()).toMatchObject({ from: 'legacy' });
    expect(rested.headers.get('x-figway')).toMatch(/fallback: breaker open/);
    expect(world.upstreams.orders.seen.length).toBe(asked);
  });
});
