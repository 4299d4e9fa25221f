import { describe, expect, it } from 'vitest';
import { checkRouting } from '../../gateway/routing/checks.ts';
import { compileAtOnce } from '../../gateway/routing/compile.ts';
import type { RoutingConfig } from '../../gateway/routing/schema.ts';
import { routed, routing } from '../kit/routes.ts';

const found = (config: RoutingConfig): string[] =>
  checkRouting(config).map(({ severity, code, path }) => `${severity} ${code} ${path.join('.')}`);
const one = (rules: Parameters<typeof routing>[0][string], more?: Partial<RoutingConfig>): string[] =>
  found(routing({ r: rules }, more));

/** The example of the contract, as far as routing reads it. */
const example = routing(
  {
    'orders-read': {
      match: [
        'GET /orders',
        'GET /orders/:id',
        {
          path: '/orders/:id/lines',
          method: ['GET'],
          host: 'shop.example.com',
          headers: { 'x-api-version': '2' },
          query: { full: '1' },
        },
      ],
      rewrite: {
        '/orders': '/v1/orders',
        '/orders/:id': '/v1/orders/:id',
        '/orders/:id/lines': '/v1/orders/:id/lines',
      },
      stage: 'canary',
      cohort: 'checkout',
      data: 'synced',
      fallback: 'safe',
      tripwire: { errors: 5 },
    },
  },
  {
    cohorts: {
      checkout: {
        percent: 10,
        by: ['cookie:sid'],
        pin: { service: ['user:qa-1', 'role:staff', 'header:x-preview=1'], legacy: ['user:big-customer'] },
      },
    },
    tests: [
      'GET /orders/42 -> orders-read',
      'POST /checkout -> unclaimed',
      { request: 'GET /orders/42/lines?full=1', host: 'shop.example.com', expect: 'orders-read' },
    ],
  },
);

describe('checkRouting', () => {
  it('finds nothing in the example of the contract', () => expect(checkRouting(example)).toEqual([]));

  it.each([
    ['orders', /begins with a slash/],
    ['/a*', /\* stands alone and last/],
    ['/*/a', /\* stands alone and last/],
    ['/a//b', /empty segment/],
    ['/a/../b', /dot segment/],
    ['/a/..;x', /dot segment/],
    ['/a?x=1', /query/],
    ['/a#b', /not allowed/],
    ['/a\\b', /not allowed/],
    ['/%6frders', /write %6f/],
    ['/:a/:a', /stands twice/],
    ['/:', /not a name/],
    ['/:a-b', /not a name/],
    ['get /a', /capitals/],
    ['GET, POST /a', /./],
    ['GET  a', /begins with a slash/],
  ])('finds %s malformed', (match, message) => {
    const [finding] = checkRouting(routing({ r: { match: [match] } }));
    expect(finding).toMatchObject({
      severity: 'error',
      code: 'bad-match',
      path: ['routes', 'r', 'match', 0],
    });
    expect(finding?.message).toMatch(message);
  });

  it('points into the long form', () => {
    expect(one({ match: [{ path: 'a' }] })).toEqual(['error bad-match routes.r.match.0.path']);
    expect(one({ match: [{ path: '/a', method: ['get'] }] })).toEqual([
      'error bad-match routes.r.match.0.method',
    ]);
    expect(one({ match: [{ path: '/a', host: 'h:80' }] })).toEqual(['error bad-match routes.r.match.0.host']);
    expect(one({ match: [{ path: '/a', headers: { 'a b': '1' } }] })).toEqual([
      'error bad-match routes.r.match.0.headers.a b',
    ]);
  });

  const cases: [Parameters<typeof one>[0], string[]][] = [
    [{ match: ['/a'], cohort: 'x' }, ['error unknown-cohort routes.r.cohort']],
    [
      { match: ['GET /a'], stage: 'canary' },
      ['error canary-without-percent routes.r', 'error canary-without-key routes.r'],
    ],
    [
      { match: ['GET /a'], stage: 'canary', cohort: 'c' },
      ['error canary-without-percent cohorts.c', 'error canary-without-key cohorts.c'],
    ],
    [{ match: ['GET /a'], stage: 'canary', percent: 0 }, ['error canary-without-key routes.r']],
    [{ match: ['/a'], cohort: 'c', by: ['ip'] }, ['error split-twice routes.r.by']],
    [{ match: ['/a'], by: ['sid'] }, ['error bad-key routes.r.by.0']],
    [
      { match: ['/a'], pin: { service: ['alice'], legacy: ['header:x'] } },
      ['error bad-pin routes.r.pin.service.0', 'error bad-pin routes.r.pin.legacy.0'],
    ],
    [{ match: ['/a'], stage: 'migrated' }, ['error data-missing routes.r']],
    [{ match: ['GET /a', 'POST /a'], stage: 'done' }, ['error data-missing routes.r']],
    [{ match: ['GET,HEAD /a'], stage: 'migrated' }, []],
    [{ match: ['/a'], stage: 'shadow' }, []],
    [{ match: ['GET /a/:id'], rewrite: '/b/:nr' }, ['error bad-rewrite routes.r.rewrite']],
    [{ match: ['GET /a/:id'], rewrite: '/b/*' }, ['error bad-rewrite routes.r.rewrite']],
    [{ match: ['GET /a/:id'], rewrite: { '/a': '/b' } }, ['error bad-rewrite routes.r.rewrite./a']],
    [
      { match: ['GET /a/:id'], rewrite: { '/a/:id': 'b/:id' } },
      ['error bad-rewrite routes.r.rewrite./a/:id'],
    ],
    [{ match: ['/a'], percent: 5, stage: 'shadow' }, ['warning ignored-setting routes.r.percent']],
    [
      { match: ['GET /a'], stage: 'done', fallback: 'safe', tripwire: {} },
      ['warning ignored-setting routes.r.fallback', 'warning ignored-setting routes.r.tripwire'],
    ],
    [{ match: ['/a'], stage: 'shadow', data: 'service' }, ['warning data-too-early routes.r.data']],
    [{ match: ['/a'], stage: 'migrated', data: 'service' }, []],
  ];
  it.each(cases)('judges %o', (rules, expected) =>
    expect(one(rules, { cohorts: { c: {} } })).toEqual(expected),
  );

  it('finds tests that are none, and routes that they invent', () => {
    expect(
      found(
        routing(
          {},
          {
            tests: [
              '/a -> x',
              'GET /a -> x',
              'GET /a',
              { request: 'GET', expect: 'unclaimed' },
              'GET /a -> unclaimed',
            ],
          },
        ),
      ),
    ).toEqual([
      'error bad-test tests.0',
      'error bad-test tests.2',
      'error bad-test tests.3.request',
      'warning unknown-route tests.1',
    ]);
  });
});

