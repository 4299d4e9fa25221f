import { describe, expect, it } from 'vitest';
import { runRouteTests } from '../../gateway/routing/route-tests.ts';
import { compiled } from '../kit/routes.ts';

const routes = compiled({
  read: { match: ['GET /orders', 'GET /orders/:id'], stage: 'canary', percent: 1, by: ['ip'] },
  lines: {
    match: [
      { path: '/orders/:id/lines', host: 'shop.example.com', headers: { V: '2' }, query: { full: '1' } },
    ],
  },
});

describe('runRouteTests', () => {
  it('passes and fails, and says what it got', () => {
    const { results } = runRouteTests(routes, [
      'GET /orders/42 -> read',
      'HEAD /orders/42?x  ->  read',
      'POST /orders/42 -> read',
      'GET /Orders -> read',
      'GET //orders -> read',
      'GET /a%zz/é -> unclaimed',
      {
        request: 'GET /orders/1/lines?full=1',
        host: 'Shop.Example.com:8080',
        headers: { v: '2' },
        user: 'alice',
        expect: 'lines',
      },
    ]);
    expect(results.map(({ isPassed, got }) => [isPassed, got])).toEqual([
      [true, 'read'],
      [true, 'read'],
      [false, 'unclaimed'],
      [false, 'unclaimed'],
      [false, 'bad-request-target'],
      [false, 'bad-request-target'],
      [true, 'lines'],
    ]);
    expect(results[3]).toMatchObject({
      text: 'GET /Orders -> read',
      expected: 'read',
      note: 'near miss of read',
    });
  });

  it('counts the match entries that were exercised, and lists the others', () => {
    expect(runRouteTests(routes, ['GET /orders -> read', 'GET /orders -> lines']).coverage).toEqual({
      entries: 3,
      exercised: 1,
      percent: 33.3,
      missing: [
        { route: 'read', entry: 'GET /orders/:id' },
        { route: 'lines', entry: '/orders/:id/lines host=shop.example.com v: 2 ?full=1' },
      ],
    });
    expect(runRouteTests(compiled({}), []).coverage).toMatchObject({ entries: 0, percent: 100 });
  });
});
