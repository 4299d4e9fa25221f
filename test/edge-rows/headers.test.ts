import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answering,
  codeOf,
  type Edge,
  get,
  headAt,
  openEdge,
  ordersAnswer,
  trusting,
  valuesIn,
} from '../kit/edge.ts';
import { openRig, planFor, upstreamAt } from '../kit/proxy-rig.ts';
import { type RawAnswer, sendRaw, valuesOf } from '../kit/raw.ts';
import { openScripted } from '../kit/scripted-upstream.ts';

let stranger: Edge;
beforeAll(async () => {
  stranger = await openEdge(trusting(''));
});
afterAll(async () => {
  await stranger[Symbol.asyncDispose]();
});
beforeEach(() => stranger.orders.script(answering(ordersAnswer)));

const headFor = (lines: readonly string[], edge = stranger, target = '/orders/1'): Promise<string> =>
  headAt(edge, target, lines);

describe('fields that Connection names are dropped both ways, but not framing or authority', () => {
  it('of a request', async () => {
    const head = await stranger.forwarded(() =>
      stranger.send(
        'POST /orders/1 HTTP/1.1\r\nHost: shop\r\nX-Foo: 1\r\nX-Bar: 2\r\nConnection: close, x-foo\r\nConnection: content-length, Host, X-Forwarded-For, x-request-id, via\r\nContent-Length: 5\r\n\r\nhello',
      ),
    );
    expect(valuesIn(head, 'x-foo')).toEqual([]);
    expect(valuesIn(head, 'x-bar')).toEqual(['2']);
    expect(valuesIn(head, 'content-length')).toEqual(['5']);
    for (const name of ['host', 'x-forwarded-for', 'x-request-id', 'via', 'traceparent'])
      expect(valuesIn(head, name)).toHaveLength(1);
    expect(head.endsWith('\r\n\r\nhello')).toBe(true);
  });

  it('of a chunked request', async () => {
    const head = await stranger.forwarded(() =>
      stranger.send(
        'POST /orders/1 HTTP/1.1\r\nHost: shop\r\nConnection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
      ),
    );
    expect(valuesIn(head, 'transfer-encoding')).toEqual(['chunked']);
  });

  it('of an answer', async () => {
    stranger.orders.script(
      answering(
        'HTTP/1.1 200 OK\r\nX-Foo: 1\r\nX-Bar: 2\r\nConnection: x-foo, content-length\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    const { fields, body } = await stranger.send(get('/orders/1'));
    expect([valuesOf(fields, 'x-foo'), valuesOf(fields, 'x-bar')]).toEqual([[], ['2']]);
    expect([valuesOf(fields, 'content-length'), body.toString()]).toEqual([['2'], 'ok']);
  });
});

describe('hop-by-hop fields are dropped', () => {
  it('of a request, but for TE: trailers', async () => {
    const lines = [
      'Keep-Alive: timeout=5',
      'TE: gzip, trailers',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eA==',
      'Upgrade: h2c',
    ];
    for (const target of ['/orders/1', '/files']) {
      const head = await headFor(lines, stranger, target);
      expect(head).not.toMatch(/\r\n(?:keep-alive|proxy-connection|proxy-authorization|upgrade):/i);
      expect(valuesIn(head, 'te')).toEqual(['trailers']);
    }
    expect(valuesIn(await headFor(['TE: gzip']), 'te')).toEqual([]);
  });

  it('of an answer', async () => {
    stranger.orders.script(
      answering(
        'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nProxy-Connection: close\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nok',
      ),
    );
    const { fields } = await stranger.send(get('/orders/1'));
    expect(valuesOf(fields, 'keep-alive')).toEqual(['timeout=75']);
    expect([valuesOf(fields, 'proxy-connection'), valuesOf(fields, 'upgrade')]).toEqual([[], []]);
  });
});

describe('several Set-Cookie, duplicate and odd fields, order and case stay as they came', () => {
  const pairs = [
    'X-B',
    '2',
    'x-a',
    '1',
    'X-B',
    '1',
    'x-EMPTY',
    '',
    'X-Latin',
    'gr\xfcn',
    "!#$%&'*+.^`|~",
    'odd',
  ];
  const lines = Array.from({ length: pairs.length / 2 }, (_, i) => `${pairs[2 * i]}: ${pairs[2 * i + 1]}`);
  const kept = (all: readonly string[]): string[] =>
    all.filter((_, i) => pairs.includes(all[i - (i % 2)] ?? ''));

  it('of a request', async () => {
    const head = await headFor(lines);
    const got = head
      .trimEnd()
      .split('\r\n')
      .slice(1)
      .flatMap(line => [line.split(':', 1)[0] ?? '', line.replace(/^[^:]*: ?/, '')]);
    expect(kept(got)).toEqual(pairs);
  });

  it('of an answer', async () => {
    const cookies = ['a=1; Path=/', 'b=2', 'a=3'];
    const all = [...lines, ...cookies.map(cookie => `Set-Cookie: ${cookie}`)];
    stranger.orders.script(
      answering(`HTTP/1.1 200 Fine\r\n${all.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`),
    );
    const answer = await stranger.send(get('/orders/1'));
    expect(answer.reason).toBe('Fine');
    expect(kept(answer.fields)).toEqual(pairs);
    expect(valuesOf(answer.fields, 'set-cookie')).toEqual(cookies);
  });
});

describe('a head over its bounds is 431 or 414, never forwarded', () => {
  const fields = (count: number): string[] => Array.from({ length: count }, (_, i) => `x-${i}: 1`);
  it.each([
    ['a header block over 32 KiB', get('/files', `X-A: ${'a'.repeat(33 * 1024)}`), 431, 'headers-too-large'],
    ['1,000 fields', get('/files', ...fields(999)), 431, 'headers-too-large'],
    ['a URL over 8 KiB', get(`/files?${'a'.repeat(8 * 1024)}`), 414, 'url-too-long'],
    ['a URL that overflows the block', get(`/files?${'a'.repeat(40 * 1024)}`), 431, 'headers-too-large'],
  ])('%s', async (_, bytes, status, code) => {
    let answer: RawAnswer | undefined;
    const got = await stranger.forwarded(async () => {
      answer = await stranger.send(bytes);
    });
    expect(got).toBe('');
    expect([answer?.status, codeOf(answer as RawAnswer)]).toEqual([status, code]);
  });

  it.each([
    ['a header block of 31 KiB', get('/files', `X-A: ${'a'.repeat(31 * 1024)}`)],
    ['400 fields', get('/files', ...fields(400))],
    ['a URL of 8 KiB', get(`/files?${'a'.repeat(8 * 1024 - 7)}`)],
  ])('%s passes', async (_, bytes) => {
    expect((await stranger.send(bytes)).body.toString()).toBe('legacy');
  });
});

describe('CR and LF from a config or a claim are never written to a header', () => {
  it.each([
    ['a link', 'deprecation: { since: 2026-11-01, link: "https://a/\\r\\nX-Evil: 1" }'],
    ['a date', 'deprecation: { since: "2026-11-01\\r\\nX-Evil: 1" }'],
    ['a sunset', 'deprecation: { since: 2026-11-01, sunset: "2027-01-01\\nX-Evil: 1" }'],
    ['a rewrite', 'rewrite: "/v1\\r\\nX-Evil: 1"'],
    ['a pin', 'by: [ip], percent: 1, pin: { service: ["header:x-a=1\\r\\nX-Evil: 1"] }'],
  ])('%s', async (_, line) => {
    const text = `${trusting('')}debugHeaders: true\n`.replace('data: synced', `data: synced, ${line}`);
    const opened = await openEdge(text).catch((error: unknown) => error);
    // A config that says so may be refused; if it runs, nothing of it reaches the wire.
    if (opened instanceof Error) return expect(opened.constructor.name).toBe('ConfigRefused');
    await using edge = opened as Edge;
    const got = await edge.forwarded(async () => {
      const answer = await edge.send(get('/orders/1'));
      expect(valuesOf(answer.fields, 'x-evil')).toEqual([]);
      expect(answer.status).toBeLessThan(500);
    });
    expect(got).not.toMatch(/\nx-evil/i);
  });

  it('a user, a scope and a role of a claim', async () => {
    const orders = await openScripted();
    const rig = await openRig({
      plan: planFor(upstreamAt(orders.origin)),
      identity: {
        user: 'eve\r\nX-Evil: 1',
        key: undefined,
        scopes: ['read', 'a\r\nX-Evil: 1'],
        roles: ['b\nX-Evil: 1'],
      },
    });
    expect((await sendRaw(rig.url, get('/orders/1'))).status).toBe(200);
    const [head = ''] = orders.heads;
    expect(head).not.toMatch(/x-evil|eve/i);
    expect(valuesIn(head, 'x-user-scopes')).toEqual(['read']);
    await rig[Symbol.asyncDispose]();
    await orders.close();
  });
});

describe('a Via that names this gateway already is 508', () => {
  it.each(['1.1 figway', '1.1 a, 1.0 figway (x), 1.1 b', '1.0 FigWay'])('%s', async via => {
    let answer: RawAnswer | undefined;
    const got = await stranger.forwarded(async () => {
      answer = await stranger.send(get('/orders/1', `Via: ${via}`));
    });
    expect(got).toBe('');
    expect([answer?.status, codeOf(answer as RawAnswer)]).toEqual([508, 'loop-detected']);
  });

  it('another Via is kept, and ours comes after it', async () => {
    expect(valuesIn(await headFor(['Via: 1.1 figway-east']), 'via')).toEqual([
      '1.1 figway-east',
      '1.1 figway',
    ]);
  });
});