describe('routes-overlap', () => {
  const overlap = (a: object | string, b: object | string, more?: Partial<RoutingConfig>) =>
    checkRouting(routing({ a: { match: [a as string] }, b: { match: [b as string] } }, more)).find(
      ({ code }) => code === 'routes-overlap',
    );

  it.each([
    ['GET /orders/:id', 'GET /orders/:nr', 'GET /orders/1'],
    ['/x/*', '/x/*', 'GET /x/a'],
    ['GET /x', 'HEAD /x', 'HEAD /x'],
    ['GET,POST /x', 'PUT,POST /x', 'POST /x'],
    [{ path: '/x', headers: { A: '1' } }, { path: '/x', query: { q: '2' } }, "GET /x?q=2 -H 'a: 1'"],
    [{ path: '/x', host: 'H' }, { path: '/x', host: 'h' }, "GET /x -H 'host: h'"],
  ])('is found for %o and %o', (a, b, request) =>
    expect(overlap(a, b)).toMatchObject({ severity: 'error', request, path: ['routes', 'b', 'match', 0] }),
  );

  it.each([
    ['GET /x', 'POST /x'],
    ['GET /x', '/x'],
    ['/x/:a', '/x/b'],
    ['/x/:a', '/x/*'],
    ['/x', '/x/'],
    ['/x', '/X'],
    [
      { path: '/x', headers: { a: '1' } },
      { path: '/x', headers: { a: '2' } },
    ],
    [{ path: '/x', host: 'h' }, '/x'],
    [{ path: '/x', query: { a: '1' } }, '/x'],
  ])('is not found for %o and %o', (a, b) => expect(overlap(a, b)).toBeUndefined());

  it('follows paths: same', () => {
    expect(overlap('/x', '/X/', { paths: { case: 'same', trailingSlash: 'same' } })).toBeDefined();
  });
});

