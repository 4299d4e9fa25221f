import { describe, expect, it } from 'vitest';
import { openFolder, openStubAdmin } from '../kit/command-line.ts';
import { shop } from '../kit/routes-files.ts';

const line = (
  path: string,
  more: { method?: string; status?: number; client?: string; took?: string } = {},
) => {
  const { method = 'GET', status = 200, client = '10.0.0.1', took = '' } = more;
  return `${client} - - [26/Nov/2026:06:00:00 +0100] "${method} ${path} HTTP/1.1" ${status} 512 "-" "curl/8"${took}`;
};

const accessLog = [
  ...Array.from({ length: 20 }, (_, at) =>
    line(`/invoices/${at}?token=s3cret`, { client: `10.0.0.${at % 3}` }),
  ),
  line('/invoices/7', { method: 'DELETE', status: 503, took: ' 0.250' }),
  line('/orders/42'),
  line('/wp-login.php', { status: 404 }),
  line('/a//b'),
  'no line of a log',
  JSON.stringify({
    method: 'POST',
    path: '/api/v1/carts/9/items',
    status: 201,
    total_ms: 30,
    time: '2026-11-26T07:00:00Z',
  }),
].join('\n');

const description = `openapi: 3.1.0
info: { title: Shop, version: "1" }
servers: [{ url: "https://shop.example.com/api" }]
paths:
  /orders/{order-id}:
    parameters: []
    get: {}
    put: {}
  /orders/{order-id}/lines/{n}: { get: {} }
  /static/{file}.{ext}: { get: {} }
`;

const view = {
  since: '2026-11-01T00:00:00.000Z',
  requests: 120,
  share: 0.5,
  missing: 3,
  odd: 0,
  templates: [
    {
      ...{ template: '/carts/:id', methods: { GET: 80, POST: 20 }, requests: 100, share: 0.83, errors: 4 },
      ...{ p95: 123.4, consumers: 17, lastSeen: '2026-11-26T06:00:00.000Z', setsCookies: 2, suggestion: '' },
    },
    {
      ...{ template: '/', methods: { GET: 20 }, requests: 20, share: 0.17, errors: 0 },
      ...{ p95: null, consumers: 1, lastSeen: '2026-11-20T06:00:00.000Z', setsCookies: 0, suggestion: '' },
    },
  ],
  silent: [{ template: '/old/:id', lastSeen: '2026-09-01T00:00:00.000Z', days: 86 }],
};

describe('figway discover', () => {
  it('shows what the running gateway has seen', async () => {
    await using admin = await openStubAdmin(() => [200, view]);
    await using folder = await openFolder();
    const { code, stdout } = await folder.figway(['discover', '--admin', admin.url]);
    expect(code).toBe(0);
    expect(
      stdout
        .split('\n')
        .slice(1, 3)
        .map(row => row.split(/\s{2,}/)),
    ).toEqual([
      ['/carts/:id', 'GET,POST', '100', '83 %', '120 ms', '4', '17', '2026-11-26 06:00', 'yes'],
      ['/', 'GET', '20', '17 %', '-', '0', '1', '2026-11-20 06:00', 'no'],
    ]);
    expect(stdout).toContain('2 templates, 120 requests since 2026-11-01');
  });

  it('shows what fell silent', async () => {
    await using admin = await openStubAdmin(() => [200, view]);
    await using folder = await openFolder();
    const { code, stdout } = await folder.figway(['discover', '--silent', '60d', '--admin', admin.url]);
    expect(admin.seen[0]?.url).toBe('/api/unclaimed?limit=5000&silent=60d');
    expect(code).toBe(0);
    expect(stdout).toMatch(/\/old\/:id +2026-09-01 +86\n1 template silent for 60d/);
  });

  it('clusters an access log, without what a route claims, what is not there and what is odd', async () => {
    await using folder = await openFolder({ 'access.log': accessLog, 'routes.yaml': shop });
    const { code, stdout, stderr } = await folder.figway(['discover', '--from', 'access.log', '--json']);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: '1 line could not be read, the first is access.log:25\n',
    });
    expect(stdout).not.toContain('s3cret');
    expect(JSON.parse(stdout)).toMatchObject({
      since: '2026-11-26T05:00:00.000Z',
      requests: 22,
      templates: [
        {
          template: '/invoices/:id',
          methods: { GET: 20, DELETE: 1 },
          ...{ requests: 21, errors: 1, consumers: 3, setsCookies: null },
          p95: expect.closeTo(250, -2),
        },
        { template: '/api/v1/carts/:id/items', methods: { POST: 1 }, lastSeen: '2026-11-26T07:00:00.000Z' },
      ],
    });
  });

  it.each([
    ['access.log', accessLog, ['invoices-read', 'invoices-write', 'carts-write', 'orders-read']],
    ['openapi.yaml', description, ['orders-read', 'orders-write', 'static-read']],
    [
      'openapi.json',
      JSON.stringify({ swagger: '2.0', basePath: '/v2', paths: { '/a/{id}': { get: {} } } }),
      ['a-read'],
    ],
  ])('suggests from %s what figway check accepts', async (name, text, expected) => {
    await using folder = await openFolder({ [name]: text });
    const { code, stdout } = await folder.figway(['discover', '--from', name, '--suggest']);
    expect(code).toBe(0);
    await folder.write('routes.d/found.yaml', stdout);
    await folder.write(
      'routes.yaml',
      'monolith: legacy\ninclude: [routes.d/*.yaml]\nupstreams: { legacy: { url: http://127.0.0.1:4000 } }\n',
    );
    const checked = await folder.figway(['check', '--json']);
    expect(JSON.parse(checked.stdout)).toMatchObject({ isGood: true, errors: 0, routes: expected.length });
    expect([...stdout.matchAll(/^ {2}([\w-]+):$/gm)].map(([, route]) => route)).toEqual(expected);
    expect(stdout.includes('# data: synced')).toBe(expected.some(route => route.endsWith('-write')));
  });

  it('takes no name that is in use, and names no upstream twice', async () => {
    await using folder = await openFolder({
      'routes.yaml': shop,
      'openapi.yaml':
        'openapi: 3.0.0\npaths:\n  /orders/{id}/notes: { get: {} }\n  /orders/{id}: { get: {}, delete: {} }\n',
    });
    const { stdout } = await folder.figway(['discover', '--from', 'openapi.yaml', '--suggest']);
    expect(stdout).not.toContain('upstreams:');
    expect(stdout).toContain(
      '  orders-read-2:\n    match:\n      - GET /orders/:id/notes\n    service: orders\n',
    );
    expect(stdout).not.toContain('GET /orders/:id\n');
    expect(stdout).toContain('- DELETE /orders/:id\n');
  });

  it.each([
    [['--from', 'missing.log'], 'missing.log: no such file'],
    [['--from', 'nonsense.log'], 'nonsense.log: no line is one of an access log'],
    [['--from', 'nonsense.yaml'], 'nonsense.yaml: expected an OpenAPI description'],
    [['--from', 'nonsense.log', '--silent', '3d'], '--silent asks the running gateway'],
    [['--silent', '3'], '--silent: expected a duration'],
  ])('%j ends with 3 and one line', async (words, said) => {
    await using folder = await openFolder({ 'nonsense.log': 'x\n', 'nonsense.yaml': 'x: 1\n' });
    const { code, stderr, stdout } = await folder.figway(['discover', ...words]);
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^figway: [^\n]+\n$/);
    expect(stderr).toContain(said);
  });
});
