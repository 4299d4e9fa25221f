import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awaitOutcomes, countsOf, outcomesOf } from '../kit/outcomes.ts';
import { openRaw } from '../kit/raw.ts';
import {
  always,
  answerOf,
  openScripted,
  type Script,
  type ScriptedUpstream,
} from '../kit/scripted-upstream.ts';
import { openWorld, type World } from '../kit/world.ts';

/** A trusted peer's request id is kept, so that two answers have nothing in them that is made up. */
const table = (stage: string, compare = 'maxBody: 64KiB'): string => `
monolith: legacy
trust: [loopback]
log: { level: debug }
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}", timeout: 1s } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: ${stage}, data: synced, compare: { ${compare} } }
`;

const body = JSON.stringify({ id: 1, lines: [1, 2, 3] });
const fields = [
  'Content-Type: application/json',
  'Date: Thu, 01 Jan 2026 00:00:00 GMT',
  'X-Odd: a',
  'x-odd: b',
];
const answer = answerOf(200, fields, body);
const request = 'GET /orders/1 HTTP/1.1\r\nHost: shop\r\nX-Request-Id: fixed\r\nConnection: close\r\n\r\n';

/** All bytes that the client gets. */
async function wire(url: string): Promise<string> {
  const client = await openRaw(url);
  client.send(request);
  const bytes = await client.rest();
  client.close();
  return bytes.toString('latin1');
}

/** Bytes for as long as somebody takes them. */
const endless =
  (head: string): Script =>
  (_, { socket }) => {
    socket.write(head);
    const chunk = Buffer.from(`${(16 * 1024).toString(16)}\r\n${'x'.repeat(16 * 1024)}\r\n`);
    const write = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', write);
    write();
  };

const services: Record<string, { script: Script; ends: string }> = {
  healthy: { script: always(answer), ends: 'match' },
  hanging: { script: () => {}, ends: 'service-failed' },
  'closing at once': { script: (_, { socket }) => socket.destroy(), ends: 'service-failed' },
  'streaming for ever': {
    script: endless('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'),
    ends: 'skipped: too-large',
  },
  'sending events for ever': {
    script: endless(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
    ),
    ends: 'skipped: streaming',
  },
  'sending 1 GiB': {
    script: endless(`HTTP/1.1 200 OK\r\nContent-Length: ${1024 ** 3}\r\n\r\n`),
    ends: 'skipped: too-large',
  },
  'trickling for ever': {
    script: (_, { socket }) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345'),
    ends: 'service-failed',
  },
  'lying about its length': {
    script: (_, { socket }) => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort'),
    ends: 'service-failed',
  },
  'no HTTP': { script: always('SSH-2.0-OpenSSH_9.6\r\n'), ends: 'service-failed' },
  'status 099': { script: always('HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'), ends: 'service-failed' },
  'changing protocols': {
    script: always('HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'),
    ends: 'service-failed',
  },
  'answering something else': { script: always(answerOf(200, fields, '{"id":2}')), ends: 'mismatch' },
  'failing itself': { script: always(answerOf(500, fields, body)), ends: 'service-failed' },
};

describe('in shadow at 100 %', () => {
  let world: World<{ legacy: ScriptedUpstream; orders: ScriptedUpstream }>;
  let plain: string;

  beforeAll(async () => {
    const legacy = await openScripted(always(answer));
    world = await openWorld(table('legacy'), { legacy, orders: await openScripted() });
    plain = await wire(world.url);
    expect(plain).toContain(body);
    expect((await world.edit(table('shadow'))).isGood).toBe(true);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it.each(Object.entries(services))(
    'with a service %s the client gets legacy, byte for byte',
    async (_, { script, ends }) => {
      const before = countsOf(world);
      const total = outcomesOf(world).length;
      world.upstreams.orders.script(script);
      const began = performance.now();
      expect(await wire(world.url)).toBe(plain);
      expect(performance.now() - began).toBeLessThan(2000);
      await awaitOutcomes(world, total + 1);
      expect(countsOf(world)).toEqual({ ...before, [ends]: (before[ends] ?? 0) + 1 });
    },
  );

  it('with a service that is not there the client gets legacy, byte for byte', async () => {
    const before = countsOf(world)['service-failed'] ?? 0;
    await world.upstreams.orders.close();
    expect(await wire(world.url)).toBe(plain);
    await expect.poll(() => countsOf(world)['service-failed']).toBe(before + 1);
  });
});
