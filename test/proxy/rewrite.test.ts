import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRewrite } from '../../gateway/proxy/rewrite.ts';
import { asked, compiled } from '../kit/routes.ts';

const forward = (match: string[], rewrite: string | Record<string, string>, path: string): string => {
  const { table, routes } = compiled({ r: { match } });
  const found = table.match(asked(`GET ${path}`));
  if (found.kind !== 'route') throw new Error('unclaimed');
  return compileRewrite(routes[1]?.entries ?? [], rewrite).forward(found.entry, found.params, path);
};
const back = (match: string[], rewrite: string | Record<string, string>, path: string): string | undefined =>
  compileRewrite(compiled({ r: { match } }).routes[1]?.entries ?? [], rewrite).back(path);

describe('forward', () => {
  it.each([
    ['/orders', '/v1/orders', '/orders', '/v1/orders'],
    ['/orders/:id', '/v1/orders/:id', '/orders/a%2Cb;x', '/v1/orders/a%2Cb;x'],
    ['/shops/:shop/orders/:id', '/o/:id/of/:shop', '/shops/s/orders/1', '/o/1/of/s'],
    ['/shops/:shop/orders/:id', '/fixed', '/shops/s/orders/1', '/fixed'],
    ['/orders/*', '/v1/*', '/orders', '/v1'],
    ['/orders/*', '/v1/*', '/orders/', '/v1/'],
    ['/orders/*', '/v1/*', '/orders/a/%41//'.slice(0, -1), '/v1/a/%41/'],
    ['/orders/*', '/*', '/orders', '/'],
    ['/orders/*', '/*', '/orders/x', '/x'],
    ['/:a/x/*', '/café/:a/*', '/1/x/2', '/caf%C3%A9/1/2'],
  ])('takes %s by %s from %s to %s', (pattern, rewrite, path, expected) =>
    expect(forward([pattern], rewrite, path)).toBe(expected),
  );

  it('takes each pattern by its own template, and lets the others go on as they came', () => {
    const patterns = ['GET /orders', 'GET /orders/:id', 'POST /orders'];
    const rewrite = { '/orders': '/v1/orders' };
    expect(forward(patterns, rewrite, '/orders')).toBe('/v1/orders');
    expect(forward(patterns, rewrite, '/%6frders/1')).toBe('/%6frders/1');
  });
});

describe('back', () => {
  const map = { '/orders': '/v1/orders', '/orders/:id': '/v1/orders/:id', '/files/*': '/f/*' };
  const patterns = ['GET /orders', 'POST /orders', '/orders/:id', '/files/*', '/as-is'];

  it.each([
    ['/v1/orders', '/orders'],
    ['/v1/orders/a%2Fb', '/orders/a%2Fb'],
    ['/f/a/b/', '/files/a/b/'],
    ['/f', '/files'],
    ['/as-is', '/as-is'],
    ['/v1/other', undefined],
    ['/v1/orders/1/2', undefined],
    ['/', undefined],
  ])('maps %s to %s', (path, expected) => expect(back(patterns, map, path)).toBe(expected));

  it('maps nothing where more than one pattern fits, or the path lacks a value', () => {
    expect(back(['/a/:x', '/b/:x'], '/v/:x', '/v/1')).toBeUndefined();
    expect(back(['/a/:x/:y'], '/v/:x', '/v/1')).toBeUndefined();
  });

  it('is the way back of what was forwarded', () => {
    const segment = fc.stringMatching(/^[a-z0-9%;=,]{1,5}$/).filter(text => !text.includes('%'));
    fc.assert(
      fc.property(fc.array(segment, { minLength: 3, maxLength: 5 }), segments => {
        const path = `/o/${segments.join('/')}`;
        expect(back(['/o/:a/:b/*'], '/x/:b/y/:a/*', forward(['/o/:a/:b/*'], '/x/:b/y/:a/*', path))).toBe(
          path,
        );
      }),
    );
  });
});
