import { expect, test } from 'vitest';
import { eventually, openRig, planFor, upstreamAt } from '../kit/proxy-rig.ts';
import { openRaw, sendRaw, valuesOf } from '../kit/raw.ts';
import { always, answerOf, ok, openScripted } from '../kit/scripted-upstream.ts';

/** What http-proxy-middleware 4 does by itself, and must not do here. */
test('adds no listeners to the server, however many requests come', async () => {
  const upstream = await openScripted();
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
  const count = () => rig.server.eventNames().reduce((sum, name) => sum + rig.server.listenerCount(name), 0);
  const before = count();
  for (let i = 0; i < 5; i++) await sendRaw(rig.url, 'GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  expect(count()).toBe(before);
  await upstream.close();
});

test.each(['//x', '/%', '/a?b=http://c', '/[', '/\\x'])(
  'forwards the target %s, and passes none by',
  async target => {
    const upstream = await openScripted();
    await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
    expect((await sendRaw(rig.url, `GET ${target} HTTP/1.1\r\nHost: h\r\n\r\n`)).status).toBe(200);
    expect(upstream.received.startsWith(`GET ${target} HTTP/1.1\r\n`)).toBe(true);
    await upstream.close();
  },
);

test.each([
  ['a GET with Trailer', 'GET / HTTP/1.1\r\nHost: h\r\nTrailer: x\r\n\r\n', ok],
  [
    'an answer with a length and Trailer',
    'GET / HTTP/1.1\r\nHost: h\r\n\r\n',
    answerOf(200, ['Trailer: x'], 'hello'),
  ],
  ['a GET with Expect', 'GET / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n', ok],
])('survives %s', async (_, request, answer) => {
  const upstream = await openScripted(always(answer));
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
  const client = await openRaw(rig.url);
  client.send(request);
  let got = await client.answer();
  if (got.status === 100) got = await client.answer();
  expect(got.body.toString()).toBe('hello');
  expect(upstream.received).not.toMatch(/^(expect|trailer):/im);
  client.close();
  await upstream.close();
});

test('says 100 only when an upstream is there to take the body, and not at all where it refuses the request', async () => {
  const upstream = await openScripted((_, { socket, received }) => {
    if (received.endsWith('hello')) socket.write(answerOf(200, []));
  });
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin), { maxBody: 10 }) });
  rig.server.on('checkContinue', (req, res) => rig.server.emit('request', req, res));
  const head = (length: number) =>
    `POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
  const client = await openRaw(rig.url);
  client.send(head(5));
  expect((await client.answer()).status).toBe(100);
  client.send('hello');
  expect((await client.answer()).status).toBe(200);
  client.close();
  expect((await sendRaw(rig.url, head(11))).status).toBe(413);
  await upstream.close();
  expect((await sendRaw(rig.url, head(5))).status).toBe(502);
});

test('takes an upgrade to anything but a WebSocket for a plain request', async () => {
  const upstream = await openScripted();
  await using rig = await openRig({ plan: planFor(upstreamAt(upstream.origin)) });
  const answer = await sendRaw(
    rig.url,
    'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
  );
  expect([answer.status, answer.body.toString()]).toEqual([200, 'hello']);
  expect(valuesOf(answer.fields, 'upgrade')).toEqual([]);
  expect(upstream.received).not.toMatch(/upgrade/i);
  await eventually(() => rig.finished.length === 1, 'the exchange is over');
  await upstream.close();
});
