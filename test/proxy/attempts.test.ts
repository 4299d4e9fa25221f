import { afterEach, expect, test } from 'vitest';
import { type Clock, systemClock } from '../../gateway/core/clock.ts';
import type { Plan } from '../../gateway/proxy/plan.ts';
import { createManualClock } from '../kit/manual-clock.ts';
import { eventually, type OpenUpstream, openRig, planFor, type Rig, upstreamAt } from '../kit/proxy-rig.ts';
import { openRaw, sendRaw } from '../kit/raw.ts';
import {
  always,
  answerOf,
  ok,
  openScripted,
  type Script,
  type ScriptedUpstream,
} from '../kit/scripted-upstream.ts';

const closing: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of closing.splice(0).reverse()) await one.close();
});

async function scripted(script?: Script): Promise<ScriptedUpstream> {
  const upstream = await openScripted(script);
  closing.push(upstream);
  return upstream;
}

async function rigFor(plan: Plan, clock: Clock = systemClock): Promise<Rig> {
  const rig = await openRig({ plan, clock });
  closing.push({ close: async () => rig[Symbol.asyncDispose]() });
  return rig;
}

const get = 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n';
const post = (body = 'hi'): string =>
  `POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** Answers the first request with a keep-alive answer, and closes the connection when the second one comes. */
const closesAtReuse: Script = (_, connection) => {
  const requests = connection.received.match(/HTTP\/1\.1\r\n/g)?.length ?? 0;
  if (requests === 1) connection.socket.write(ok);
  else connection.socket.destroy();
};

test('sends a GET once more when the upstream closes an idle connection at the moment of its reuse', async () => {
  const upstream = await scripted(closesAtReuse);
  const rig = await rigFor(planFor(upstreamAt(upstream.origin)));
  expect((await sendRaw(rig.url, get)).status).toBe(200);
  expect((await sendRaw(rig.url, get)).status).toBe(200);
  expect(upstream.heads).toHaveLength(3);
  expect(rig.events.filter(({ type }) => type === 'retried')).toMatchObject([{ reason: 'stale-connection' }]);
});

test('sends a POST at most once, also on a stale connection', async () => {
  const upstream = await scripted(closesAtReuse);
  const rig = await rigFor(planFor(upstreamAt(upstream.origin, { attempts: 3 })));
  expect((await sendRaw(rig.url, get)).status).toBe(200);
  expect((await sendRaw(rig.url, post())).body.toString()).toBe('upstream-reset');
  expect(upstream.heads.filter(head => head.startsWith('POST'))).toHaveLength(1);
});

test('does not take a reset of a fresh connection for a stale one', async () => {
  const upstream = await scripted((_, { socket }) => {
    socket.destroy();
  });
  const rig = await rigFor(planFor(upstreamAt(upstream.origin, { attempts: 3 })));
  expect((await sendRaw(rig.url, get)).status).toBe(502);
  expect(upstream.heads).toHaveLength(1);
});

test.each([502, 503, 504])('retries a GET that is answered %i, and relays the last answer', async status => {
  const upstream = await scripted(always(answerOf(status, ['X-From: service'], 'no')));
  const target = upstreamAt(upstream.origin, { attempts: 3 });
  const rig = await rigFor(planFor(target));
  const answer = await sendRaw(rig.url, get);
  expect([answer.status, answer.body.toString()]).toEqual([status, 'no']);
  expect(upstream.heads).toHaveLength(3);
  expect(target.ends).toEqual(['bad', 'bad', 'bad']);
});

test('retries a PUT with its whole body', async () => {
  let asked = 0;
  const upstream = await scripted((bytes, { socket }) => {
    if (bytes.includes('hello')) socket.write(++asked === 1 ? answerOf(503, []) : ok);
  });
  const rig = await rigFor(planFor(upstreamAt(upstream.origin, { attempts: 2 })));
  const answer = await sendRaw(rig.url, 'PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello');
  expect(answer.status).toBe(200);
  expect(upstream.received.match(/hello/g)).toHaveLength(2);
});

test.each([
  ['a POST', post()],
  ['a GET with a method override', get.replace('Host', 'X-HTTP-Method-Override: DELETE\r\nHost')],
  ['a PUT over 64 KiB', `PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n${'x'.repeat(70_000)}`],
])('does not retry %s', async (_, request) => {
  const upstream = await scripted((bytes, { socket, received }) => {
    if (bytes.length > 0 && (received.length > 70_000 || !received.startsWith('PUT')))
      socket.write(answerOf(503, []));
  });
  const rig = await rigFor(planFor(upstreamAt(upstream.origin, { attempts: 3 })));
  expect((await sendRaw(rig.url, request)).status).toBe(503);
  expect(upstream.heads).toHaveLength(1);
});

test('does not retry without budget', async () => {
  const upstream = await scripted(always(answerOf(503, [])));
  const rig = await rigFor(planFor(upstreamAt(upstream.origin, { attempts: 3, takeRetry: () => false })));
  expect((await sendRaw(rig.url, get)).status).toBe(503);
  expect(upstream.heads).toHaveLength(1);
});

test('bounds all attempts together by the timeout', async () => {
  let asked = 0;
  const upstream = await scripted((_, { socket }) => {
    if (++asked === 1) setTimeout(() => socket.write(answerOf(503, [])), 1000);
  });
  const rig = await rigFor(planFor(upstreamAt(upstream.origin, { attempts: 9, timeout: 1500 })));
  const start = performance.now();
  expect((await sendRaw(rig.url, get)).status).toBe(504);
  expect(performance.now() - start).toBeLessThan(2400);
});

/** A service that fails and a monolith that answers `legacy`. */
async function fallingBack(
  script: Script,
  rule: { when: 'safe' | 'unreached'; status?: number[] },
  settings: Partial<OpenUpstream> = {},
) {
  const service = await scripted(script);
  const legacy = await scripted((_, { socket, received }) => {
    if (!received.startsWith('POST') || received.endsWith('hi')) socket.write(answerOf(200, [], 'legacy'));
  });
  const monolith = upstreamAt(legacy.origin, { name: 'legacy', isMonolith: true });
  const fallback = {
    leg: { side: 'legacy' as const, upstream: monolith, rewrite: undefined, withheld: undefined },
    when: rule.when,
    status: rule.status ?? [],
  };
  const rig = await rigFor(planFor(upstreamAt(service.origin, settings), { fallback }));
  return { service, legacy, rig };
}

test.each<[string, Script]>([
  ['status-503', always(answerOf(503, [], 'no'))],
  ['upstream-reset', (_, { socket }) => void socket.destroy()],
  ['upstream-protocol', always('garbage\r\n\r\n')],
  ['upstream-timeout', () => {}],
])('lets legacy answer a GET after %s', async (reason, script) => {
  const { rig, service } = await fallingBack(script, { when: 'safe' }, { timeout: 200 });
  expect((await sendRaw(rig.url, get)).body.toString()).toBe('legacy');
  expect(service.heads).toHaveLength(1);
  await eventually(() => rig.finished.length === 1, 'the exchange is over');
  expect(rig.finished[0]).toMatchObject({ served: 'legacy', because: 'fallback', fallback: reason });
  expect(rig.events.filter(({ type }) => type === 'fell-back')).toMatchObject([{ reason }]);
});

test('lets legacy answer where the service has no way in', async () => {
  const enter = () =>
    ({ code: 'breaker-open', reached: 'no', detail: 'the breaker is open', retryAfter: 5 }) as const;
  const { rig } = await fallingBack(always(ok), { when: 'safe' }, { enter });
  expect((await sendRaw(rig.url, get)).body.toString()).toBe('legacy');
  const answer = await sendRaw(rig.url, post());
  expect([answer.status, answer.fields.includes('retry-after')]).toEqual([503, true]);
});

test('falls back on the statuses that the route names, and on no others', async () => {
  const { rig, service } = await fallingBack(always(answerOf(404, [])), { when: 'safe', status: [404] });
  expect((await sendRaw(rig.url, get)).body.toString()).toBe('legacy');
  service.script(always(answerOf(500, [])));
  expect((await sendRaw(rig.url, get)).status).toBe(500);
});

test('falls back with a POST only under `unreached`, and only when it certainly never reached the service', async () => {
  const safe = await fallingBack(always(ok), { when: 'safe' });
  await safe.service.close();
  expect((await sendRaw(safe.rig.url, post())).status).toBe(502);
  const unreached = await fallingBack(always(ok), { when: 'unreached' });
  await unreached.service.close();
  expect((await sendRaw(unreached.rig.url, post())).body.toString()).toBe('legacy');
  const maybe = await fallingBack((_, { socket }) => void socket.destroy(), { when: 'unreached' });
  expect((await sendRaw(maybe.rig.url, post())).status).toBe(502);
  expect(maybe.legacy.heads).toHaveLength(0);
});

test('does not fall back with a method override', async () => {
  const { rig, legacy } = await fallingBack(always(answerOf(503, [])), { when: 'safe' });
  const overridden = get.replace('Host', 'X-HTTP-Method-Override: DELETE\r\nHost');
  expect((await sendRaw(rig.url, overridden)).status).toBe(503);
  expect(legacy.heads).toHaveLength(0);
});

test('refuses a request that has been here already', async () => {
  const upstream = await scripted();
  const rig = await rigFor(planFor(upstreamAt(upstream.origin)));
  const answer = await sendRaw(rig.url, get.replace('Host', 'Via: 1.0 a, 1.1 figway\r\nHost'));
  expect([answer.status, answer.body.toString()]).toEqual([508, 'loop-detected']);
  const other = await sendRaw(rig.url, get.replace('Host', 'Via: 1.1 figway-of-somebody\r\nHost'));
  expect(other.status).toBe(200);
  expect(upstream.heads).toHaveLength(1);
});

test('refuses a body over the bound: before anything is sent if its length is told, else as soon as it is over', async () => {
  const upstream = await scripted(() => {});
  const rig = await rigFor(planFor(upstreamAt(upstream.origin), { maxBody: 10 }));
  expect((await sendRaw(rig.url, post('x'.repeat(11)))).status).toBe(413);
  expect(upstream.received).toBe('');
  const client = await openRaw(rig.url);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
  await eventually(() => upstream.received.includes('hello'), 'the first chunk arrived');
  client.send('6\r\nworld!\r\n');
  expect((await client.answer()).status).toBe(413);
  client.close();
  await eventually(
    () => upstream.connections[0]?.socket.destroyed === true,
    'the upstream request is aborted',
  );
  expect(upstream.received).not.toContain('0\r\n\r\n');
});

test('aborts the upstream request, and does not complete it, when a chunk of the client is malformed', async () => {
  const upstream = await scripted(() => {});
  const target = upstreamAt(upstream.origin);
  const rig = await rigFor(planFor(target));
  for (const bad of ['zz\r\n', '5\nhello\n', '-1\r\n', `${'f'.repeat(40)}\r\n`]) {
    const client = await openRaw(rig.url);
    const before = upstream.connections.length;
    client.send('POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await eventually(() => upstream.connections[before]?.received.includes('hello') === true, 'begun');
    client.send(bad);
    await eventually(() => upstream.connections[before]?.socket.destroyed === true, `aborted after ${bad}`);
    expect(upstream.connections[before]?.received).not.toMatch(/0\r\n\r\n$/);
    client.close();
  }
  expect(new Set(target.ends)).toEqual(new Set(['unknown']));
});

test('relays an early answer while the upload goes on, and drains the upload', async () => {
  const upstream = await scripted((_, { socket, received }) => {
    if (received.includes('hello')) socket.write(answerOf(413, ['Connection: close'], 'too big'));
  });
  const rig = await rigFor(planFor(upstreamAt(upstream.origin)));
  const client = await openRaw(rig.url);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\nhello');
  const answer = await client.answer();
  expect([answer.status, answer.body.toString()]).toEqual([413, 'too big']);
  client.send('x'.repeat(500_000 - 5));
  client.send('GET /next HTTP/1.1\r\nHost: h\r\n\r\n');
  upstream.script(always(ok));
  expect((await client.answer()).status).toBe(200);
  client.close();
});

test('counts the time to the head from the last byte of a slow upload', async () => {
  const upstream = await scripted((_, { socket, received }) => {
    if (received.endsWith('done')) socket.write(ok);
  });
  const clock = createManualClock();
  const rig = await rigFor(planFor(upstreamAt(upstream.origin, { timeout: 200 })), clock);
  const client = await openRaw(rig.url);
  client.send('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 16\r\n\r\n');
  for (const part of ['slo1', 'slo2', 'slo3', 'done']) {
    client.send(part);
    await eventually(() => upstream.received.endsWith(part), `${part} arrived`);
    if (part !== 'done') clock.advance(150);
  }
  expect((await client.answer()).status).toBe(200);
  client.close();
});
