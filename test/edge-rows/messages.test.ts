import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answering, codeOf, type Edge, get, openEdge, post } from '../kit/edge.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { type RawAnswer, valuesOf } from '../kit/raw.ts';

let edge: Edge;
beforeAll(async () => {
  edge = await openEdge();
});
afterAll(() => edge[Symbol.asyncDispose]());

/** The answer to bytes of which no upstream may see any; the connection is closed after it. */
async function refused(bytes: string): Promise<RawAnswer> {
  let answer: RawAnswer | undefined;
  const got = await edge.forwarded(async () => {
    const client = await edge.open();
    client.send(bytes);
    answer = await client.answer({ isHead: bytes.startsWith('HEAD ') });
    expect((await client.rest()).toString('latin1')).toBe('');
    client.close();
  });
  expect(got).toBe('');
  if (answer === undefined) throw new Error('no answer');
  expect(valuesOf(answer.fields, 'connection')).toEqual(['close']);
  expect(valuesOf(answer.fields, 'x-request-id')).toHaveLength(1);
  return answer;
}

async function expectRefused(bytes: string, status: number, code: string): Promise<void> {
  const answer = await refused(bytes);
  expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status, code });
}

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

describe('an absolute-form with another authority than Host is 400, with the same it is as origin-form', () => {
  it.each([
    'http://evil/files',
    'http://shop:81/files',
    'http://user@shop/files',
    'ftp://shop/files',
    'shop/files',
    'http://',
    '*',
  ])('%s is refused', async target => {
    let answer: RawAnswer | undefined;
    expect(
      await edge.forwarded(async () => {
        answer = await edge.send(get(target));
      }),
    ).toBe('');
    expect(answer?.status).toBe(400);
  });

  it.each([
    ['http://shop/orders/1?a=b', '/orders/1?a=b', 'orders'],
    ['HTTP://SHOP:80/files', '/files', 'legacy'],
    ['http://shop', '/', 'legacy'],
    ['http://shop?q', '/?q', 'legacy'],
  ])('%s is %s', async (target, origin, side) => {
    const got = await edge.forwarded(async () => {
      expect((await edge.send(get(target))).body.toString()).toBe(side);
    });
    expect(got.startsWith(`GET ${origin} HTTP/1.1\r\n`)).toBe(true);
  });
});

