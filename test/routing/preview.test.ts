import { describe, expect, it } from 'vitest';
import { compileAtOnce } from '../../gateway/routing/compile.ts';
import { previewRoutes, type Weighted } from '../../gateway/routing/preview.ts';
import {
  createHashValue,
  hashConditions,
  readRequestLine,
  toRequestLine,
} from '../../gateway/routing/request-line.ts';
import type { RequestFacts } from '../../gateway/routing/route.ts';
import type { RoutingConfig } from '../../gateway/routing/schema.ts';
import { parseTarget } from '../../gateway/routing/target.ts';

const paths = { case: 'exact', trailingSlash: 'exact' } as const;
const hash = createHashValue('key');

const tableOf = (routes: RoutingConfig['routes']) =>
  compileAtOnce(hashConditions({ paths, cohorts: {}, routes }, hash));

const requestOf = (raw: string, more: Partial<RequestFacts> = {}): RequestFacts => ({
  ...{ method: 'GET', host: 'a.example.com', target: parseTarget(raw), headers: {} },
  ...more,
});

const seen = (raw: string, weight = 1, more: Partial<RequestFacts> = {}): Weighted => ({
  facts: readRequestLine(toRequestLine(requestOf(raw, more), Object.keys(more.headers ?? {}), hash)),
  weight,
});

describe('a request line', () => {
  it('has no value of a query or a field, and matches all the same', () => {
    const headers = { 'x-api': 'v2', cookie: 'sid=s3cret' };
    const line = toRequestLine(requestOf('/a/1?x=s3cret&y=1&x=2', { headers }), ['x-api'], hash);
    expect(line).toMatch(
      /^GET\t\ta\.example\.com\t\/a\/1\t\?x=[0-9a-f]{16}&y=[0-9a-f]{16}\tx-api=[0-9a-f]{16}$/,
    );
    const { table } = tableOf({
      one: {
        match: [{ path: '/a/:id', headers: { 'X-Api': 'v2' }, query: { x: 's3cret', y: '1' } }],
        service: 's',
        stage: 'legacy',
      },
    });
    expect(table.match(readRequestLine(line)).kind).toBe('route');
    expect(table.match(seen('/a/1?x=2&y=1', 1, { headers }).facts).kind).toBe('unclaimed');
  });

  it.each(['/', '/a%2Fb', '/a//b?=&&', '/a?%', '/%F6?b+c=d%20e', `/a?${'x=1&'.repeat(100)}`])(
    'of %s can be read again',
    raw => {
      const line = toRequestLine(requestOf(raw), [], hash);
      const { target } = readRequestLine(line);
      expect([target.path, target.isOdd]).toEqual([parseTarget(raw).path, parseTarget(raw).isOdd]);
      expect(line.length).toBeLessThan(600);
    },
  );
});

describe('a preview', () => {
  const service = 'orders';
  const read = { match: ['GET /orders/:id'], service };

  it.each([
    [{ stage: 'legacy' }, { stage: 'shadow' }, 0],
    [{ stage: 'legacy' }, { stage: 'canary', percent: 10, by: ['ip'] }, 10],
    [{ stage: 'canary', percent: 10, by: ['ip'] }, { stage: 'canary', percent: 50, by: ['ip'] }, 40],
    [{ stage: 'migrated' }, { stage: 'migrated', service: 'others' }, 100],
    [{ stage: 'canary', percent: 50, by: ['ip'] }, { stage: 'legacy' }, 50],
  ] as const)('of %j to %j moves %d of 100', (before, after, moved) => {
    const [from, to] = [before, after].map(more => tableOf({ read: { ...read, ...more } as never }));
    const preview = previewRoutes(from!, to!, [seen('/orders/1', 60), seen('/orders/2', 40), seen('/', 100)]);
    expect(preview).toMatchObject({
      requests: 200,
      moved,
      movedShare: expect.closeTo(moved / 200),
      writes: 0,
    });
  });

  it('tells what is refused from then on: near misses of a route that is done, odd targets', () => {
    const before = tableOf({ read: { ...read, stage: 'shadow' } });
    const after = tableOf({ read: { ...read, stage: 'done' } });
    const preview = previewRoutes(before, after, [
      seen('/Orders/1', 3),
      seen('/x/../orders/1', 2),
      seen('/y//z', 5),
    ]);
    expect(preview.templates).toEqual([
      {
        template: '/Orders/:id',
        method: 'GET',
        from: 'unclaimed',
        to: 'refused (route-gone)',
        requests: 3,
        moved: 3,
      },
      {
        ...{ template: '/x/:id/orders/:orderId', method: 'GET', from: 'unclaimed' },
        ...{ to: 'refused (bad-request-target)', requests: 2, moved: 2 },
      },
    ]);
  });

  it('never shows a name of a pattern: the environment may have given it', () => {
    const after = tableOf({
      read: { match: ['GET /orders/:hunter2/lines/:s3cret'], service, stage: 'migrated' },
    });
    const preview = previewRoutes(tableOf({}), after, [seen('/orders/1/lines/2')]);
    expect(preview.templates).toMatchObject([{ template: '/orders/:id/lines/:lineId' }]);
    expect(JSON.stringify(preview)).not.toMatch(/hunter2|s3cret/);
  });

  it('lists 500 templates, and counts the others', () => {
    const routes = Object.fromEntries(
      Array.from({ length: 600 }, (_, at) => [
        `r${at}`,
        { match: [`POST /r${at}`], service, stage: 'legacy' as const },
      ]),
    );
    const requests = Object.keys(routes).map((name, at) => seen(`/${name}`, at + 1, { method: 'POST' }));
    const preview = previewRoutes(tableOf({}), tableOf(routes), requests);
    expect(preview).toMatchObject({ others: 100, writes: 600, moved: 0, unmatchedRoutes: [] });
    expect(preview.templates[0]).toMatchObject({ template: '/r599', requests: 600 });
    expect(preview.templates).toHaveLength(500);
  });
});
