import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, type Edge, get, openEdge, table } from '../kit/edge.ts';
import { type RawAnswer, valuesOf } from '../kit/raw.ts';

const inStage = (stage: string): string => table.replace('migrated, data: synced', stage);

/** What became of a request: the answer, who gave it, and the request line that an upstream got. */
interface Fate {
  readonly answer: RawAnswer;
  readonly side: string;
  readonly line: string;
}

async function fateOf(edge: Edge, bytes: string): Promise<Fate> {
  let answer: RawAnswer | undefined;
  const got = await edge.forwarded(async () => {
    answer = await edge.send(bytes);
  });
  if (answer === undefined) throw new Error('no answer');
  return { answer, side: valuesOf(answer.fields, 'x-from')[0] ?? '', line: got.split('\r\n')[0] ?? '' };
}

async function metricOf(edge: Edge, line: RegExp): Promise<number> {
  const text = await (await fetch(`${edge.adminUrl}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find(one => line.test(one))
      ?.split(' ')
      .at(-1) ?? 0,
  );
}

let edge: Edge;
let careful: Edge;

describe('from canary on', () => {
  beforeAll(async () => {
    edge = await openEdge();
  });
  afterAll(() => edge[Symbol.asyncDispose]());

  const claimed = [
    '/a/../orders/1',
    '/a/%2e%2e/orders/1',
    '/orders/%2e/1',
    '/a/..;/orders/1',
    '//orders/1',
    '/orders//1',
    '/orders%2F1',
    '/orders%5C1',
    '/orders\\1',
    '/orders/%zz',
  ];

  describe('an odd target that some reading makes the route’s is 400', () => {
    it.each(claimed)('%s', async target => {
      const { answer, line } = await fateOf(edge, get(target));
      expect([answer.status, codeOf(answer), line]).toEqual([400, 'bad-request-target', '']);
      expect(await edge.recordOf(answer)).toMatchObject({
        status: 400,
        refusal: 'bad-request-target',
        side: null,
      });
    });
  });

  describe('an odd target that nothing claims goes to legacy byte for byte', () => {
    it.each(['/a/../files/1', '//files/1', '/files//1', '/files%2F1', '/files/%zz', '/files/..;x/1?a=/../b'])(
      '%s',
      async target => {
        expect(await fateOf(edge, get(target))).toMatchObject({
          side: 'legacy',
          line: `GET ${target} HTTP/1.1`,
        });
      },
    );
  });

  describe('NUL, control bytes and raw bytes above 0x7f are 400 always', () => {
    it.each([
      '/files/\0',
      '/files/\x01',
      '/files/\x7f',
      '/files/\t1',
      '/files/\x80',
      '/files/\xc3\xa9',
      '/files?\xff',
      '/orders/\xe9',
    ])('%j', async target => {
      const { answer, line } = await fateOf(edge, get(target));
      expect([answer.status, line]).toEqual([400, '']);
    });
  });

  describe('another case, a trailing slash or parameters are near misses: legacy, counted', () => {
    it.each(['/Orders/1', '/orders/1/', '/orders;x/1', '/%4Frders/1'])('%s', async target => {
      const near = /^figway_near_misses_total\{route="orders"/;
      const before = await metricOf(edge, near);
      expect(await fateOf(edge, get(target))).toMatchObject({
        side: 'legacy',
        line: `GET ${target} HTTP/1.1`,
      });
      expect(await metricOf(edge, near)).toBe(before + 1);
    });

    it('after the guards of the route that they miss', async () => {
      await using guarded = await openEdge(
        table.replace('data: synced', 'data: synced, maxBody: { size: 10B, mode: enforce }'),
      );
      const { answer, line } = await fateOf(
        guarded,
        'POST /Orders/1 HTTP/1.1\r\nHost: shop\r\nContent-Length: 11\r\n\r\nhello world',
      );
      expect([answer.status, codeOf(answer), line]).toEqual([413, 'body-too-large', '']);
    });

    it('404 if the route is done', async () => {
      await using done = await openEdge(inStage('done, data: service'));
      for (const target of ['/Orders/1', '/orders/1/', '/orders;x/1']) {
        const { answer, line } = await fateOf(done, get(target));
        expect([answer.status, codeOf(answer), line]).toEqual([404, 'route-gone', '']);
      }
    });

    it('they match where the file says that such spellings are the same', async () => {
      await using same = await openEdge(`${table}paths: { case: same, trailingSlash: same }\n`);
      for (const target of ['/Orders/1', '/orders/1/'])
        expect(await fateOf(same, get(target))).toMatchObject({
          side: 'orders',
          line: `GET ${target} HTTP/1.1`,
        });
    });
  });

  describe('parameters of a value belong to the value', () => {
    it('/orders/1;v=2', async () => {
      await using rewritten = await openEdge(
        table.replace('data: synced', 'data: synced, rewrite: "/v1/:id/x"'),
      );
      expect(await fateOf(rewritten, get('/orders/1;v=2'))).toMatchObject({
        side: 'orders',
        line: 'GET /v1/1;v=2/x HTTP/1.1',
      });
    });
  });

  describe('an encoded spelling cannot walk around the route, and is forwarded as it came', () => {
    it.each(['/orders/%41', '/%6frders/1', '/%6Frders/1', '/orders/%C3%A9', '/orders/%252e'])(
      '%s',
      async target => {
        expect(await fateOf(edge, get(target))).toMatchObject({
          side: 'orders',
          line: `GET ${target} HTTP/1.1`,
        });
      },
    );
  });

  describe('the query is forwarded byte for byte', () => {
    it.each(['?', '?a=1&a=2', '?%zz', '?a=/../b//c', '?a?b#', '?[x]=<>"\'`{}|\\^'])('%s', async query => {
      for (const [path, side] of [
        ['/orders/1', 'orders'],
        ['/files', 'legacy'],
      ])
        expect(await fateOf(edge, get(`${path}${query}`))).toMatchObject({
          side,
          line: `GET ${path}${query} HTTP/1.1`,
        });
    });
  });

  describe('X-Original-URL and X-Rewrite-URL from a stranger are dropped', () => {
    it.each(['/orders/1', '/files'])('on %s', async target => {
      const got = await edge.forwarded(() =>
        edge.send(get(target, 'X-Original-URL: /admin', 'x-rewrite-url: /admin', 'X-Other: kept')),
      );
      expect(got).toContain('kept');
      expect(got).not.toContain('/admin');
    });
  });
});