describe('lint', () => {
  const warnings = (routes: Parameters<typeof routing>[0], more?: Partial<RoutingConfig>) =>
    checkRouting(routing(routes, more)).filter(({ severity }) => severity === 'warning');

  it('finds an entry that another one of its route always beats', () => {
    expect(warnings({ r: { match: ['GET,POST /x/:a', 'GET /x/:b'] } })).toMatchObject([
      { code: 'unreachable', path: ['routes', 'r', 'match', 1], request: 'GET /x/1', fix: 'remove it' },
    ]);
    expect(warnings({ r: { match: ['GET /x/:a', 'GET,POST /x/:b'] } })).toEqual([]);
  });

  it('finds a wildcard that has nothing left', () => {
    const routes = { all: { match: ['/x/*'] }, rest: { match: ['/x/:a/*'] }, top: { match: ['/x', '/x/'] } };
    const [finding] = warnings(routes);
    expect(finding).toMatchObject({
      code: 'unreachable',
      path: ['routes', 'all', 'match', 0],
      request: 'GET /x/a',
    });
    const table = compileAtOnce(routing(routes));
    expect(['GET /x', 'GET /x/', 'PUT /x/a', 'GET /x/a/b'].map(line => routed(table, line))).not.toContain(
      'all',
    );
    expect(
      warnings({ all: { match: ['/x/*'] }, rest: { match: ['GET /x/:a/*'] }, top: { match: ['/x', '/x/'] } }),
    ).toEqual([]);
  });

  it('finds near misses between routes, each with a request that shows it', () => {
    expect(warnings({ a: { match: ['GET /orders'] }, b: { match: ['GET /Orders/'] } })).toMatchObject([
      { code: 'near-miss', path: ['routes', 'b', 'match', 0], request: 'GET /Orders/' },
    ]);
    const beside = {
      a: { match: ['GET /orders/new'] },
      b: { match: ['GET /orders/:id'], stage: 'shadow' as const },
    };
    expect(warnings(beside)).toMatchObject([
      { code: 'near-miss', path: ['routes', 'a', 'match', 0], request: 'GET /orders/NEW' },
    ]);
    expect(routed(compileAtOnce(routing(beside)), 'GET /orders/NEW')).toBe('b');
    expect(warnings({ ...beside, b: { match: ['GET /orders/:id'] } })).toEqual([]);
    expect(warnings({ ...beside, b: { match: ['POST /orders/:id'], stage: 'shadow' } })).toEqual([]);
  });

  it('shows every warning by a request, and says what to do', () => {
    const routes = {
      r: { match: ['GET /x/:a', 'GET /x/:b'], percent: 1, data: 'service' as const },
      c: {
        match: ['POST /c'],
        stage: 'canary' as const,
        data: 'synced' as const,
        percent: 1,
        by: ['ip', 'user', 'ip'],
      },
      d: { match: ['GET /X/:a'], stage: 'done' as const, fallback: 'safe' },
    };
    const all = warnings(routes, { tests: ['GET /x -> gone'] });
    expect(all.length).toBeGreaterThan(5);
    for (const { request, fix } of all)
      expect([request, fix]).toEqual([expect.stringMatching(/^[A-Z]+ \//), expect.stringMatching(/./)]);
  });

  it('finds canary keys that change at login, or never count', () => {
    const by = (...by: string[]) =>
      warnings({ r: { match: ['GET /x'], stage: 'canary', percent: 1, by } }).map(({ code }) => code);
    expect(by('user', 'cookie:sid')).toEqual(['key-changes-at-login']);
    expect(by('user')).toEqual(['key-changes-at-login']);
    expect(by('ip', 'user')).toEqual(['key-ignored']);
    expect(by('cookie:sid')).toEqual([]);
    expect(by('cookie:sid', 'ip')).toEqual([]);
    const guarded = { r: { match: ['GET /x'], stage: 'canary' as const, percent: 1, by: ['user'] } };
    expect(warnings(guarded, { auth: {} })).toEqual([]);
    expect(warnings({ r: { ...guarded.r, auth: 'public' } }, { auth: {} })).toHaveLength(1);
    expect(
      warnings({ r: { match: ['GET /x'], cohort: 'c' } }, { cohorts: { c: { by: ['user'] } } }),
    ).toMatchObject([{ path: ['cohorts', 'c', 'by', 0] }]);
  });
});

it('checks ten thousand routes in well under a second', () => {
  const routes = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, n) => [
      `r${n}`,
      { match: [`GET /api/v1/things${n}`, `GET /api/v1/things${n}/:id`] },
    ]),
  );
  const config = routing({ ...routes, last: { match: ['GET /api/v1/things77/:nr'] } });
  const started = performance.now();
  expect(found(config)).toEqual(['error routes-overlap routes.last.match.0']);
  expect(performance.now() - started).toBeLessThan(5000);
});
