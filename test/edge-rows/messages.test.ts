import { METHODS } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  answering,
  codeOf,
  type Edge,
  expectRefusedBy,
  get,
  openEdge,
  post,
  refusedBy,
} from '../kit/edge.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { type RawAnswer, valuesOf } from '../kit/raw.ts';

let edge: Edge;
beforeAll(async () => {
  edge = await openEdge();
});
afterAll(() => edge[Symbol.asyncDispose]());

const refused = (bytes: string): Promise<RawAnswer> => refusedBy(edge, bytes);
const expectRefused = (bytes: string, status: number, code: string): Promise<void> =>
  expectRefusedBy(edge, bytes, status, code);

const head = (...lines: string[]): string =>
  ['POST /files HTTP/1.1', 'Host: shop', ...lines, '', ''].join('\r\n');
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

  it('a WebSocket behind an answer that is due is a plain request, so that it cannot overtake', async () => {
    const client = await edge.open();
    client.send(get('/files') + get('/orders/1', 'Connection: Upgrade', 'Upgrade: websocket'));
    expect((await client.answer()).body.toString()).toBe('legacy');
    expect((await client.answer()).body.toString()).toBe('orders');
    client.close();
  });

  it('a CONNECT behind answers that are due cuts the connection, and aborts them all', async () => {
    let open = 0;
    let asked = 0;
    edge.orders.script((_, { socket }) => {
      open++;
      asked++;
      socket.once('close', () => {
        open--;
      });
    });
    const client = await edge.open();
    client.send(get('/orders/1') + get('/orders/2') + get('/orders/3'));
    await eventually(() => asked === 3, 'the requests upstream');
    client.send('CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n');
    expect((await client.rest()).length).toBe(0);
    await eventually(() => open === 0, 'the aborts');
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
