import { readFile, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { StatusView } from '../../gateway/admin/status.ts';
import { getFreshly } from '../kit/fresh.ts';
import { openLoad } from '../kit/load.ts';
import { type GatewayProcess, startGatewayProcess } from '../kit/process.ts';
import { echo, openUpstream, type ScriptedUpstream } from '../kit/upstream.ts';

const two = ['--workers', '2'];

const table = (legacy: ScriptedUpstream, orders: ScriptedUpstream, stage: string): string => `monolith: legacy
upstreams: { legacy: { url: "${legacy.url}" }, orders: { url: "${orders.url}" } }
routes:
  orders: { match: [GET /orders/:id], service: orders, stage: ${stage}, percent: 100, by: [ip], data: synced }
`;

const statusOf = async ({ adminUrl }: GatewayProcess): Promise<StatusView> =>
  (await fetch(`${adminUrl}/api/status`)).json() as Promise<StatusView>;

/** Everything in one process group: two workers, their upstreams. */
async function openGateway(stage = 'migrated') {
  const legacy = await openUpstream(echo('legacy'));
  const orders = await openUpstream(echo('orders'));
  const gateway = await startGatewayProcess(table(legacy, orders, stage), {}, two);
  return {
    ...{ legacy, orders, gateway },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await Promise.all([legacy.close(), orders.close()]);
    },
  };
}

describe('figway start --workers 2', () => {
  it('serves from both, and one admin port tells of all that was served', { timeout: 120_000 }, async () => {
    await using world = await openGateway();
    const { gateway, legacy } = world;
    const sockets = new Set<Socket>();
    legacy.server.on('connection', socket => sockets.add(socket));
    const answers = await getFreshly(`${gateway.url}/any`, 10);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    // Each worker has connections of its own to the upstream, and uses one for requests that follow each other.
    expect(sockets.size).toBeGreaterThanOrEqual(2);
    const status = await statusOf(gateway);
    expect(status.workers.map(({ worker, state }) => [worker, state])).toEqual([
      [1, 'serving'],
      [2, 'serving'],
    ]);
    expect(status.traffic.requests).toBe(10);
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^figway_requests_total\{route="unclaimed".*\} 10$/m);
    expect(metrics).toMatch(/^figway_workers 2$/m);
    expect(metrics).toMatch(/^process_cpu_seconds_total \d/m);
  });

  it('writes whole records, one for each request', { timeout: 120_000 }, async () => {
    await using world = await openGateway();
    const { gateway } = world;
    const load = openLoad(`${gateway.url}/any`, 8);
    await expect.poll(() => world.legacy.seen.length, { timeout: 60_000 }).toBeGreaterThan(200);
    const { answered, failed } = await load.stop();
    expect(failed).toEqual([]);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
    const lines = gateway
      .output()
      .split('\n')
      .filter(line => line.startsWith('{'));
    const records = lines.map(line => JSON.parse(line) as { request_id?: string });
    expect(records.filter(record => record.request_id !== undefined)).toHaveLength(answered);
  });

  it('starts a worker anew that was killed, and clients of the others notice nothing', {
    timeout: 120_000,
  }, async () => {
    await using world = await openGateway();
    const { gateway } = world;
    await getFreshly(`${gateway.url}/any`, 4);
    const before = (await statusOf(gateway)).workers;
    process.kill(before[0]?.pid ?? 0, 'SIGKILL');
    const workers = async () => (await statusOf(gateway)).workers;
    await expect.poll(async () => (await workers())[0]?.restarts, { timeout: 10_000 }).toBe(1);
    const meanwhile = await getFreshly(`${gateway.url}/any`, 10);
    expect(meanwhile.map(({ status }) => status)).toEqual(meanwhile.map(() => 200));
    await expect.poll(async () => (await workers())[0]?.state, { timeout: 30_000 }).toBe('serving');
    const after = await workers();
    expect(after[0]?.pid).not.toBe(before[0]?.pid);
    expect(after[1]).toEqual(before[1]);
    const status = await statusOf(gateway);
    // What the lost one had told is not lost.
    expect(status.traffic.requests).toBe(14);
    expect(gateway.output()).toMatch(/"event":"worker-lost","worker":1,"pid":\d+,"reason":"SIGKILL"/);
  });

  it('runs an edited table in all, under load, without a failed request', { timeout: 120_000 }, async () => {
    await using world = await openGateway('legacy');
    const { gateway, legacy, orders } = world;
    const head = (await readFile(gateway.file, 'utf8')).replace(/monolith:.*/s, '');
    await using load = openLoad(`${gateway.url}/orders/1`, 8);
    for (let round = 0; round < 10; round++) {
      const stage = round % 2 === 0 ? 'migrated' : 'legacy';
      await writeFile(gateway.file, head + table(legacy, orders, stage));
      const reloaded = await fetch(`${gateway.adminUrl}/api/reload`, { method: 'POST' });
      expect(reloaded.status).toBe(200);
      const from = (await getFreshly(`${gateway.url}/orders/1`, 4)).map(({ body }) => JSON.parse(body).from);
      expect(new Set(from)).toEqual(new Set([stage === 'migrated' ? 'orders' : 'legacy']));
    }
    const { answered, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(20);
  });

  it('under load fails no request on SIGTERM, and exits with 0', { timeout: 120_000 }, async () => {
    const legacy = await openUpstream(echo('legacy'));
    await using gateway = await startGatewayProcess(
      `monolith: legacy\ndrain: { delay: 2s }\nupstreams: { legacy: { url: "${legacy.url}" } }\n`,
      {},
      two,
    );
    const load = openLoad(gateway.url, 8);
    await expect.poll(() => legacy.seen.length, { timeout: 60_000 }).toBeGreaterThan(100);
    gateway.child.kill('SIGTERM');
    const isReady = (): Promise<boolean> => fetch(`${gateway.adminUrl}/readyz`).then(answer => answer.ok);
    await expect.poll(isReady, { interval: 10, timeout: 10_000 }).toBe(false);
    const { answered, failed } = await load.stop();
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(await gateway.exited).toBe(0);
    await legacy.close();
  });
});
