import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Refusal } from '../../gateway/core/errors.ts';
import { createEdgeServer } from '../../gateway/server.ts';
import { answering, codeOf, type Edge, get, openEdge } from '../kit/edge.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { openRaw, sendRaw } from '../kit/raw.ts';

const KiB = 1024;
const MiB = 1024 * KiB;

let edge: Edge;
beforeAll(async () => {
  edge = await openEdge(`
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", breaker: { minimum: 1 } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced }
`);
});
afterAll(() => edge[Symbol.asyncDispose]());

describe('when the client goes away the upstream request is aborted within a second, and the breaker counts nothing', () => {
  it.each([
    ['before the head', 'GET /orders/1 HTTP/1.1\r\nHost: shop\r\n\r\n', ''],
    [
      'in mid-answer',
      'GET /orders/1 HTTP/1.1\r\nHost: shop\r\n\r\n',
      'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
    ],
    ['in mid-upload', 'POST /orders/1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\nhalf', ''],
    [
      'in mid-chunk',
      'POST /orders/1 HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf',
      '',
    ],
  ])('%s', async (_, request, bytes) => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      let gone = 0;
      let isAsked = false;
      edge.orders.script((_, { socket }) => {
        isAsked = true;
        if (bytes !== '') socket.write(bytes);
        socket.once('close', () => {
          gone = performance.now();
        });
      });
      const client = await edge.open();
      client.send(request);
      await eventually(() => isAsked, 'the request upstream');
      if (bytes !== '') await client.until(/half/);
      const left = performance.now();
      client.socket[leave]();
      await eventually(() => gone > 0, 'the abort');
      expect(gone - left).toBeLessThan(1000);
      client.close();
    }
    // With `minimum: 1` a single count would have opened the breaker.
    edge.orders.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norders'));
    expect((await edge.send(get('/orders/1'))).status).toBe(200);
  });
});

describe('a slow client reading a big answer holds back the upstream, and memory does not grow', () => {
  it('of 256 MiB the upstream gets rid of no more than sockets hold', async () => {
    const size = 256 * MiB;
    let sent = 0;
    edge.orders.script((_, { socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      const chunk = Buffer.alloc(64 * KiB);
      const pour = (): void => {
        while (sent < size) {
          sent += chunk.length;
          if (!socket.write(chunk)) {
            socket.once('drain', pour);
            return;
          }
        }
      };
      pour();
    });
    const held = (): number => {
      const { arrayBuffers, external } = process.memoryUsage();
      return arrayBuffers + external;
    };
    const before = held();
    const socket = connect(Number(new URL(edge.url).port), '127.0.0.1').pause();
    socket.write(get('/orders/1'));
    let last = -1;
    let quiet = 0;
    // It stands still once every buffer on the way is full.
    await eventually(
      () => {
        quiet = sent > 0 && sent === last ? quiet + 1 : 0;
        last = sent;
        return quiet > 100;
      },
      'the upstream standing still',
      15_000,
    );
    expect(sent).toBeLessThan(64 * MiB);
    expect(held() - before).toBeLessThan(16 * MiB);
    socket.destroy();
    edge.orders.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norders'));
    expect((await edge.send(get('/orders/1'))).status).toBe(200);
  });
});

describe('a request head that takes too long is 408', () => {
  const slowly = async (url: string, first: string): Promise<void> => {
    const client = await openRaw(url);
    client.send(first);
    if (first !== '') await client.answer();
    client.send('GET / HTTP/1.1\r\nHost: shop\r\nX-A: ');
    const answer = await client.answer();
    expect([answer.status, codeOf(answer)]).toEqual([408, 'header-timeout']);
    expect((await client.rest()).length).toBe(0);
    client.close();
  };

  it('the first of a connection and later ones, after 30 s unless a shorter time is given', async () => {
    const edge = createEdgeServer({
      handle: (_, res) => res.end('ok'),
      upgrade: () => {
        throw new Refusal('internal', 'not asked for');
      },
      idle: 5000,
      headTime: 200,
    });
    const url = await edge.listen('127.0.0.1:0');
    await slowly(url, '');
    await slowly(url, get('/'));
    expect((await sendRaw(url, get('/'))).status).toBe(200);
    await edge.drain(0);
  });
});
