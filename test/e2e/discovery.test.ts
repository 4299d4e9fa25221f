import { describe, expect, it } from 'vitest';
import type { ProgressView } from '../../gateway/admin/progress.ts';
import type { UnclaimedView } from '../../gateway/admin/unclaimed.ts';
import { openWorld } from '../kit/world.ts';

const yaml = (more = '') => `monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}" }
routes:
  orders-read: { match: [GET /orders/:id], service: orders, stage: migrated }
${more}`;

const read = async <View>(url: string): Promise<View> => (await fetch(url)).json() as Promise<View>;

describe('discovery', () => {
  it('shows unclaimed traffic in templates until a route claims it', async () => {
    await using world = await openWorld(yaml(), {
      legacy: (req, res) => {
        if (req.url?.startsWith('/cart')) res.setHeader('set-cookie', 'sid=1');
        res.statusCode = req.url === '/nothing' ? 404 : 200;
        res.end('legacy');
      },
      orders: (_, res) => void res.end('orders'),
    });
    for (const path of ['/orders/1', '/cart/1?voucher=s3cret', '/cart/2', '/nothing', '/'])
      await (await fetch(world.url + path)).text();
    await (await fetch(`${world.url}/cart/2`, { method: 'POST' })).text();
    const unclaimed = `${world.adminUrl}/api/unclaimed`;
    await expect.poll(async () => (await read<UnclaimedView>(unclaimed)).requests).toBe(4);
    const view = await read<UnclaimedView>(unclaimed);
    expect(view).toMatchObject({ missing: 1, odd: 0, silent: [], share: 5 / 6 });
    expect(view.templates).toMatchObject([
      {
        ...{ template: '/cart/:id', methods: { GET: 2, POST: 1 }, requests: 3, share: 0.75 },
        ...{ errors: 0, consumers: 1, setsCookies: 2, p95: expect.any(Number) },
        suggestion: expect.stringContaining('  cart-write:\n    match:\n      - POST /cart/:id\n'),
      },
      { template: '/', methods: { GET: 1 }, requests: 1 },
    ]);
    expect(JSON.stringify(view)).not.toContain('s3cret');

    await world.edit(yaml('  cart-read: { match: [GET /cart/:id], service: orders, stage: legacy }\n'));
    const later = await read<UnclaimedView>(unclaimed);
    expect(later.templates.map(({ template, methods }) => [template, methods])).toEqual([
      ['/cart/:id', { POST: 1 }],
      ['/', { GET: 1 }],
    ]);
    expect((await read<UnclaimedView>(`${unclaimed}?limit=1`)).templates).toHaveLength(1);
    expect((await read<UnclaimedView>(`${unclaimed}?silent=1ms`)).silent).toHaveLength(2);
  });

  it('tells how much is migrated', async () => {
    await using world = await openWorld(yaml(), {
      legacy: (_, res) => void res.end('legacy'),
      orders: (_, res) => void res.end('orders'),
    });
    for (const path of ['/orders/1', '/orders/2', '/cart', '/']) await (await fetch(world.url + path)).text();
    const progress = `${world.adminUrl}/api/progress`;
    const view = await read<ProgressView>(progress);
    expect(view.today).toEqual({ serviceShare: 0.5, routesDone: 1, routes: 1 });
    expect(view.isPartial).toBe(false);
    expect(view.samples.reduce((sum, { requests }) => sum + requests, 0)).toBe(4);
    expect(view.samples[0]?.routesByStage).toEqual({ legacy: 0, shadow: 0, canary: 0, migrated: 1, done: 0 });
    expect((await fetch(`${progress}?from=yesterday`)).status).toBe(400);
    expect((await read<ProgressView>(`${progress}?from=2020-01-01&to=2020-02-01`)).samples).toEqual([]);
  });
});
