import { describe, expect, it } from 'vitest';
import { explain } from '../../gateway/routing/explain.ts';
import { bucketOf } from '../../gateway/routing/split.ts';
import { asked, compiled, stranger } from '../kit/routes.ts';

const routes = compiled({
  read: {
    match: ['GET /orders/:id', 'GET /orders'],
    stage: 'canary',
    percent: 10,
    by: ['cookie:sid'],
    owner: 'team',
  },
  write: { match: ['POST /orders/:id'], stage: 'migrated', data: 'service' },
  all: { match: ['/orders/*'] },
  v2: { match: [{ path: '/orders/:id', method: ['GET'], headers: { v: '2' } }], stage: 'shadow' },
});
const told = (line: string, headers = {}, hold?: Parameters<typeof explain>[3]) =>
  explain(routes, asked(line, headers), stranger({ headers }), hold);

describe('explain', () => {
  it('names the route, its parameters, the split, and why the next best lost', () => {
    const bucket = bucketOf('read', 's1');
    expect(told('GET /orders/4%32', { cookie: 'sid=s1' })).toMatchObject({
      outcome: 'route',
      route: 'read',
      owner: 'team',
      stage: 'canary',
      entry: 'GET /orders/:id',
      params: [{ name: ':id', value: '4%32' }],
      split: { cohort: 'read', bucket, threshold: 1000 },
      decision: { because: 'canary', detail: expect.stringContaining(`bucket ${bucket} of 10000`) },
      refusal: undefined,
      others: [
        { route: 'v2', why: 'header v is not 2' },
        { route: 'write', why: 'method GET is not POST' },
        { route: 'all', why: 'at segment 2 a name wins over *: GET /orders/:id' },
      ],
    });
  });

  it.each([
    ['GET /orders', {}, 'all', 'the exact path wins over *: GET /orders'],
    [
      'GET /orders/1',
      { v: '2' },
      'read',
      'more header and query conditions win over fewer: GET /orders/:id v: 2',
    ],
  ])('says the rule of rank for %s', (line, headers, route, why) =>
    expect(told(line, headers).others).toContainEqual(expect.objectContaining({ route, why })),
  );

  it('refuses a near miss that legacy may not serve any more', () => {
    expect(told('POST /Orders/1')).toMatchObject({
      nearMiss: 'write',
      decision: undefined,
      refusal: { code: 'route-gone' },
    });
  });

  it('shows near misses, odd readings, refusals and holds', () => {
    expect(told('GET /Orders/1')).toMatchObject({
      outcome: 'unclaimed',
      route: 'unclaimed',
      nearMiss: 'read',
      decision: { serve: 'legacy' },
    });
    expect(told('GET /x/../orders/1')).toMatchObject({
      outcome: 'odd',
      route: 'read',
      refusal: { code: 'bad-request-target' },
      decision: undefined,
      readings: [{ path: '/orders/1', route: 'read', stage: 'canary' }],
    });
    expect(told('GET /orders//1')).toMatchObject({
      readings: [{ route: 'read' }, { path: '/orders//1', route: 'all' }],
    });
    expect(told('PUT /orders//1')).toMatchObject({
      outcome: 'odd',
      route: 'all',
      decision: { serve: 'legacy' },
      refusal: undefined,
    });
    const hold = { route: 'write', by: 'a', reason: 'fire', since: 0, until: undefined, released: 0 };
    expect(told('POST /orders/1', {}, hold)).toMatchObject({
      hold: 'fire',
      refusal: { code: 'held' },
      decision: undefined,
    });
  });
});
