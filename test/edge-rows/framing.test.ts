import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type Edge, expectRefusedBy, openEdge } from '../kit/edge.ts';
import { eventually } from '../kit/proxy-rig.ts';

let edge: Edge;
beforeAll(async () => {
  edge = await openEdge();
});
afterAll(() => edge[Symbol.asyncDispose]());

const expectRefused = (bytes: string, status: number, code: string): Promise<void> =>
  expectRefusedBy(edge, bytes, status, code);

const head = (...lines: string[]): string =>
  ['POST /files HTTP/1.1', 'Host: shop', ...lines, '', ''].join('\r\n');
const chunked = '5\r\nhello\r\n0\r\n\r\n';

describe('Content-Length and Transfer-Encoding together are 400, never forwarded', () => {
  it.each([
    [head('Content-Length: 5', 'Transfer-Encoding: chunked') + chunked],
    [head('Transfer-Encoding: chunked', 'Content-Length: 5') + chunked],
    [head('transfer-encoding: chunked', 'content-length: 0') + chunked],
  ])('%j', bytes => expectRefused(bytes, 400, 'bad-message'));
});

describe('a Content-Length that is not one number is 400, never forwarded', () => {
  it.each([
    '5\r\nContent-Length: 6',
    '5\r\nContent-Length: 5',
    '5, 5',
    '5,6',
    '+5',
    '-1',
    '0x5',
    '5 5',
    '5 ,',
    '',
  ])('%j', value => expectRefused(`${head(`Content-Length: ${value}`)}hello`, 400, 'bad-message'));
});

describe('a Transfer-Encoding that is not chunked once is 400 or 501, never forwarded', () => {
  it.each([
    ['chunked, identity', 400],
    ['identity', 400],
    ['xchunked', 400],
    ['chunkedx', 400],
    ['chunked\r\nTransfer-Encoding: chunked', 400],
    ['chunked, chunked', 400],
    ['chunked\r\nTransfer-Encoding: identity', 400],
    ['\x0bchunked', 400],
    ['gzip, chunked', 501],
    ['gzip\r\nTransfer-Encoding: chunked', 501],
  ])('%j', (value, status) =>
    expectRefused(
      head(`Transfer-Encoding: ${value}`) + chunked,
      status,
      status === 501 ? 'transfer-coding' : 'bad-message',
    ),
  );

  it('not even in HTTP/1.0, which has no chunks', () =>
    expectRefused(
      `POST /files HTTP/1.0\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      400,
      'bad-message',
    ));
});

describe('a malformed chunk is 400 and the upstream request is aborted', () => {
  it.each([
    ['no number', 'zz\r\n'],
    ['a sign', '+5\r\nhello\r\n'],
    ['too long', 'fffffffffffffffff\r\n'],
    ['a bare LF after the size', '5\nhello\r\n'],
    ['a bare LF after the data', '5\r\nhello\n0\r\n\r\n'],
    ['data beyond the size', '5\r\nhello!\r\n'],
    ['a bare CR in an extension', '5;a=\rb\r\nhello\r\n'],
  ])('%s', async (_, broken) => {
    const client = await edge.open();
    client.send(`${head('Transfer-Encoding: chunked')}3\r\nabc\r\n`);
    const find = () =>
      edge.legacy.connections.find(
        ({ received, socket }) => received.endsWith('abc') && !socket.readableEnded && !socket.destroyed,
      );
    await eventually(() => find() !== undefined, 'the first chunk upstream');
    const connection = find();
    client.send(broken);
    const answer = await client.answer();
    expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 400, code: 'bad-message' });
    expect((await edge.recordOf(answer)).status).toBe(400);
    client.close();
    await eventually(
      () => connection?.socket.readableEnded === true || connection?.socket.destroyed === true,
      'the abort',
    );
    expect(connection?.received).not.toContain('0\r\n\r\n');
  });
});

describe('a head that is not made of tokens, colons and CRLF is 400, never forwarded', () => {
  it.each([
    ['white space before a colon', 'X-A : 1'],
    ['obs-fold', 'X-A: 1\r\n 2'],
    ['obs-fold with a tab', 'X-A: 1\r\n\t2'],
    ['a fold before the first field', ' X-A: 1'],
    ['a bare CR in a value', 'X-A: 1\rX-B: 2'],
    ['a bare LF', 'X-A: 1\nX-B: 2'],
    ['NUL in a value', 'X-A: 1\0'],
    ['NUL in a name', 'X\0A: 1'],
    ['a name that is no token', 'X(A): 1'],
    ['an empty name', ': 1'],
    ['no colon', 'X-A'],
    ['a control byte', 'X-A: \x01'],
  ])('%s', (_, line) => expectRefused(head(line), 400, 'bad-message'));
});

describe('a Host that is missing, doubled or no host is 400', () => {
  it.each([
    ['none in 1.1', ''],
    ['two', 'Host: shop\r\nHost: shop\r\n'],
    ['two in another case', 'Host: shop\r\nhOST: other\r\n'],
    ['a space', 'Host: shop example\r\n'],
    ['a slash', 'Host: shop/evil\r\n'],
    ['a user', 'Host: user@shop\r\n'],
    ['two ports', 'Host: shop:80:81\r\n'],
  ])('%s', async (_, lines) => {
    const bytes = `GET /files HTTP/1.1\r\n${lines}\r\n`;
    await expectRefused(bytes, 400, 'bad-message');
    await expectRefused(bytes.replace('GET /files', 'OPTIONS *'), 400, 'bad-message');
  });
});
