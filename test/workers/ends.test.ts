import { once } from 'node:events';
import { get } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { StatusView } from '../../gateway/admin/status.ts';
import { openFolder } from '../kit/command-line.ts';
import { startGatewayProcess } from '../kit/process.ts';
import { echo, openUpstream } from '../kit/upstream.ts';

const two = ['--workers', '2'];
const table = (url: string): string => `monolith: legacy\nupstreams: { legacy: { url: "${url}" } }\n`;

const isThere = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function openGateway() {
  const legacy = await openUpstream(echo('legacy'));
  const gateway = await startGatewayProcess(table(legacy.url), {}, two);
  const { workers } = (await (await fetch(`${gateway.adminUrl}/api/status`)).json()) as StatusView;
  return {
    ...{ legacy, gateway, pids: workers.map(({ pid }) => pid) },
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      await legacy.close();
    },
  };
}

describe('workers', () => {
  it('end with the first process, however that ends', { timeout: 120_000 }, async () => {
    await using world = await openGateway();
    expect(world.pids.map(isThere)).toEqual([true, true]);
    world.gateway.child.kill('SIGKILL');
    await expect.poll(() => world.pids.map(isThere), { timeout: 20_000 }).toEqual([false, false]);
  });

  it('let what is in flight end on SIGINT to the whole group, and exit with 0', {
    timeout: 120_000,
  }, async () => {
    await using world = await openGateway();
    const { gateway, legacy } = world;
    let finish = (): void => {};
    legacy.answer((_req, res) => {
      res.write('begun ');
      finish = () => res.end('and ended');
    });
    const [slow] = (await once(get(`${gateway.url}/slow`), 'response')) as [AsyncIterable<Buffer>];
    // As a terminal does for Ctrl-C.
    for (const pid of [...world.pids, gateway.child.pid ?? 0]) process.kill(pid, 'SIGINT');
    await expect.poll(gateway.output, { timeout: 20_000 }).toContain('drain-began');
    finish();
    let body = '';
    for await (const chunk of slow) body += chunk;
    expect(body).toBe('begun and ended');
    expect(await gateway.exited).toBe(0);
  });

  it('end at once on a second signal', { timeout: 120_000 }, async () => {
    await using world = await openGateway();
    const { gateway, legacy } = world;
    legacy.answer((_req, res) => void res.write('for ever'));
    const [slow] = (await once(get(`${gateway.url}/slow`), 'response')) as [NodeJS.EventEmitter];
    slow.on('error', () => {});
    gateway.child.kill('SIGTERM');
    await expect.poll(gateway.output, { timeout: 20_000 }).toContain('drain-began');
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(1);
    await expect.poll(() => world.pids.map(isThere), { timeout: 20_000 }).toEqual([false, false]);
  });

  it('that cannot have the port are no gateway: exit 3 and one line', { timeout: 120_000 }, async () => {
    const legacy = await openUpstream(echo('legacy'));
    const taken = legacy.url.slice('http://'.length);
    await using folder = await openFolder({
      'routes.yaml': `admin: { listen: "127.0.0.1:0" }\n${table(legacy.url)}`,
    });
    const { code, stderr } = await folder.figway(['start', ...two], { FIGWAY_LISTEN: taken });
    expect(stderr).toBe(`figway: ${taken}: cannot listen, another process does\n`);
    expect(code).toBe(3);
    await legacy.close();
  });
});
