import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { answering, codeOf, type Edge, get, openEdge, post } from '../kit/edge.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { type RawAnswer, type RawClient, valuesOf } from '../kit/raw.ts';

let edge: Edge;
beforeAll(async () => {
  edge = await openEdge(`
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", timeout: 500ms, breaker: off }
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced }
`);
});
afterAll(() => edge[Symbol.asyncDispose]());
beforeEach(() => edge.orders.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\norders')));

/** The answer to a GET when the service answers it with these bytes. */
async function answered(bytes: string, request = get('/orders/1')): Promise<RawAnswer> {
  edge.orders.script(answering(bytes));
  return edge.send(request);
}

describe('trailers of an answer pass but for framing and identity names, those of a request are dropped', () => {
  const body = '3\r\nabc\r\n0\r\n';

  it('of an answer', async () => {
    const answer = await answered(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum, content-length, X_User_Id, Set-Cookie\r\n\r\n${body}X-Sum: 1\r\nSet-Cookie: a=1\r\nTrailer: x\r\nX_User_Id: eve\r\nx-figway-side: x\r\n\r\n`,
    );
    expect(valuesOf(answer.fields, 'trailer')).toEqual(['x-sum']);
    expect(answer.trailers).toEqual(['X-Sum', '1']);
    expect(answer.body.toString()).toBe('abc');
  });

  it('of a request', async () => {
    const bytes = await edge.forwarded(async () => {
      const answer = await edge.send(
        `POST /files HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum, x-user-id\r\n\r\n${body}X-Sum: 1\r\nX-User-Id: eve\r\n\r\n`,
      );
      expect(answer.status).toBe(200);
    });
    expect(bytes).toMatch(/\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/);
    expect(bytes).not.toMatch(/trailer|x-sum|x-user-id/i);
  });

  it.each([
    [
      'a GET with Trailer',
      get('/orders/1', 'Trailer: x-sum'),
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    ],
    [
      'an answer with Content-Length and Trailer',
      get('/orders/1'),
      'HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nContent-Length: 2\r\n\r\nok',
    ],
    [
      'a 1.0 client and a chunked answer with Trailer',
      'GET /orders/1 HTTP/1.0\r\n\r\n',
      'HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n',
    ],
    [
      'a HEAD and a chunked answer with Trailer',
      get('/orders/1').replace('GET', 'HEAD'),
      'HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
  ])('%s crashes nothing', async (_, request, bytes) => {
    const answer = await answered(bytes, request);
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toBe(request.startsWith('HEAD') ? '' : 'ok');
  });
});

describe('103 passes to a 1.1 client, other 1xx are dropped, and the final answer is whole', () => {
  const interim =
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n';
  const final = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  it('1.1', async () => {
    edge.orders.script(answering(interim + final));
    const client = await edge.open();
    client.send(get('/orders/1'));
    const hint = await client.answer();
    expect([hint.status, valuesOf(hint.fields, 'link')]).toEqual([103, ['</a.css>; rel=preload']]);
    expect((await client.answer()).body.toString()).toBe('ok');
  });

  it('1.0', async () => {
    const answer = await answered(interim + final, 'GET /orders/1 HTTP/1.0\r\n\r\n');
    expect([answer.status, answer.body.toString()]).toEqual([200, 'ok']);
  });
});

describe('HEAD, 204 and 304 have no body, and HEAD keeps its Content-Length', () => {
  it.each([
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n', ['42']],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n', []],
    ['GET', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', []],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 42\r\n\r\n', ['42']],
  ])('%s %j', async (method, bytes, lengths) => {
    edge.orders.script(answering(bytes));
    const client = await edge.open();
    client.send(get('/orders/1').replace('GET', method));
    const answer = await client.answer({ isHead: true });
    expect(valuesOf(answer.fields, 'content-length')).toEqual(lengths);
    expect(valuesOf(answer.fields, 'transfer-encoding')).toEqual([]);
    client.send(get('/files'));
    expect((await client.answer()).body.toString()).toBe('legacy');
  });
});

async function expectProtocolError(answer: RawAnswer): Promise<void> {
  expect({ status: answer.status, code: codeOf(answer) }).toEqual({ status: 502, code: 'upstream-protocol' });
  expect(valuesOf(answer.fields, 'proxy-status')).toEqual(['figway; error=http_protocol_error']);
  expect(valuesOf(answer.fields, 'content-length')).toEqual([String(answer.body.length)]);
  expect(valuesOf(answer.fields, 'x-own')).toEqual([]);
  expect(await edge.recordOf(answer)).toMatchObject({
    status: 502,
    refusal: 'upstream-protocol',
    side: null,
  });
}

describe('an upstream head that cannot be relayed is 502 upstream-protocol with clean headers', () => {
  it.each([
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['a status that is no number', 'HTTP/1.1 abc OK\r\nX-Own: 1\r\n\r\n'],
    ['status 099', 'HTTP/1.1 099 X\r\nX-Own: 1\r\nContent-Length: 0\r\n\r\n'],
    ['status 600', 'HTTP/1.1 600 X\r\nX-Own: 1\r\nContent-Length: 0\r\n\r\n'],
    ['status 1000', 'HTTP/1.1 1000 X\r\nX-Own: 1\r\nContent-Length: 0\r\n\r\n'],
    ['NUL in a value', 'HTTP/1.1 200 OK\r\nX-Own: a\0b\r\nContent-Length: 0\r\n\r\n'],
    ['a control byte in a value', 'HTTP/1.1 200 OK\r\nX-Own: a\x01b\r\nContent-Length: 0\r\n\r\n'],
    ['a bare CR in a value', 'HTTP/1.1 200 OK\r\nX-Own: a\rb\r\nContent-Length: 0\r\n\r\n'],
    ['a name that is no token', 'HTTP/1.1 200 OK\r\nX Own: a\r\nContent-Length: 0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nX-Own: 1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nX-Own: 1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a head of 100 KiB', `HTTP/1.1 200 OK\r\nX-Own: ${'a'.repeat(100 * 1024)}\r\n\r\n`],
  ])('%s', async (_, bytes) => expectProtocolError(await answered(bytes)));
});

describe('an upstream that closes in mid-body cuts the connection to the client', () => {
  it.each([
    ['a length', '1.1', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['chunks', '1.1', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['chunks to a 1.0 client', '1.0', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ])('with %s', async (_, version, bytes) => {
    edge.orders.script((_, { socket }) => socket.end(bytes));
    const client = await edge.open();
    let isReset = false;
    client.socket.on('error', () => {
      isReset = true;
    });
    client.send(get('/orders/1').replace('1.1', version));
    const got = (await client.rest()).toString('latin1');
    expect(got).not.toMatch(/0\r\n\r\n$/);
    if (version === '1.0') expect(isReset).toBe(true);
    await eventually(() => client.socket.readableEnded || client.socket.destroyed, 'the cut');
  });
});

describe('bytes beyond the Content-Length of an upstream never reach a client', () => {
  it.each([
    ['in the same segment', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokEVIL'],
    [
      'a second answer',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL',
    ],
  ])('%s', async (_, bytes) => {
    const client = await edge.open();
    edge.orders.script(answering(bytes));
    client.send(get('/orders/1'));
    expect((await client.answer()).body.toString()).toBe('ok');
    const before = edge.orders.connections.length;
    edge.orders.script(answering('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nclean'));
    client.send(get('/orders/2'));
    expect((await client.answer()).body.toString()).toBe('clean');
    expect(edge.orders.connections.length).toBe(before + 1);
  });
});

describe('a 101 that nobody asked for is 502', () => {
  it.each([get('/orders/1'), get('/orders/1', 'Connection: upgrade', 'Upgrade: h2c')])('%j', async request =>
    expectProtocolError(
      await answered(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\nX-Own: 1\r\n\r\n',
        request,
      ),
    ),
  );

  it('an Upgrade to anything but a WebSocket is a plain request, with its body', async () => {
    const got = await edge.forwarded(async () => {
      const answer = await edge.send(
        post(
          '/orders/1',
          'hello',
          'Connection: Upgrade, HTTP2-Settings',
          'Upgrade: h2c',
          'HTTP2-Settings: AAMA',
        ),
      );
      expect(answer.body.toString()).toBe('orders');
    });
    expect(got).toMatch(/\r\n\r\nhello$/);
    expect(got).not.toMatch(/upgrade|http2-settings/i);
  });
});

describe('an upstream that refuses, resets or never answers is 502, 502 and 504 in the configured time', () => {
  it('resets', async () => {
    edge.orders.script((_, { socket }) => socket.resetAndDestroy());
    const answer = await edge.send(post('/orders/1', 'x'));
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream-reset']);
    expect(valuesOf(answer.fields, 'proxy-status')).toEqual(['figway; error=connection_terminated']);
  });

  it('never answers', async () => {
    edge.orders.script(() => {});
    const began = performance.now();
    const answer = await edge.send(get('/orders/1'));
    expect([answer.status, codeOf(answer)]).toEqual([504, 'upstream-timeout']);
    expect(valuesOf(answer.fields, 'proxy-status')).toEqual(['figway; error=http_response_timeout']);
    expect(performance.now() - began).toBeGreaterThan(450);
    expect(performance.now() - began).toBeLessThan(1500);
  });

  it('refuses', async () => {
    await using other = await openEdge();
    await other.orders.close();
    const answer = await other.send(get('/orders/1'));
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream-refused']);
    expect(valuesOf(answer.fields, 'proxy-status')).toEqual(['figway; error=connection_refused']);
  });
});

describe('when the upstream closes an idle connection at the moment of reuse, GET succeeds and POST is sent at most once', () => {
  it('GET, then POST', async () => {
    await using fresh = await openEdge();
    const used = new WeakSet<object>();
    fresh.orders.script((_, connection) => {
      if (used.has(connection)) connection.socket.destroy();
      else connection.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      used.add(connection);
    });
    for (let i = 0; i < 5; i++) expect((await fresh.send(get('/orders/1'))).status).toBe(200);
    expect(fresh.orders.connections.length).toBe(5);
    const got = await fresh.forwarded(async () => {
      const answer = await fresh.send(post('/orders/7', 'x'));
      expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream-reset']);
    });
    expect(got.split('POST /orders/7').length).toBe(2);
  });
});

describe('an early answer is relayed while the upload goes on, which is drained or closed', () => {
  it('413', async () => {
    edge.orders.script((_, { socket }) => {
      socket.write('HTTP/1.1 413 X\r\nContent-Length: 3\r\n\r\nbig');
    });
    const client: RawClient = await edge.open();
    client.send('POST /orders/1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 2000000\r\n\r\n');
    client.send('x'.repeat(1000));
    const answer = await client.answer();
    expect([answer.status, answer.body.toString()]).toEqual([413, 'big']);
    client.send('x'.repeat(1_999_000));
    client.send(get('/files'));
    expect((await client.answer()).body.toString()).toBe('legacy');
  });
});
