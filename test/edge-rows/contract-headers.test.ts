import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answering, codeOf, type Edge, get, openEdge, post } from '../kit/edge.ts';
import { type RawAnswer, valuesOf } from '../kit/raw.ts';

/** Contract §4 and §3, as far as the rows of edge.md do not say it. */
const yaml = `
monolith: legacy
trust: [loopback]
debugHeaders: true
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", cookies: [locale, theme], breaker: off, timeout: 300ms }
routes:
  lines: { match: [/lines/:id], service: orders, stage: migrated, data: synced, rewrite: "/v1/lines/:id" }
  going:
    match: [GET /going]
    service: orders
    stage: legacy
    deprecation: { since: 2026-11-01, sunset: 2027-06-30, link: https://example.com/why }
  split: { match: [GET /split], service: orders, stage: canary, percent: 10, by: ["header:x-client"], pin: { service: ["header:x-preview=1"] } }
  safe: { match: [GET /safe], service: orders, stage: canary, percent: 100, by: [ip] }
  gone: { match: [/gone], service: orders, stage: done, data: service }
  stale: { match: [/stale], service: orders, stage: migrated, data: service }
`;

let edge: Edge;
beforeAll(async () => {
  edge = await openEdge(yaml);
});
afterAll(() => edge[Symbol.asyncDispose]());

const plain = 'HTTP/1.1 200 OK\r\nX-From: orders\r\nContent-Length: 6\r\n\r\norders';
const one = (answer: RawAnswer, name: string): string | undefined => valuesOf(answer.fields, name)[0];

/** Values of a field of the request that an upstream got. */
async function upstreamSaw(name: string, target: string, ...lines: string[]): Promise<string[]> {
  const got = await edge.forwarded(() => edge.send(get(target, ...lines)));
  return got
    .split('\r\n')
    .flatMap(line => (line.toLowerCase().startsWith(`${name}: `) ? [line.slice(name.length + 2)] : []));
}

describe('x-request-id', () => {
  it.each(['abc', 'A-Z.a_z-09', 'x'.repeat(128)])('%s from a trusted peer is kept', async id => {
    expect(await upstreamSaw('x-request-id', '/files', `X-Request-Id: ${id}`)).toEqual([id]);
    expect(one(await edge.send(get('/files', `X-Request-Id: ${id}`)), 'x-request-id')).toBe(id);
  });

  it.each(['', 'a b', 'a"b', 'x'.repeat(129), 'a\r\nX-Request-Id: b'])(
    '%j from a trusted peer is replaced',
    async id => {
      const [made, ...more] = await upstreamSaw('x-request-id', '/files', `X-Request-Id: ${id}`);
      expect([made, more]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), []]);
    },
  );

  it('the client gets ours, not the upstream’s', async () => {
    edge.orders.script(answering('HTTP/1.1 200 OK\r\nX-Request-Id: theirs\r\nContent-Length: 0\r\n\r\n'));
    const answer = await edge.send(get('/lines/1', 'X-Request-Id: ours'));
    expect(valuesOf(answer.fields, 'x-request-id')).toEqual(['ours']);
  });
});

