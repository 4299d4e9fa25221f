import http from 'node:http';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Child } from '../children.ts';
import { type Figway, openFigway } from '../figway.ts';
import { saturate } from '../load.ts';
import { describeMachine } from '../machine.ts';
import type { Bench, Part } from '../part.ts';
import type { IdleClients } from '../peers/idle-clients.ts';
import { bigBodies } from '../routes-file.ts';
import { here, openScript } from '../server.ts';
import { decimal, whole } from '../statistics.ts';

const gibibyte = 1024 ** 3;
const mebibyte = 1024 ** 2;
const warmPath = '/bodies/1024';
const limit = 120_000;

/** Bytes of the answer that arrive. */
function download(port: number, bytes: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const options = { port, host: '127.0.0.1', path: `/bodies/${bytes}`, signal: AbortSignal.timeout(limit) };
  http
    .get(options, answer => {
      let received = 0;
      answer.on('data', chunk => {
        received += chunk.length;
      });
      answer.on('end', () => resolve(received)).on('error', reject);
    })
    .on('error', reject);
  return promise;
}

/** Bytes of the request that the upstream says it got. */
function upload(port: number, bytes: number): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const block = Buffer.alloc(64 * 1024, 'fig ');
  const headers = { 'content-length': bytes };
  const options = { port, host: '127.0.0.1', path: '/bodies/up', method: 'POST', headers };
  const request = http.request({ ...options, signal: AbortSignal.timeout(limit) }, answer => {
    answer.resume().on('end', () => resolve(Number(answer.headers['x-received'] ?? 0)));
  });
  request.on('error', reject);
  let left = bytes;
  const more = (): void => {
    while (left > 0) {
      left -= block.length;
      if (!request.write(block)) return void request.once('drain', more);
    }
    request.end();
  };
  more();
  return promise;
}

interface Growth {
  readonly bytes: number;
  readonly seconds: number;
  /** The most that the memory was above where it began. */
  readonly growth: number;
}

/** How far the memory of the gateway rises while a body goes through it. */
async function watch(gateway: Figway, transfer: Promise<number>): Promise<Growth> {
  const started = performance.now();
  const { rss: before } = await gateway.probe();
  let peak = before;
  let isDone = false;
  const watching = (async () => {
    while (!isDone) {
      peak = Math.max(peak, (await gateway.probe()).rss);
      await pause(50);
    }
  })();
  const bytes = await transfer.finally(() => {
    isDone = true;
  });
  const seconds = (performance.now() - started) / 1000;
  await watching;
  return { bytes, seconds, growth: Math.max(0, peak - before) };
}

const bodyRow = (name: string, { bytes, seconds, growth }: Growth): string[] => [
  name,
  `${whole(bytes / mebibyte)} MiB`,
  `${whole(bytes / mebibyte / seconds)} MiB/s`,
  `${decimal(growth / mebibyte, 1)} MiB`,
];

/** Waits until `count` connections are held, or 30 s. */
async function untilHeld(clients: Child, count: number): Promise<IdleClients> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const now = await clients.ask<IdleClients>();
    if (now.held >= count || performance.now() > deadline) return now;
    await pause(100);
  }
}

async function holdIdle(bench: Bench, gateway: Figway, count: number) {
  const { rss: before } = await gateway.probe();
  const file = path.join(here, 'peers/idle-clients.ts');
  const args = [file, String(gateway.port), String(count), warmPath];
  const clients = bench.children.spawn(process.execPath, args, { role: 'load', isAsked: true });
  const { held, lost } = await untilHeld(clients, count);
  await pause(1000);
  const { rss: after } = await gateway.probe();
  await clients.stop();
  return { held: held - lost, growth: after - before };
}

/** 1 GiB each way, and 10,000 clients that hold a connection and say nothing; each to a gateway of its own. */
export const memory: Part = async bench => {
  const upstream = await openScript(
    bench.children,
    'bodies.ts',
    [],
    { role: 'upstream' },
    { path: warmPath },
  );
  const openWarm = async (): Promise<Figway> => {
    const first = { path: warmPath };
    const gateway = await openFigway(bench, bigBodies, { legacy: upstream, first, isProbed: true });
    const target = { port: gateway.port, paths: [warmPath], headers: {} };
    await saturate(bench.children, target, Math.min(bench.seconds, 3));
    return gateway;
  };
  bench.say('memory · 1 GiB up');
  const uploaded = await openWarm();
  const up = await watch(uploaded, upload(uploaded.port, gibibyte));
  bench.say('memory · 1 GiB down');
  const downloaded = await openWarm();
  const down = await watch(downloaded, download(downloaded.port, gibibyte));
  const count = Math.min(10_000, describeMachine().openFiles - 1000);
  bench.say(`memory · ${whole(count)} idle clients`);
  const idle = await holdIdle(bench, await openWarm(), count);
  const each = idle.growth / idle.held / 1024;
  return {
    title: 'Memory',
    table: {
      columns: ['', 'amount', 'rate', 'growth'],
      rows: [
        bodyRow('a body up', up),
        bodyRow('a body down', down),
        [
          'idle clients',
          whole(idle.held),
          '',
          `${decimal(idle.growth / mebibyte, 1)} MiB, ${decimal(each, 1)} KiB each`,
        ],
      ],
    },
    notes: [
      'Resident memory of the gateway, read twenty times a second, above where it stood before. Each row is a fresh gateway, warmed up with small answers only.',
      'An idle client has had one answer. What the kernel keeps for a socket is not in the figure.',
      ...(count < 10_000
        ? [`Only ${whole(count)} clients: the limit of open files is too low (ulimit -n).`]
        : []),
    ],
    figures: {
      ...(up.bytes === gibibyte ? { uploadGrowth: up.growth / mebibyte } : {}),
      ...(down.bytes === gibibyte ? { downloadGrowth: down.growth / mebibyte } : {}),
      ...(idle.held === count ? { idleConnection: each } : {}),
    },
  };
};
