import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openRaw } from '../kit/raw.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const table = (orders: string): string => `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "${orders}" } }
routes:
  live: { match: [/live/*], service: orders, stage: migrated, data: synced }
`;

describe('streams', () => {
  it('server-sent events arrive event by event', async () => {
    await using world = await openWorld(table('${orders}'), {
      legacy: echo('legacy'),
      orders: echo('orders'),
    });
    const steps: (() => void)[] = [];
    world.upstreams.orders.answer((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      steps.push(
        () => res.write('data: one\n\n'),
        () => res.write('data: two\n\n'),
        () => res.end('data: three\n\n'),
      );
    });
    const req = get(`${world.url}/live/events`);
    const [res] = (await once(req, 'response')) as [AsyncIterable<Buffer>];
    const seen: string[] = [];
    steps[0]?.();
    for await (const chunk of res) {
      seen.push(chunk.toString());
      steps[seen.length]?.();
    }
    // The upstream sends an event only after the one before was seen here: nothing can have been held back.
    expect(seen).toEqual(['data: one\n\n', 'data: two\n\n', 'data: three\n\n']);
  });

  it('a WebSocket echoes through both sides, and ends with 1001 when the gateway drains', async () => {
    const server = createServer();
    const sockets = new WebSocketServer({ server });
    sockets.on('connection', (socket, req) =>
      socket.on('message', data => socket.send(`${req.url} ${data.toString()}`)),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const closed: number[] = [];
    {
      await using world = await openWorld(table(url).replace('"${legacy}"', `"${url}"`), {
        orders: echo('orders'),
      });
      for (const path of ['/live/a', '/elsewhere']) {
        const socket = new WebSocket(`${world.url.replace('http', 'ws')}${path}`);
        await once(socket, 'open');
        for (const text of ['hello', 'x'.repeat(100_000)]) {
          socket.send(text);
          const [answer] = (await once(socket, 'message')) as [Buffer];
          expect(answer.toString()).toBe(`${path} ${text}`);
        }
        socket.on('close', code => closed.push(code));
      }
      await world.gateway.close();
      await expect.poll(() => closed).toEqual([1001, 1001]);
    }
    for (const socket of sockets.clients) socket.terminate();
    server.close();
  });

  it('a WebSocket frame that is on its way when the gateway drains arrives whole', async () => {
    const server = createServer();
    const got: string[] = [];
    let bytes = () => 0;
    new WebSocketServer({ server }).on('connection', (socket, req) => {
      bytes = () => req.socket.bytesRead;
      socket.on('message', data => got.push(data.toString()));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    {
      await using world = await openWorld(table(url), { legacy: echo('legacy'), orders: echo('orders') });
      const client = await openRaw(world.url);
      client.send(
        'GET /live/a HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      );
      await client.until(/101 Switching[\s\S]*\r\n\r\n/);
      const before = bytes();
      // A masked text frame of five characters, cut in the middle.
      client.send(Buffer.from([0x81, 0x85, 0, 0, 0, 0, 0x68, 0x65]));
      await expect.poll(bytes).toBe(before + 8);
      const closed = world.gateway.close();
      await client.until(/\x88\x02\x03\xe9$/);
      client.send('llo');
      await expect.poll(() => got).toEqual(['hello']);
      client.close();
      await closed;
    }
    server.close();
  });
});
