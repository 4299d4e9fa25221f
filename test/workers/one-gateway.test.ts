import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../kit/command-line.ts';
import { getFresh, getFreshly } from '../kit/fresh.ts';
import { type GatewayProcess, startGatewayProcess } from '../kit/process.ts';
import { echo, openUpstream } from '../kit/upstream.ts';

const two = ['--workers', '2'];

async function openGateway(rest: string) {
  const legacy = await openUpstream(echo('legacy'));
  const orders = await openUpstream(echo('orders'));
  const upstreams = `monolith: legacy
upstreams: { legacy: { url: "${legacy.url}" }, orders: { url: "${orders.url}" } }
`;
  const gateway = await startGatewayProcess(upstreams + rest, {}, two);
  return {
    ...{ legacy, orders, gateway },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await Promise.all([legacy.close(), orders.close()]);
    },
  };
}

const ask = async <View>({ adminUrl }: GatewayProcess, path: string, body?: object): Promise<View> => {
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? {} : { method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(`${adminUrl}${path}`, init);
  expect(answer.status).toBe(200);
  return answer.json() as Promise<View>;
};

const canary = `routes:
  orders: { match: [GET /orders/:id], service: orders, stage: canary, percent: 100, by: [ip], data: synced }
`;

describe('several workers are one gateway', () => {
  it('a hold and a release count in all of them before the command ends', { timeout: 120_000 }, async () => {
    await using world = await openGateway(canary);
    await using folder = await openFolder();
    const { gateway } = world;
    const env = { FIGWAY_ADMIN_URL: gateway.adminUrl };
    const from = async () =>
      new Set((await getFreshly(`${gateway.url}/orders/1`, 6)).map(({ body }) => JSON.parse(body).from));
    expect(await from()).toEqual(new Set(['orders']));
    const held = await folder.figway(['hold', 'orders', '--reason', 'careful'], env);
    expect({ code: held.code, stderr: held.stderr }).toEqual({ code: 0, stderr: '' });
    expect(await from()).toEqual(new Set(['legacy']));
    expect((await folder.figway(['release', 'orders', '--reason', 'fine'], env)).code).toBe(0);
    expect(await from()).toEqual(new Set(['orders']));
  });

  it('a worker that takes the place of a lost one knows what is held', { timeout: 120_000 }, async () => {
    await using world = await openGateway(canary);
    const { gateway } = world;
    await ask(gateway, '/api/routes/orders/hold', { reason: 'careful' });
    type Workers = { workers: { pid: number; state: string; restarts: number }[] };
    const first = async () => (await ask<Workers>(gateway, '/api/status')).workers[0];
    process.kill((await first())?.pid ?? 0, 'SIGKILL');
    await expect.poll(first, { timeout: 60_000 }).toMatchObject({ state: 'serving', restarts: 1 });
    const after = await getFreshly(`${gateway.url}/orders/1`, 6);
    expect(new Set(after.map(({ body }) => JSON.parse(body).from))).toEqual(new Set(['legacy']));
  });

  it('a worker that hangs is replaced rather than left without a hold', { timeout: 120_000 }, async () => {
    await using world = await openGateway(canary);
    const { gateway } = world;
    type Workers = { workers: { pid: number; state: string; restarts: number; lost: string }[] };
    const first = async () => (await ask<Workers>(gateway, '/api/status')).workers[0];
    process.kill((await first())?.pid ?? 0, 'SIGSTOP');
    await ask(gateway, '/api/routes/orders/hold', { reason: 'careful' });
    await expect.poll(first, { timeout: 60_000 }).toMatchObject({ state: 'serving', restarts: 1 });
    expect((await first())?.lost).toMatch(/^it did not take over what changed within 10000 ms/);
    const after = await getFreshly(`${gateway.url}/orders/1`, 6);
    expect(new Set(after.map(({ body }) => JSON.parse(body).from))).toEqual(new Set(['legacy']));
  });

  it('a limit holds for all of them together', { timeout: 120_000 }, async () => {
    await using world = await openGateway(
      'edge: { limit: { requests: 200, window: 1m, by: ip } }\n' +
        'routes: { orders: { match: [GET /orders/:id], service: orders, stage: migrated } }\n',
    );
    const { gateway } = world;
    const client = async (): Promise<number> => {
      let admitted = 0;
      for (let at = 0; at < 50; at++)
        if ((await getFresh(`${gateway.url}/orders/1`)).status === 200) admitted++;
      return admitted;
    };
    const admitted = await Promise.all(Array.from({ length: 8 }, client));
    const sum = admitted.reduce((all, one) => all + one, 0);
    expect(sum).toBeGreaterThanOrEqual(196);
    expect(sum).toBeLessThanOrEqual(204);
  });

  it('sign with one key, which all of them publish', { timeout: 120_000 }, async () => {
    await using world = await openGateway(`auth:
  session: { cookie: sid, verify: { upstream: legacy, path: /whoami } }
  mint: { issuer: "https://gateway.example.com", audience: services }
`);
    const keys = await getFreshly(`${world.gateway.url}/.well-known/figway/jwks.json`, 6);
    expect(keys[0]?.body).toContain('"P-256"');
    expect(new Set(keys.map(({ body }) => body)).size).toBe(1);
  });

  it('what was compared anywhere is evidence, counted once', { timeout: 120_000 }, async () => {
    await using world = await openGateway(
      'routes: { orders: { match: [GET /orders/:id], service: orders, stage: shadow } }\n',
    );
    const { gateway } = world;
    await getFreshly(`${gateway.url}/orders/1`, 8);
    const mismatches = async (): Promise<number> => {
      const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return Number(/^figway_comparisons_total\{.*outcome="mismatch"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
    };
    await expect.poll(mismatches, { timeout: 20_000 }).toBe(8);
    const kept = () =>
      ask<{ comparisons: { outcome: string }[] }>(gateway, '/api/routes/orders/comparisons?outcome=mismatch');
    await expect.poll(async () => (await kept()).comparisons.length, { timeout: 20_000 }).toBeGreaterThan(0);
  });

  it('a tripwire sees what all of them see', { timeout: 120_000 }, async () => {
    await using world = await openGateway(
      'routes: { orders: { match: [GET /orders/:id], service: orders, stage: canary, percent: 100, by: [ip], ' +
        'data: synced, tripwire: { errors: 50%, minimum: 8, clients: 1, window: 1m } } }\n',
    );
    const { gateway, orders } = world;
    orders.answer((_, res) => res.writeHead(500).end());
    for (let at = 0; at < 10; at++) await getFresh(`${gateway.url}/orders/${at}`);
    type Routes = { routes: { hold: { by: string } | null }[] };
    await expect
      .poll(async () => (await ask<Routes>(gateway, '/api/status')).routes[0]?.hold?.by, { timeout: 20_000 })
      .toBe('tripwire');
    const after = await getFreshly(`${gateway.url}/orders/1`, 4);
    expect(new Set(after.map(({ body }) => JSON.parse(body).from))).toEqual(new Set(['legacy']));
  });

  it('unclaimed traffic, observing guards and the last hour are gathered from all', {
    timeout: 120_000,
  }, async () => {
    const limit = 'edge: { limit: { requests: 1, window: 1m, by: ip } }\n';
    await using world = await openGateway(
      `${limit}routes: { orders: { match: [GET /orders/:id], service: orders, stage: legacy } }\n`,
    );
    const { gateway } = world;
    await getFreshly(`${gateway.url}/orders/1`, 6);
    await getFreshly(`${gateway.url}/books/7`, 6);
    type Observed = { observed: { guard: string; lockedOut: number; passed: number }[] };
    const { observed } = await ask<Observed>(gateway, '/api/observed');
    const limited = observed.filter(({ guard }) => guard === 'limit');
    expect(limited.map(({ lockedOut, passed }) => lockedOut + passed)).toEqual([6]);
    const unclaimed = async () => (await ask<{ requests: number }>(gateway, '/api/unclaimed')).requests;
    await expect.poll(unclaimed, { timeout: 10_000 }).toBe(6);
    const preview = await ask<{ requests: number }>(gateway, '/api/preview', {});
    expect(preview.requests).toBe(12);
  });

  it('a recording holds what all of them serve', { timeout: 120_000 }, async () => {
    await using world = await openGateway('');
    const { gateway } = world;
    const lines: string[] = [];
    const stream = request(`${gateway.adminUrl}/api/record?for=1m`, { method: 'GET' }, res => {
      res.setEncoding('utf8').on('data', (text: string) => void lines.push(...text.split('\n')));
      res.on('error', () => {});
    });
    stream.on('error', () => {}).end();
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await getFreshly(`${gateway.url}/any`, 6);
    const recorded = () => lines.filter(line => line.includes('"/any"'));
    await expect.poll(() => recorded().length, { timeout: 10_000 }).toBe(6);
    stream.destroy();
  });
});
