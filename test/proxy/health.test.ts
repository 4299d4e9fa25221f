import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it, vi } from 'vitest';
import { createHealth } from '../../gateway/proxy/health.ts';
import type { Instance } from '../../gateway/proxy/upstream.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function openService(answer: (res: ServerResponse) => void) {
  const server: Server = createServer((req, res) => {
    seen.push(`${req.method} ${req.url} ${req.headers.host}`);
    service.answer(res);
  });
  const seen: string[] = [];
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const service = { answer, seen, authority, server };
  return service;
}

const status = (code: number) => (res: ServerResponse) => void res.writeHead(code).end();

function watch(authority: string) {
  const clock = createManualClock();
  const reports: (string | undefined)[] = [];
  const instance: Instance = {
    origin: `http://${authority}`,
    authority,
    transport: {
      dispatch: () => expect.fail('nothing is sent here'),
      openConnections: () => 0,
      close: async () => {},
    },
  };
  const health = createHealth(
    { path: '/readyz?full=1', tls: undefined, instances: [instance], report: (_, why) => reports.push(why) },
    clock,
  );
  closers.push(() => health.close());
  const probes = async (times: number) => {
    for (let i = 0; i < times; i++) {
      const before = reports.length;
      clock.next();
      await vi.waitUntil(() => reports.length > before);
    }
    return reports.at(-1);
  };
  return { clock, reports, health, probes };
}

it('asks for the path with the Host of the instance', async () => {
  const service = await openService(status(204));
  const { probes } = watch(service.authority);
  expect(await probes(2)).toBeUndefined();
  expect(service.seen).toEqual(Array(2).fill(`GET /readyz?full=1 ${service.authority}`));
});

it('takes two failures to be out and two successes to be back', async () => {
  const service = await openService(status(200));
  const { probes } = watch(service.authority);
  await probes(1);
  service.answer = status(503);
  expect(await probes(1)).toBeUndefined();
  expect(await probes(1)).toBe('GET /readyz?full=1 answered 503');
  service.answer = status(200);
  expect(await probes(1)).toBe('GET /readyz?full=1 answered 503');
  expect(await probes(1)).toBeUndefined();
});

it('says what is wrong with an instance that refuses', async () => {
  const service = await openService(status(200));
  service.server.close();
  const { probes } = watch(service.authority);
  expect(await probes(2)).toMatch(/^GET \/readyz\?full=1 failed: connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
});

it('gives up on a head that takes longer than 2 s', async () => {
  const service = await openService(() => {});
  const { clock, reports } = watch(service.authority);
  for (const probe of [1, 2]) {
    clock.next();
    await vi.waitUntil(() => service.seen.length === probe);
    clock.advance(1999);
    expect(reports).toHaveLength(probe - 1);
    clock.advance(1);
    expect(reports).toHaveLength(probe);
  }
  expect(reports).toEqual([undefined, 'GET /readyz?full=1 had no answer in 2000 ms']);
});

it('does not wait for a body that never ends, and closes its connection', async () => {
  const service = await openService(res => {
    res.writeHead(200);
    res.write('x'.repeat(100_000));
  });
  const { probes } = watch(service.authority);
  expect(await probes(3)).toBeUndefined();
  await vi.waitUntil(async () => {
    const open = await new Promise<number>(resolve =>
      service.server.getConnections((_, count) => resolve(count)),
    );
    return open === 0;
  });
});

it('stops at once when closed, even in the middle of a probe', async () => {
  const service = await openService(() => {});
  const { clock, health, reports } = watch(service.authority);
  clock.next();
  await vi.waitUntil(() => service.seen.length === 1);
  health.close();
  expect(clock.pending()).toBe(0);
  clock.advance(60_000);
  expect(reports).toEqual([]);
});

it('does not keep the process alive', async () => {
  const service = await openService(() => {});
  const script = `
    import { createHealth } from './gateway/proxy/health.ts';
    import { systemClock } from './gateway/core/clock.ts';
    const instance = { origin: 'http://${service.authority}', authority: '${service.authority}' };
    const clock = { ...systemClock, after: (ms, call) => (ms < 1000 ? systemClock.after(0, call) : () => {}) };
    createHealth({ path: '/', instances: [instance], report() {} }, clock);
    process.stdin.resume();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  closers.push(() => child.kill());
  const ended = once(child, 'exit');
  await vi.waitUntil(() => service.seen.length === 1, { timeout: 15_000 });
  child.stdin.end();
  expect(await ended).toEqual([0, null]);
});