describe('traceparent', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

  it('continues the caller’s trace under a new parent id, with its tracestate', async () => {
    const lines = [`traceparent: 00-${trace}-00f067aa0ba902b7-01`, 'tracestate: a=1'];
    const [found] = await upstreamSaw('traceparent', '/files', ...lines);
    expect(found).toMatch(new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`));
    expect(found).not.toContain('00f067aa0ba902b7');
    expect(await upstreamSaw('tracestate', '/files', ...lines)).toEqual(['a=1']);
  });

  it('begins anew where it is malformed, without tracestate', async () => {
    const lines = [`traceparent: 00-${trace}-0000000000000000-01`, 'tracestate: a=1'];
    const [found] = await upstreamSaw('traceparent', '/files', ...lines);
    expect(found).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(found).not.toContain(trace);
    expect(await upstreamSaw('tracestate', '/files', ...lines)).toEqual([]);
  });
});

describe('Location and cookies', () => {
  it('of a service name the client’s origin and paths', async () => {
    const origin = edge.orders.origin;
    edge.orders.script(
      answering(
        [
          'HTTP/1.1 201 Created',
          `Location: ${origin}/v1/lines/7?a=b`,
          'Content-Location: /v1/lines/7',
          `Link: <${origin}/v1/lines/8>; rel=next, <https://elsewhere/v1/lines/9>; rel=prev`,
          'Set-Cookie: a=1; Domain=127.0.0.1; Path=/v1/lines/7; HttpOnly',
          'Set-Cookie: b=1; Domain=elsewhere',
          'Content-Length: 0',
          '',
          '',
        ].join('\r\n'),
      ),
    );
    const { fields } = await edge.send(get('/lines/7').replace('shop', 'shop.example.com:8443'));
    expect(valuesOf(fields, 'location')).toEqual(['http://shop.example.com:8443/lines/7?a=b']);
    expect(valuesOf(fields, 'content-location')).toEqual(['/lines/7']);
    expect(valuesOf(fields, 'link')).toEqual([
      '<http://shop.example.com:8443/lines/8>; rel=next, <https://elsewhere/v1/lines/9>; rel=prev',
    ]);
    expect(valuesOf(fields, 'set-cookie')).toEqual([
      'a=1; Domain=shop.example.com; Path=/lines/7; HttpOnly',
      'b=1; Domain=elsewhere',
    ]);
  });

  it('a service gets the cookies that its upstream names, legacy all, and both Authorization', async () => {
    edge.orders.script(answering(plain));
    const lines = ['Cookie: sid=1; locale=de; themes=2; theme=dark', 'Authorization: Bearer t'];
    expect(await upstreamSaw('cookie', '/lines/1', ...lines)).toEqual(['locale=de; theme=dark']);
    expect(await upstreamSaw('cookie', '/lines/1', 'Cookie: sid=1')).toEqual([]);
    expect(await upstreamSaw('cookie', '/files', ...lines)).toEqual([
      'sid=1; locale=de; themes=2; theme=dark',
    ]);
    for (const target of ['/lines/1', '/files'])
      expect(await upstreamSaw('authorization', target, ...lines)).toEqual(['Bearer t']);
  });
});

describe('x-figway says where an answer came from and why', () => {
  const figway = async (bytes: string): Promise<string | undefined> =>
    one(await edge.send(bytes), 'x-figway');

  it('unclaimed, by stage, by bucket, by pin', async () => {
    edge.orders.script(answering(plain));
    expect(await figway(get('/files'))).toBe('route=unclaimed; served=legacy');
    expect(await figway(get('/lines/1'))).toBe(
      'route=lines; stage=migrated; served=service; because="stage migrated"',
    );
    expect(await figway(get('/split', 'X-Client: a'))).toMatch(
      /^route=split; stage=canary; served=(?:legacy; because="bucket \d+ of 10000 is not|service; because="bucket \d+ of 10000 is) below 1000"$/,
    );
    expect(await figway(get('/split', 'X-Preview: 1'))).toBe(
      'route=split; stage=canary; served=service; because="pinned: header:x-preview=1"',
    );
  });

  it('by fallback', async () => {
    edge.orders.script((_, { socket }) => socket.destroy());
    expect(await figway(get('/safe'))).toBe(
      'route=safe; stage=canary; served=legacy; because="fallback: upstream reset"',
    );
  });

  it('by hold, also where nobody may serve', async () => {
    for (const route of ['lines', 'stale'])
      await fetch(`${edge.adminUrl}/api/routes/${route}/hold`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'errors 12 %' }),
      });
    expect(await figway(get('/lines/1'))).toBe(
      'route=lines; stage=migrated; served=legacy; because="held: errors 12 %"',
    );
    const answer = await edge.send(get('/stale'));
    expect([answer.status, codeOf(answer)]).toEqual([503, 'held']);
    expect(one(answer, 'x-figway')).toBe('route=stale; stage=migrated; served=gateway; because="held"');
    for (const route of ['lines', 'stale'])
      await fetch(`${edge.adminUrl}/api/routes/${route}/release`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ reason: 'fixed' }),
      });
  });
});

