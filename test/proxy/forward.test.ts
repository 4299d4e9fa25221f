import { expect, test } from 'vitest';
import { eventually, openRig, planFor, upstreamAt } from '../kit/proxy-rig.ts';
import { openRaw, sendRaw, valuesOf } from '../kit/raw.ts';
import { always, answerOf, ok, openScripted, type Script } from '../kit/scripted-upstream.ts';

const get = 'GET /a HTTP/1.1\r\nHost: shop.example.com\r\n\r\n';

/** A gateway in front of one scripted upstream. */
async function openPair(script?: Script, settings?: Parameters<typeof upstreamAt>[1]) {
  const upstream = await openScripted(script);
  const target = upstreamAt(upstream.origin, settings);
  const rig = await openRig({ plan: planFor(target) });
  return {
    upstream,
    target,
    rig,
    url: rig.url,
    async [Symbol.asyncDispose]() {
      await rig[Symbol.asyncDispose]();
      await upstream.close();
    },
  };
}

test('forwards method, target and query byte for byte, and relays status, reason, fields and body', async () => {
  await using pair = await openPair(
    always(
      'HTTP/1.1 203 Well, yes\r\nX-Odd: \xe9\r\nset-Cookie: a=1\r\nSet-cookie: b=2\r\nContent-Length: 2\r\n\r\nhi',
    ),
  );
  const answer = await sendRaw(
    pair.url,
    'PROPFIND //a/%zz/../b?x=%20&y HTTP/1.1\r\nHost: h\r\nX-A: \xe9\r\n\r\n',
  );
  expect(pair.upstream.received).toMatch(/^PROPFIND \/\/a\/%zz\/\.\.\/b\?x=%20&y HTTP\/1\.1\r\n/);
  expect(pair.upstream.received).toContain('X-A: \xe9\r\n');
  expect([answer.status, answer.reason, answer.body.toString()]).toEqual([203, 'Well, yes', 'hi']);
  expect(answer.fields.slice(0, 8)).toEqual([
    'X-Odd',
    '\xe9',
    'set-Cookie',
    'a=1',
    'Set-cookie',
    'b=2',
    'Content-Length',
    '2',
  ]);
  await eventually(() => pair.rig.finished.length === 1, 'the exchange is over');
  expect(pair.rig.finished[0]).toMatchObject({
    status: 203,
    served: 'service',
    isComplete: true,
    bytesOut: 2,
  });
  expect(pair.target.ends).toEqual(['good']);
});

test('answers pipelined requests in order, over one connection to the upstream', async () => {
  await using pair = await openPair((bytes, { socket }) => {
    socket.write(answerOf(200, [], /^GET (\S+)/.exec(bytes)?.[1]));
  });
  const client = await openRaw(pair.url);
  client.send(`GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n`);
  expect((await client.answer()).body.toString()).toBe('/1');
  expect((await client.answer()).body.toString()).toBe('/2');
  client.close();
});

