import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { createFrameCounter } from '../../gateway/proxy/websocket-frames.ts';
import { eventually, openRig, planFor, upstreamAt } from '../kit/proxy-rig.ts';
import { openRaw, valuesOf } from '../kit/raw.ts';
import { always, answerOf, openScripted } from '../kit/scripted-upstream.ts';

/** A WebSocket server that sends back what it gets. */
async function openEcho() {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  const closes: number[] = [];
  sockets.on('connection', socket => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('close', code => closes.push(code));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    closes,
    close() {
      for (const socket of sockets.clients) socket.terminate();
      return new Promise<unknown>(resolve => {
        server.close(resolve);
      });
    },
  };
}

const next = (socket: WebSocket, event: 'open' | 'message' | 'close'): Promise<unknown[]> =>
  new Promise((resolve, reject) => {
    socket.once(event, (...args: unknown[]) => resolve(args));
    socket.once('error', reject);
  });

const handshake = [
  'GET /ws HTTP/1.1',
  'Host: h',
  'Connection: Upgrade, x-drop',
  'X-Drop: 1',
  'X_User_Id: eve',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '',
  '',
].join('\r\n');

test('carries a WebSocket both ways, and closes it on both sides', async () => {
  const echo = await openEcho();
  const target = upstreamAt(echo.origin);
  await using rig = await openRig({ plan: planFor(target) });
  const socket = new WebSocket(`${rig.url.replace('http', 'ws')}/echo`);
  await next(socket, 'open');
  for (const text of ['a', 'x'.repeat(300_000)]) {
    const answer = next(socket, 'message');
    socket.send(text);
    expect(String((await answer)[0])).toBe(text);
  }
  socket.close(1000);
  await next(socket, 'close');
  await eventually(() => rig.finished.length === 1, 'the exchange is over');
  expect(rig.finished[0]).toMatchObject({ status: 101, served: 'service', isComplete: true });
  expect(rig.finished[0]?.bytesOut).toBeGreaterThan(300_000);
  expect(target.ends).toEqual(['good']);
  expect(echo.closes).toEqual([1000]);
  await echo.close();
});

test('ends WebSockets with 1001 when it drains', async () => {
  const echo = await openEcho();
  await using rig = await openRig({ plan: planFor(upstreamAt(echo.origin)) });
  const socket = new WebSocket(`${rig.url.replace('http', 'ws')}/`);
  await next(socket, 'open');
  const closed = next(socket, 'close');
  await rig.proxy.drain(2000);
  expect((await closed)[0]).toBe(1001);
  await eventually(() => echo.closes.length === 1, 'the upstream knows');
  expect(echo.closes).toEqual([1001]);
  await echo.close();
});

test('has the same header policy as any request', async () => {
  const upstream = await openScripted(
    always('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\nX-A: 1\r\n\r\n'),
  );
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
  const client = await openRaw(rig.url);
  client.send(handshake);
  const answer = await client.answer();
  expect(answer.status).toBe(101);
  expect(valuesOf(answer.fields, 'upgrade')).toEqual(['websocket']);
  expect(valuesOf(answer.fields, 'x-a')).toEqual(['1']);
  expect(valuesOf(answer.fields, 'x-request-id')).toEqual(['request-1']);
  const head = upstream.heads[0] ?? '';
  expect(head).toMatch(/^connection: upgrade\r\nupgrade: websocket\r$/im);
  expect(head).toContain('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==');
  expect(head).toContain('via: 1.1 figway');
  expect(head).not.toMatch(/eve|x-drop/i);
  client.close();
  await eventually(() => upstream.connections[0]?.socket.destroyed === true, 'the upstream side is closed');
  await upstream.close();
});

test('relays a refusal of the upgrade as the answer that it is', async () => {
  const upstream = await openScripted(always(answerOf(403, ['X-A: 1'], 'no')));
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
  const client = await openRaw(rig.url);
  client.send(handshake);
  const answer = await client.answer();
  expect([answer.status, answer.body.toString()]).toEqual([403, 'no']);
  await client.rest();
  client.close();
  await eventually(() => rig.finished.length === 1, 'the exchange is over');
  await upstream.close();
});

test('rejects with a Refusal where the upstream is dead, and the socket still takes an answer', async () => {
  const upstream = await openScripted();
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
  await upstream.close();
  const client = await openRaw(rig.url);
  client.send(handshake);
  const answer = await client.answer();
  expect([answer.status, answer.body.toString()]).toEqual([502, 'upstream-refused']);
  client.close();
});

test('survives a client that resets before the upstream has answered', async () => {
  const upstream = await openScripted(() => {});
  const target = upstreamAt(upstream.origin);
  await using rig = await openRig({ plan: planFor(target) });
  const client = await openRaw(rig.url);
  client.send(handshake);
  await eventually(() => upstream.heads.length === 1, 'the upstream has the request');
  client.socket.resetAndDestroy();
  await eventually(() => upstream.connections[0]?.socket.destroyed === true, 'the upstream is let go');
  await eventually(() => rig.finished.length === 1, 'the exchange is over');
  expect(target.ends).toEqual(['unknown']);
  await upstream.close();
});

test('survives a client that resets an open WebSocket', async () => {
  const echo = await openEcho();
  await using rig = await openRig({ plan: planFor(upstreamAt(echo.origin)) });
  const client = await openRaw(rig.url);
  client.send(handshake);
  expect((await client.answer()).status).toBe(101);
  client.socket.resetAndDestroy();
  await eventually(() => rig.finished.length === 1, 'the exchange is over');
  await eventually(() => echo.closes.length === 1, 'the upstream knows');
  await echo.close();
});

test('follows frames of every length, however they are cut', () => {
  const frames = [
    Buffer.concat([Buffer.from([0x81, 5]), Buffer.alloc(5)]),
    Buffer.concat([Buffer.from([0x82, 0x80 | 126, 1, 0]), Buffer.alloc(4 + 256)]),
    Buffer.concat([Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]), Buffer.alloc(65_536)]),
    Buffer.from([0x89, 0]),
  ];
  const all = Buffer.concat(frames);
  const ends = frames.map((_, i) => Buffer.concat(frames.slice(0, i + 1)).length);
  for (const size of [1, 2, 7, 1000, all.length]) {
    const counter = createFrameCounter();
    const found: number[] = [];
    for (let at = 0; at < all.length; at += size) {
      const boundary = counter.count(all.subarray(at, at + size));
      if (boundary >= 0) found.push(at + boundary);
    }
    expect(found.at(-1)).toBe(all.length);
    expect(ends).toEqual(expect.arrayContaining(found));
    expect(counter.isAtBoundary).toBe(true);
  }
});