describe('answers that the gateway makes', () => {
  it('name the failed upstream’s error in Proxy-Status', async () => {
    edge.orders.script(() => {});
    const answer = await edge.send(get('/lines/1'));
    expect([answer.status, codeOf(answer), one(answer, 'proxy-status')]).toEqual([
      504,
      'upstream-timeout',
      'figway; error=http_response_timeout',
    ]);
    expect(one(answer, 'x-figway')).toBe(
      'route=lines; stage=migrated; served=gateway; because="upstream timeout"',
    );
  });

  it('are problem+json, or a page for who asks for HTML, with the id and a record', async () => {
    const json = await edge.send(get('/a/../lines/1'));
    expect(one(json, 'content-type')).toBe('application/problem+json');
    expect(JSON.parse(json.body.toString())).toMatchObject({
      type: 'https://figway.dev/errors/bad-request-target',
      status: 400,
      code: 'bad-request-target',
      instance: one(json, 'x-request-id'),
    });
    const page = await edge.send(get('/a/../lines/1', 'Accept: text/html,*/*;q=0.8'));
    expect(one(page, 'content-type')).toBe('text/html; charset=utf-8');
    expect(page.body.toString()).toContain('bad-request-target');
    for (const answer of [json, page])
      expect(await edge.recordOf(answer)).toMatchObject({ status: 400, refusal: 'bad-request-target' });
  });

  it('have no body for HEAD', async () => {
    const client = await edge.open();
    client.send(get('/a/../lines/1').replace('GET', 'HEAD'));
    const answer = await client.answer({ isHead: true });
    expect([answer.status, Number(one(answer, 'content-length')) > 0]).toEqual([400, true]);
    client.send(get('/files'));
    expect((await client.answer()).body.toString()).toBe('legacy');
  });

  it('outlive the upload that they refuse', async () => {
    const client = await edge.open();
    client.send('POST /a/../lines/1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 10000000\r\n\r\n');
    for (let i = 0; i < 20; i++) client.send('x'.repeat(100_000));
    expect((await client.answer()).status).toBe(400);
    expect((await client.rest()).length).toBe(0);
  });
});

describe('deprecation', () => {
  it('adds Deprecation, Sunset and Link to the answers of its route alone', async () => {
    const { fields } = await edge.send(get('/going'));
    expect(valuesOf(fields, 'deprecation')).toEqual(['@1793491200']);
    expect(valuesOf(fields, 'sunset')).toEqual(['Wed, 30 Jun 2027 00:00:00 GMT']);
    expect(valuesOf(fields, 'link')).toEqual(['<https://example.com/why>; rel="deprecation"']);
    expect(valuesOf((await edge.send(get('/files'))).fields, 'deprecation')).toEqual([]);
  });
});

describe('a body over the bound', () => {
  it('is 413 before a byte is forwarded, and in mid-stream where no length was given', async () => {
    await using small = await openEdge(yaml.replace('rewrite:', 'maxBody: 10B, rewrite:'));
    const got = await small.forwarded(async () => {
      const answer = await small.send(post('/lines/1', 'hello world'));
      expect([answer.status, codeOf(answer)]).toEqual([413, 'body-too-large']);
    });
    expect(got).toBe('');
    const chunks = await small.send(
      'POST /lines/1 HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n',
    );
    expect([chunks.status, codeOf(chunks)]).toEqual([413, 'body-too-large']);
    expect(small.orders.received).not.toContain('0\r\n\r\n');
  });
});
