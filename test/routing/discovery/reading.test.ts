import { describe, expect, it } from 'vitest';
import { parseAccessLine } from '../../../gateway/routing/discovery/access-line.ts';
import { readOpenApi } from '../../../gateway/routing/discovery/openapi.ts';

const at = Date.UTC(2026, 10, 26, 5, 0, 0);

describe('a line of an access log', () => {
  it.each([
    ['common', '10.0.0.1 - alice [26/Nov/2026:06:00:00 +0100] "GET /a?b=1 HTTP/1.1" 200 512', -1],
    ['combined', '10.0.0.1 - - [26/Nov/2026:06:00:00 +0100] "GET /a HTTP/1.1" 200 - "-" "a \\"b\\" [c]"', -1],
    [
      'with time',
      '10.0.0.1 - - [26/Nov/2026:06:00:00 +0100] "GET http://x.example/a HTTP/2.0" 200 5 "-" "x" 0.125',
      125,
    ],
    [
      'json',
      '{"method":"GET","path":"/a?b","status":200,"ip":"10.0.0.1","time":"2026-11-26T05:00:00Z","total_ms":7.5}',
      7.5,
    ],
    [
      'nginx json',
      '{"request":"GET /a HTTP/1.1","status":"200","remote_addr":"10.0.0.1","time_local":"26/Nov/2026:05:00:00 +0000","request_time":"0.010"}',
      10,
    ],
  ])('is read: %s', (_, line, ms) => {
    expect(parseAccessLine(line)).toEqual({
      ...{ method: 'GET', path: '/a', status: 200, client: '10.0.0.1', at, ms },
      ...{ setsCookie: false, weight: 1 },
    });
  });

  it.each([
    ...['', 'x', '{', '{}', '[]', '{"method":"GET","path":7,"status":200}', '{"method":"GET","path":"/a"}'],
    ...['10.0.0.1 - - [x] "-" 400 0', '10.0.0.1 - - [x] "GET" 400 0', `{"a":"${'x'.repeat(70_000)}"}`],
    '10.0.0.1 - - [26/Nov/2026:06:00:00 +0100] "\\x16\\x03" 400 0',
  ])('is none: %s', line => {
    expect(parseAccessLine(line)).toBeUndefined();
  });

  it('is refused in time, however it is made up', () => {
    const began = performance.now();
    for (const filling of ['[', '] "', ' "GET ', '[a] "GET /'])
      parseAccessLine(`1 - - ${filling.repeat(60_000 / filling.length)}`);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('an OpenAPI description', () => {
  it('gives its paths below the first server, as patterns', () => {
    const text = `openapi: 3.0.3
servers: [{ url: "https://x.example/api/v2/" }, { url: /other }]
paths:
  /orders/{orderId}/lines/{orderId}: { get: {}, x-note: 1 }
  /a%20b/{1st}: { post: {}, delete: {} }
  /nothing: { summary: x }
  x-extension: {}
`;
    expect(readOpenApi(text)).toEqual([
      { template: '/api/v2/orders/:orderId/lines/:orderId2', methods: ['GET'] },
    ]);
    expect(readOpenApi('swagger: "2.0"\nbasePath: /v1\npaths: { "/p/{1st}": { post: {} } }')).toEqual([
      { template: '/v1/p/:p1st', methods: ['POST'] },
    ]);
  });

  it.each([
    ['x: 1', 'expected an OpenAPI description'],
    ['openapi: 3.0.0', 'expected an OpenAPI description'],
    ['- 1', 'mapping'],
    ['{', ''],
  ])('%s is none', (text, said) => {
    expect(() => readOpenApi(text)).toThrow(said);
  });

  it('has 5,000 paths at most', () => {
    const paths = Array.from({ length: 5001 }, (_, n) => `  /p${n}: { get: {} }\n`).join('');
    expect(() => readOpenApi(`openapi: 3.0.0\npaths:\n${paths}`)).toThrow('at most 5000 paths, got 5001');
  });
});