describe('OPTIONS * is answered by the gateway, never forwarded', () => {
  it('with 204 and Allow', async () => {
    const got = await edge.forwarded(async () => {
      const answer = await edge.send('OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n');
      expect(answer.status).toBe(204);
      expect(valuesOf(answer.fields, 'allow')).toEqual(['GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
      expect(await edge.recordOf(answer)).toMatchObject({ method: 'OPTIONS', status: 204, side: null });
    });
    expect(got).toBe('');
  });
});

describe('CONNECT and TRACE are 405, never forwarded', () => {
  it.each(['CONNECT shop:443', 'CONNECT /orders/1', 'TRACE /files', 'TRACE /orders/1'])('%s', async line => {
    let answer: RawAnswer | undefined;
    const got = await edge.forwarded(async () => {
      answer = await edge.send(`${line} HTTP/1.1\r\nHost: shop\r\n\r\n`);
    });
    expect(got).toBe('');
    expect(answer?.status).toBe(405);
    expect(valuesOf(answer?.fields ?? [], 'allow')).toEqual(['GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']);
    expect(codeOf(answer as RawAnswer)).toBe('method-not-allowed');
    expect(await edge.recordOf(answer as RawAnswer)).toMatchObject({
      refusal: 'method-not-allowed',
      status: 405,
    });
  });
});

describe('every other method that the parser knows is forwarded, an unknown one is 400', () => {
  it.each(METHODS.filter(method => !['CONNECT', 'TRACE', 'HEAD'].includes(method)))('%s', async method => {
    const got = await edge.forwarded(async () => {
      const answer = await edge.send(`${method} /orders/1 HTTP/1.1\r\nHost: shop\r\n\r\n`);
      expect(answer.body.toString()).toBe('orders');
    });
    expect(got.startsWith(`${method} /orders/1 HTTP/1.1\r\n`)).toBe(true);
  });

  it.each(['FOO', 'get', 'GETS', 'PRI'])('%s', method =>
    expectRefused(`${method} /orders/1 HTTP/1.1\r\nHost: shop\r\n\r\n`, 400, 'bad-message'),
  );
});

describe('Expect: 100-continue is answered by the gateway and not seen upstream, any other is 417', () => {
  it('100 comes once the upstream is there to take the body', async () => {
    const got = await edge.forwarded(async () => {
      const client = await edge.open();
      client.send(
        'POST /orders/1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n',
      );
      expect((await client.answer()).status).toBe(100);
      client.send('hello');
      expect((await client.answer()).body.toString()).toBe('orders');
      client.send(get('/files'));
      expect((await client.answer()).body.toString()).toBe('legacy');
      client.close();
    });
    expect(got).not.toMatch(/expect/i);
    expect(got).toMatch(/\r\n\r\nhello$/);
  });

  it('a request that is refused gets no 100, and its connection is closed', async () => {
    const answer = await refused(
      'POST /a/../orders/1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
    );
    expect(answer.status).toBe(400);
  });

  it.each(['200-ok', '100-continue, x', '100-continue;q=1'])('%s', value =>
    expectRefused(`${head('Content-Length: 5', `Expect: ${value}`)}`, 417, 'expectation-failed'),
  );
});

describe('HTTP/1.0 is answered in kind, and the upstream gets 1.1', () => {
  it('without keep-alive the connection is closed', async () => {
    const client = await edge.open();
    const got = await edge.forwarded(async () => {
      client.send('GET /orders/1 HTTP/1.0\r\n\r\n');
      expect((await client.answer()).body.toString()).toBe('orders');
      expect((await client.rest()).length).toBe(0);
    });
    expect(got.startsWith('GET /orders/1 HTTP/1.1\r\n')).toBe(true);
    client.close();
  });

  it('with keep-alive it stays, as long as the length is known', async () => {
    const client = await edge.open();
    for (const side of ['orders', 'legacy']) {
      client.send(`GET /${side}/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n`);
      const answer = await client.answer();
      expect(answer.body.toString()).toBe(side);
      expect(valuesOf(answer.fields, 'connection')).toEqual(['keep-alive']);
    }
    client.close();
  });

  it('a chunked answer comes without chunks, ended by the close', async () => {
    edge.orders.script(
      answering(
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-t\r\n\r\n3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n',
      ),
    );
    const client = await edge.open();
    client.send('GET /orders/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    const whole = (await client.rest()).toString('latin1');
    client.close();
    expect(whole).toMatch(/\r\nconnection: close\r\n/i);
    expect(whole).not.toMatch(/transfer-encoding|trailer|x-t/i);
    expect(whole.endsWith('\r\n\r\nabc')).toBe(true);
    edge.orders.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norders'));
  });
});

describe('pipelined requests are answered in order', () => {
  it('a slow first one holds back a quick second one', async () => {
    const client = await edge.open();
    let isThere = false;
    let release = (): void => {};
    edge.orders.script((bytes, { socket }) => {
      release = () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow');
      isThere = bytes.includes('/orders/1');
    });
    client.send(get('/orders/1') + get('/files') + post('/files', 'pipelined'));
    await eventually(() => edge.legacy.received.includes('pipelined') && isThere, 'all upstream');
    release();
    const bodies = [];
    for (let i = 0; i < 3; i++) bodies.push((await client.answer()).body.toString());
    expect(bodies).toEqual(['slow', 'legacy', 'legacy']);
    client.close();
    edge.orders.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norders'));
  });

  it('a malformed second one is 400 after the answer to the first', async () => {
    const client = await edge.open();
    client.send(`${get('/files')}BROKEN\r\n\r\n`);
    expect((await client.answer()).body.toString()).toBe('legacy');
    expect((await client.answer()).status).toBe(400);
    expect((await client.rest()).length).toBe(0);
    client.close();
  });
});
