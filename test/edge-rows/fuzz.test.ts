import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { get, openEdge, post } from '../kit/edge.ts';

const seeds = [
  get('/orders/1'),
  get('/files?a=b', 'Cookie: sid=1', 'Connection: close'),
  post('/orders/1', 'hello'),
  'POST /files HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n5;a=b\r\nhello\r\n0\r\nx: 1\r\n\r\n',
  get(
    '/orders/1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ),
  'OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n',
  'CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n',
  'GET http://shop/orders/1 HTTP/1.1\r\nHost: shop\r\n\r\n',
  'POST /orders/1 HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello',
  'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  get('//a/%2e%2e/orders%2f1;x?%zz'),
];

/** What likes to go wrong. */
const morsels = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '%',
    '%2e',
    '%00',
    '..',
    '//',
    '\\',
    '*',
    '\xff',
    '\x7f',
    '0',
    '-1',
    '+',
    '0x',
  ],
  ...[
    'Content-Length: 3\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Host: a\r\n',
    'Connection: host\r\n',
    'Expect: x\r\n',
    'Upgrade: h2c\r\n',
  ],
  ...[
    'HTTP/1.1',
    'HTTP/2.0',
    'HTTP/0.9',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'ffffffffff',
    '\r\n\r\n',
    'a'.repeat(9000),
  ],
];

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.nat(12),
  put: fc.constantFrom('', ...morsels),
});
const message = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes).toString('latin1')),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(
        fc.array(fc.constantFrom(...seeds), { minLength: 1, maxLength: 3 }),
        fc.array(mutation, { minLength: 1, maxLength: 4 }),
      )
      .map(([parts, mutations]) =>
        mutations.reduce((bytes, { at, cut, put }) => {
          const place = Math.floor(at * bytes.length);
          return bytes.slice(0, place) + put + bytes.slice(place + cut);
        }, parts.join('')),
      ),
  },
);

it('random and mutated bytes crash nothing, hang nothing, and are never our own failure', async () => {
  const crashes: unknown[] = [];
  const onCrash = (error: unknown): void => void crashes.push(error);
  process.on('unhandledRejection', onCrash).on('uncaughtException', onCrash);
  onTestFinished(() => void process.off('unhandledRejection', onCrash).off('uncaughtException', onCrash));
  await using edge = await openEdge();
  let answered = 0;

  await fc.assert(
    fc.asyncProperty(message, fc.nat(2), async (bytes, pieces) => {
      const client = await edge.open();
      const step = Math.ceil(bytes.length / (pieces + 1)) || 1;
      for (let at = 0; at < bytes.length; at += step) {
        client.send(bytes.slice(at, at + step));
        await new Promise(resolve => setImmediate(resolve));
      }
      // An answer takes a few milliseconds; a message that is not whole gets none, and its client hangs up.
      await Promise.race([client.rest(), sleep(12)]);
      client.socket.end();
      // Every connection comes to its end, whatever was said on it.
      const said = (await client.rest()).toString('latin1');
      client.close();
      expect(said.match(/^HTTP\/1\.1 5\d\d .*$/gm)?.filter(line => !/ 501 /.test(line)) ?? []).toEqual([]);
      if (said !== '') answered++;
      if (said !== '') expect(said).toMatch(/^HTTP\/1\.1 \d{3} /);
    }),
    { numRuns: 800, interruptAfterTimeLimit: 8000 },
  );

  expect(answered).toBeGreaterThan(100);
  expect((await edge.send(get('/orders/1'))).body.toString()).toBe('orders');
  expect(crashes).toEqual([]);
}, 30_000);
