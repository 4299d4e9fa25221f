import fc from 'fast-check';
import { get, post } from '../kit/edge.ts';
import { type Kind, mutated, noise, toKind } from './kind.ts';
import type { Target } from './target.ts';

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
  ...['\r\n', '\n', '\r', '\0', ' ', '\t', ':', ';', ',', '%', '%2e', '%00', '..', '//', '\\', '*'],
  ...['\xff', '\x7f', '0', '-1', '+', '0x', 'ffffffffff', '\r\n\r\n', 'a'.repeat(9000)],
  ...['Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: a\r\n', 'Connection: host\r\n'],
  ...['Expect: x\r\n', 'Upgrade: h2c\r\n', 'Via: 1.1 figway\r\n', 'TE: trailers\r\n'],
  ...['HTTP/1.1', 'HTTP/2.0', 'HTTP/0.9', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HEAD', 'X-User-Id: eve\r\n'],
];

/** Whole messages, one or several on a connection, and bytes that are none. */
export const heads = (target: Target): Kind =>
  toKind(
    'heads',
    fc.record({
      bytes: fc.oneof({ weight: 1, arbitrary: noise }, { weight: 6, arbitrary: mutated(seeds, morsels) }),
      pieces: fc.integer({ min: 1, max: 3 }),
    }),
    async ({ bytes, pieces }) => void (await target.say(bytes, pieces)),
  );