describe('in legacy and shadow', () => {
  beforeAll(async () => {
    careful = await openEdge(inStage('shadow'));
  });
  afterAll(() => careful[Symbol.asyncDispose]());

  it.each(['/a/../orders/1', '/orders%2F1', '//orders/1', '/orders/%zz'])(
    '%s goes to legacy as sent, is counted as would-refuse, and is never copied',
    async target => {
      const refused = /^figway_refusals_total\{.*code="bad-request-target",mode="observe"/;
      const before = await metricOf(careful, refused);
      const fate = await fateOf(careful, get(target));
      expect(fate).toMatchObject({ side: 'legacy', line: `GET ${target} HTTP/1.1` });
      expect(await careful.recordOf(fate.answer)).toMatchObject({ shadow: null });
      expect(await metricOf(careful, refused)).toBe(before + 1);
    },
  );
});

describe('a request with a method override keeps it towards legacy, loses it towards a service, and is never retried or fallen back', () => {
  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])('%s', async field => {
    await using canary = await openEdge(`
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", breaker: off, retry: { attempts: 3 } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: canary, percent: 100, by: [ip], data: synced, fallback: safe }
`);
    const line = `${field}: DELETE`;
    expect(await canary.forwarded(() => canary.send(get('/files', line)))).toContain(line);
    expect(await canary.forwarded(() => canary.send(get('/orders/1', line)))).not.toMatch(
      /override|x-http-method/i,
    );
    canary.orders.script((_, { socket }) => socket.destroy());
    expect((await canary.send(get('/orders/1'))).body.toString()).toBe('legacy');
    const got = await canary.forwarded(async () => {
      const answer = await canary.send(get('/orders/2', line));
      expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream-reset']);
      expect(await canary.recordOf(answer)).toMatchObject({ fallback: null, shadow: null });
    });
    expect(got.split('GET /orders/2').length).toBe(2);
  });
});
