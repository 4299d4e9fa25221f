import { describe, expect, it } from 'vitest';
import { asked, compiled, routed } from '../kit/routes.ts';

describe('patterns', () => {
  const table = compiled({
    one: { match: ['GET /orders/:id'] },
    all: { match: ['/files/*'] },
    slash: { match: ['/about/'] },
    home: { match: ['/'] },
    cafe: { match: ['/café/100%'] },
  });

  it.each([
    ['GET /orders/1', 'one'],
    ['HEAD /orders/1', 'one'],
    ['POST /orders/1', 'unclaimed'],
    ['GET /orders', 'unclaimed'],
    ['GET /orders/1/2', 'unclaimed'],
    ['GET /files', 'all'],
    ['PUT /files/', 'all'],
    ['GET /files/a/b', 'all'],
    ['GET /files-x', 'unclaimed'],
    ['GET /about/', 'slash'],
    ['GET /about', 'near slash'],
    ['GET /', 'home'],
    ['OPTIONS *', 'unclaimed'],
    ['GET /caf%C3%A9/100%25', 'cafe'],
    ['GET /orders/', 'unclaimed'],
    ['GET /orders/1?x=//', 'one'],
  ])('%s is %s', (line, expected) => expect(routed(table, line)).toBe(expected));

  it('gives parameters as sent, and the rest with its slash', () => {
    const params = (line: string) => table.table.match(asked(line));
    expect(params('GET /orders/a%20b;v=2')).toMatchObject({ params: ['a%20b;v=2'], entry: 0 });
    expect(params('GET /files/a/%41/')).toMatchObject({ params: ['/a/%41/'] });
    expect(params('GET /files/')).toMatchObject({ params: ['/'] });
    expect(params('GET /files')).toMatchObject({ params: [''] });
  });
});

describe('which route wins', () => {
  const table = compiled({
    any: { match: ['/*'] },
    name: { match: ['/orders/:id'] },
    literal: { match: ['/orders/new'] },
    rest: { match: ['/orders/*'] },
    lines: { match: ['/:kind/1/lines'] },
    get: { match: ['GET /orders/new'] },
    v2: { match: [{ path: '/orders/new', method: ['GET'], headers: { 'X-Api-Version': '2' } }] },
    full: {
      match: [
        { path: '/orders/new', method: ['GET'], headers: { 'x-api-version': '2' }, query: { full: '1' } },
      ],
    },
    host: { match: [{ path: '/*', host: 'Admin.example.com' }] },
  });

  it.each([
    ['GET /orders/1', 'name'],
    ['POST /orders/new', 'literal'],
    ['GET /orders/new', 'get'],
    ['GET /orders/1/2', 'rest'],
    ['GET /orders/1/lines', 'rest'],
    ['GET /x/1/lines', 'lines'],
    ['GET /x', 'any'],
    ['GET /', 'any'],
    ['GET /orders', 'rest'],
  ])('%s is %s', (line, expected) => expect(routed(table, line)).toBe(expected));

  it('prefers more conditions, and a given host over everything', () => {
    const v2 = { 'x-api-version': '2' };
    expect(routed(table, 'GET /orders/new', v2)).toBe('v2');
    expect(routed(table, 'GET /orders/new?full=1', v2)).toBe('full');
    expect(routed(table, 'GET /orders/new?a=&f%75ll=%31', v2)).toBe('full');
    expect(routed(table, 'GET /orders/new?full=0&full=1', v2)).toBe('v2');
    expect(routed(table, 'GET /orders/new?full=1', { 'x-api-version': '3' })).toBe('get');
    expect(routed(table, 'GET /orders/new?full=1', v2, 'admin.example.com')).toBe('host');
    expect(routed(table, 'GET /orders/new', {}, 'shop.example.com')).toBe('get');
  });

  it('goes back to a less specific path where the more specific one refuses the method', () => {
    const only = compiled({
      get: { match: ['GET /a/b'] },
      post: { match: ['POST /a/:x'] },
      rest: { match: ['/*'] },
    });
    expect(routed(only, 'POST /a/b')).toBe('post');
    expect(routed(only, 'PUT /a/b')).toBe('rest');
  });
});

