import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import { openTempFolder } from '../kit/temp-folder.ts';
import { echo, openUpstream } from '../kit/upstream.ts';

interface RouteView {
  readonly hold: object | null;
  readonly tripwire: { readonly state: string; readonly last: { at: string; reason: string } | null };
}

async function routeOf({ adminUrl }: Gateway): Promise<RouteView> {
  const answer = await fetch(`${adminUrl}/api/routes/orders`);
  return (await answer.json()) as RouteView;
}

it('when and why a tripwire tripped is still said after a restart, also where nothing is held', async () => {
  await using folder = await openTempFolder();
  const [legacy, orders] = [await openUpstream(echo('legacy')), await openUpstream(echo('orders'))];
  const file = join(folder.path, 'routes.yaml');
  await writeFile(
    file,
    `listen: { gateway: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
store: { path: ${JSON.stringify(join(folder.path, 'figway.db'))} }
trust: [loopback]
monolith: legacy
upstreams: { legacy: { url: "${legacy.url}" }, orders: { url: "${orders.url}", breaker: "off" } }
routes:
  orders:
    match: [/orders/:id]
    service: orders
    stage: migrated
    data: service
    fallback: off
    tripwire: { errors: 20%, minimum: 10, clients: 3, window: 1h }
`,
  );
  const start = () => startGateway({ file, env: {}, stdout: () => {}, isHuman: false });
  let gateway = await start();
  try {
    expect((await routeOf(gateway)).tripwire).toMatchObject({ state: 'quiet', last: null });
    orders.answer((_req, res) => void res.writeHead(500).end());
    for (let id = 0; id < 15; id++) {
      const headers = { 'x-forwarded-for': `192.0.2.${id % 5}` };
      await (await fetch(`${gateway.url}/orders/${id}`, { headers })).arrayBuffer();
    }
    await expect
      .poll(async () => (await routeOf(gateway)).tripwire.state, { timeout: 10_000 })
      .toBe('tripped');
    const before = await routeOf(gateway);
    expect(before.hold).toBeNull();
    expect(before.tripwire.last?.reason).toMatch(/^errors \d+ % of/);
    await gateway.close();

    gateway = await start();
    expect((await routeOf(gateway)).tripwire).toEqual(before.tripwire);
  } finally {
    await gateway.close();
    await Promise.all([legacy.close(), orders.close()]);
  }
}, 60_000);