test.each([
  ['1.0 without keep-alive', 'GET / HTTP/1.0\r\n\r\n', 'close'],
  ['1.0 with keep-alive', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', 'close'],
])('answers HTTP/%s, and asks the upstream with 1.1', async (_, request, connection) => {
  await using pair = await openPair(
    always('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'),
  );
  const client = await openRaw(pair.url);
  client.send(request);
  const whole = (await client.rest()).toString();
  expect(whole).toMatch(/\r\n\r\nhi$/);
  expect(whole).not.toMatch(/transfer-encoding/i);
  expect(whole.toLowerCase()).toContain(`connection: ${connection}`);
  expect(pair.upstream.received).toMatch(/^GET \/ HTTP\/1\.1\r\nhost: 127/);
});

test('keeps the length of an answer to HEAD, and sends no body with HEAD, 204 and 304', async () => {
  await using pair = await openPair(always('HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\n'));
  const head = await sendRaw(pair.url, 'HEAD / HTTP/1.1\r\nHost: h\r\n\r\n');
  expect(valuesOf(head.fields, 'content-length')).toEqual(['42']);
  for (const status of [204, 304]) {
    pair.upstream.script(always(`HTTP/1.1 ${status} X\r\nETag: "1"\r\n\r\n`));
    const answer = await sendRaw(pair.url, get);
    expect([answer.status, valuesOf(answer.fields, 'transfer-encoding')]).toEqual([status, []]);
  }
});

test('passes 103 to a 1.1 client before the final answer, and drops it for a 1.0 client', async () => {
  await using pair = await openPair(
    always(
      `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n${ok}`,
    ),
  );
  const client = await openRaw(pair.url);
  client.send(get);
  const hint = await client.answer();
  expect([hint.status, valuesOf(hint.fields, 'link')]).toEqual([103, ['</a.css>; rel=preload']]);
  expect((await client.answer()).body.toString()).toBe('hello');
  client.close();
  const old = await sendRaw(pair.url, 'GET / HTTP/1.0\r\n\r\n').catch(String);
  expect(old).toMatchObject({ status: 200 });
});

test('passes an unasked 100 by', async () => {
  await using pair = await openPair(always(`HTTP/1.1 100 Continue\r\n\r\n${ok}`));
  expect((await sendRaw(pair.url, get)).status).toBe(200);
});

test('passes response trailers, without framing and identity names, and never crashes over them', async () => {
  const body = '2\r\nhi\r\n0\r\nX-Sum: 1\r\nKeep-Alive: 5\r\nX_User_Id: eve\r\n\r\n';
  await using pair = await openPair(
    always(`HTTP/1.1 200 OK\r\nTrailer: X-Sum, Keep-Alive\r\nTransfer-Encoding: chunked\r\n\r\n${body}`),
  );
  const answer = await sendRaw(pair.url, get);
  expect(valuesOf(answer.fields, 'trailer')).toEqual(['x-sum']);
  expect(answer.trailers).toEqual(['X-Sum', '1']);
  const old = await openRaw(pair.url);
  old.send('GET / HTTP/1.0\r\n\r\n');
  expect((await old.rest()).toString()).toMatch(/\r\n\r\nhi$/);
  pair.upstream.script(always('HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\nhi'));
  expect((await sendRaw(pair.url, get)).body.toString()).toBe('hi');
});

test('drops request trailers, and Trailer with them', async () => {
  await using pair = await openPair((_, { socket, received }) => {
    if (received.endsWith('0\r\n\r\n')) socket.write(ok);
  });
  const answer = await sendRaw(
    pair.url,
    'POST / HTTP/1.1\r\nHost: h\r\nTrailer: X-User-Id\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-User-Id: eve\r\n\r\n',
  );
  expect(answer.status).toBe(200);
  expect(pair.upstream.received).not.toMatch(/trailer|x-user-id/i);
});

test.each([
  ['is no HTTP', 'SMTP ready\r\n\r\n'],
  ['has status 099', 'HTTP/1.1 099 X\r\nContent-Length: 0\r\n\r\n'],
  ['has status 600', 'HTTP/1.1 600 X\r\nContent-Length: 0\r\n\r\n'],
  ['has a control byte in a field', 'HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n'],
  ['has a NUL in a field', 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n'],
  ['has two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi'],
  [
    'has a length and a coding',
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['is a 101', 'HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n'],
  ['is a 101 without Upgrade', 'HTTP/1.1 101 X\r\n\r\n'],
])('answers 502 upstream-protocol when the head %s', async (_, bytes) => {
  await using pair = await openPair(always(bytes));
  const answer = await sendRaw(pair.url, get);
  expect([answer.status, answer.body.toString()]).toEqual([502, 'upstream-protocol']);
  expect(pair.target.ends).toEqual(['bad']);
});

test.each([
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'],
  ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'],
  ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n'],
])('never makes an answer with %s that is cut off look complete', async (_, bytes) => {
  await using pair = await openPair((_bytes, { socket }) => {
    socket.end(bytes);
  });
  const client = await openRaw(pair.url);
  client.send(get);
  await expect(client.answer()).rejects.toThrow('closed before');
  await eventually(() => pair.rig.finished.length === 1, 'the exchange is over');
  expect(pair.rig.finished[0]?.isComplete).toBe(false);
  expect(pair.target.ends).toEqual(['bad']);
});

test('keeps surplus bytes of an answer from every client, and does not use that connection again', async () => {
  await using pair = await openPair(always(`${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`));
  for (let i = 0; i < 3; i++) expect((await sendRaw(pair.url, get)).body.toString()).toBe('hello');
  expect(pair.upstream.connections).toHaveLength(3);
});

test('answers 502 upstream-refused where nobody listens', async () => {
  await using pair = await openPair();
  await pair.upstream.close();
  const answer = await sendRaw(pair.url, get);
  expect([answer.status, answer.body.toString()]).toEqual([502, 'upstream-refused']);
});

test('answers 502 upstream-reset when the connection closes before the head', async () => {
  await using pair = await openPair((_, { socket }) => {
    socket.destroy();
  });
  expect((await sendRaw(pair.url, get)).body.toString()).toBe('upstream-reset');
  expect(pair.upstream.heads).toHaveLength(1);
});

test('answers 504 in the configured time when no head comes', async () => {
  await using pair = await openPair(() => {}, { timeout: 150 });
  const start = performance.now();
  const answer = await sendRaw(pair.url, get);
  expect([answer.status, answer.body.toString()]).toEqual([504, 'upstream-timeout']);
  expect(performance.now() - start).toBeGreaterThan(140);
  expect(performance.now() - start).toBeLessThan(1000);
  expect(pair.target.ends).toEqual(['bad']);
  await eventually(() => pair.upstream.connections[0]?.socket.destroyed === true, 'the upstream is let go');
});

test('ends a body that falls silent, but never an event stream', async () => {
  await using pair = await openPair(always('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello'), {
    idle: 100,
  });
  const client = await openRaw(pair.url);
  client.send(get);
  await expect(client.answer()).rejects.toThrow('closed before');
  let stream: { write(bytes: string): void } | undefined;
  pair.upstream.script((_, { socket }) => {
    stream = socket;
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
  });
  const listener = await openRaw(pair.url);
  listener.send(get);
  await listener.until(/event-stream/);
  await new Promise(resolve => {
    setTimeout(resolve, 300);
  });
  stream?.write('data: 1\n\n');
  await listener.until(/data: 1/);
  stream?.write('data: 2\n\n');
  await listener.until(/data: 2/);
  listener.close();
});

test('aborts the upstream within a second when the client goes away, and blames nobody', async () => {
  await using pair = await openPair(() => {});
  const client = await openRaw(pair.url);
  client.send(get);
  await eventually(() => pair.upstream.heads.length === 1, 'the upstream has the request');
  client.close();
  await eventually(() => pair.upstream.connections[0]?.socket.destroyed === true, 'aborted', 1000);
  expect(pair.target.ends).toEqual(['unknown']);
  await eventually(() => pair.rig.finished.length === 1, 'the exchange is over');
  expect(pair.rig.finished[0]?.isComplete).toBe(false);
});