describe.each(['canary', 'migrated', 'done'] as const)('odd targets with /orders/:id in %s', stage => {
  const table = compiled({ orders: { match: ['/orders/:id'], stage } });

  it.each([
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
    '/a/..%3bx/orders/1',
    '/a\\..\\orders\\1',
    '/orders%c0%af1',
    '/a/..//Orders/1/',
    '/orders/1#/../../files',
    '/%6frders//%31',
  ])('%s has a reading that is claimed', raw => expect(routed(table, `GET ${raw}`)).toBe('odd orders'));

  it.each(['/a/../files/1', '//files/1', '/files//1', '/files%2F1', '/files/%zz', '//'])('%s has none', raw =>
    expect(routed(table, `GET ${raw}`)).toBe('unclaimed'),
  );

  it.each([
    '/orders/%41',
    '/%6frders/1',
    '/orders/%C3%A9',
    '/orders/%252e',
    '/orders/1;v=2',
    '/orders/%00',
    '/orders/%E9',
  ])('%s matches', raw => {
    const match = table.table.match(asked(`GET ${raw}`));
    expect(match).toMatchObject({ kind: 'route', params: [raw.slice(raw.lastIndexOf('/') + 1)] });
  });

  it.each(['/Orders/1', '/orders/1/', '/orders;x/1', '/ORDERS;a=b/1/', '/;x/orders/1', '/%4Frders/1'])(
    '%s is a near miss',
    raw => expect(routed(table, `GET ${raw}`)).toBe('near orders'),
  );
});

describe('odd targets of several routes', () => {
  it('belong to the strictest route that some reading matches', () => {
    const routes = {
      old: { match: ['/a/*'] },
      shadowed: { match: ['/a/b/:x'], stage: 'shadow' as const },
      gone: { match: ['/b'], stage: 'done' as const },
    };
    expect(routed(compiled(routes), 'GET /a/../b')).toBe('odd gone');
    expect(routed(compiled(routes), 'GET /a//b/c')).toBe('odd shadowed');
    expect(routed(compiled(routes), 'GET /a//c')).toBe('odd old');
  });

  it('belong to the strictest of all where there are too many readings', () => {
    const path = '/x/..;x/%2e%2e/%2f%5c\\x;y//%zz%u0041%c0%af.#'.repeat(150);
    expect(
      routed(
        compiled({ a: { match: ['/a'] }, z: { match: ['/z'], stage: 'canary', percent: 1 } }),
        `GET ${path}`,
      ),
    ).toBe('odd z');
    expect(routed(compiled({}), `GET ${path}`)).toBe('unclaimed');
  });
});

it('takes the route that is furthest for a near miss of several, then the first by name', () => {
  const done = { match: ['/Orders'], stage: 'done' as const };
  const legacy = { match: ['/ORDERS'] };
  const also = { match: ['/oRDERS'] };
  for (const routes of [
    { b: done, a: legacy },
    { a: legacy, b: done },
  ]) {
    expect(routed(compiled(routes), 'GET /orders')).toBe('near b');
  }
  for (const routes of [
    { b: also, a: legacy },
    { a: legacy, b: also },
  ]) {
    expect(routed(compiled(routes), 'GET /orders')).toBe('near a');
  }
});

describe('paths: same', () => {
  const paths = { case: 'same', trailingSlash: 'same' } as const;
  const table = compiled({ orders: { match: ['/Orders/:id/'] }, all: { match: ['/files/*'] } }, { paths });

  it.each([
    ['GET /orders/1', 'orders'],
    ['GET /ORDERS/1/', 'orders'],
    ['GET /FILES/A', 'all'],
    ['GET /files/', 'all'],
    ['GET /orders;x/1', 'near orders'],
    ['GET /', 'unclaimed'],
  ])('%s is %s', (line, expected) => expect(routed(table, line)).toBe(expected));

  it('keeps parameters as sent', () => {
    expect(table.table.match(asked('GET /ORDERS/AbC/'))).toMatchObject({ params: ['AbC'] });
    expect(table.table.match(asked('GET /FILES/AbC/'))).toMatchObject({ params: ['/AbC/'] });
  });
});
