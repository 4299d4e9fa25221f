import { describe, expect, it } from 'vitest';
import { Refusal } from '../../gateway/core/errors.ts';
import { anonymous } from '../../gateway/core/exchange.ts';
import { decide, isMethodOverridden, refusalOfNearMiss } from '../../gateway/routing/decide.ts';
import type { Asker, Hold } from '../../gateway/routing/route.ts';
import type { RoutingRouteConfig } from '../../gateway/routing/schema.ts';
import { bucketOf, keyOf, parseKeySource, parsePin } from '../../gateway/routing/split.ts';
import { compiled, stranger } from '../kit/routes.ts';

const get = { method: 'GET', isOverridden: false };
const post = { method: 'POST', isOverridden: false };
const held: Hold = {
  route: 'r',
  by: 'alice',
  reason: 'errors 12 %',
  since: 0,
  until: undefined,
  released: 0,
};

const decided = (
  rules: Partial<RoutingRouteConfig>,
  asker: Asker = stranger(),
  hold?: Hold,
  request = get,
): object | string => {
  const route = compiled({ r: { match: ['/x'], ...rules } }).routes[1];
  if (route === undefined) throw new Error('no route');
  try {
    return decide(route, request, asker, hold);
  } catch (error) {
    return error instanceof Refusal ? `${error.code}: ${error.message}` : String(error);
  }
};

describe('buckets', () => {
  it.each([
    // printf 'checkout\0abc' | sha256sum | cut -c1-8, modulo 10000
    ['checkout', 'abc', 3084],
    ['orders-read', '203.0.113.9', 5839],
    ['c', 'é', 3680],
    ['checkout', 'alice', 7123],
  ])('puts %s %s into %i', (cohort, key, bucket) => expect(bucketOf(cohort, key)).toBe(bucket));

  it('takes the first source that is present and not empty, else the address', () => {
    const by = ['cookie:sid', 'header:X-Tenant', 'user']
      .map(text => parseKeySource(text))
      .filter(one => one !== undefined);
    const user = { ...anonymous, user: 'alice' };
    expect(keyOf(by, stranger({ headers: { cookie: 'a=1; sid="s 1"; sid=2', 'x-tenant': 't' } }))).toBe(
      's 1',
    );
    expect(keyOf(by, stranger({ headers: { cookie: 'xsid=1; sid=', 'x-tenant': 't' } }))).toBe('t');
    expect(keyOf(by, stranger({ identity: user }))).toBe('alice');
    expect(keyOf(by, stranger())).toBe('203.0.113.9');
  });

  it.each(['users', 'cookie:', 'header', 'cookie:a b', 'ip:1', ''])('does not take %j for a key', text =>
    expect(parseKeySource(text)).toBeUndefined(),
  );

  it.each(['alice', 'user:', 'header:x', 'cookie:=1', 'team:a'])('does not take %j for a pin', text =>
    expect(parsePin(text)).toBeUndefined(),
  );
});

describe('stages', () => {
  it.each([
    ['legacy', 'legacy', undefined],
    ['shadow', 'legacy', 'service'],
    ['migrated', 'service', undefined],
    ['done', 'service', undefined],
  ] as const)('%s is served by %s and copied to %s', (stage, serve, shadow) =>
    expect(decided({ stage })).toEqual({ serve, shadow, because: 'stage', detail: `stage ${stage}` }),
  );

  it('copies to legacy in migrated, and only there, when compared in reverse', () => {
    expect(decided({ stage: 'migrated', compare: { reverse: true } })).toMatchObject({
      serve: 'service',
      shadow: 'legacy',
    });
    expect(decided({ stage: 'done', compare: { reverse: true } })).toMatchObject({ shadow: undefined });
  });

  it('leaves unclaimed traffic to legacy', () => {
    const { routes } = compiled({});
    expect(routes[0]).toMatchObject({
      name: 'unclaimed',
      index: 0,
      decision: { serve: 'legacy', because: 'unclaimed' },
    });
  });
});

describe('canary', () => {
  const canary = (percent: number, more: object = {}) => ({
    stage: 'canary' as const,
    percent,
    by: ['header:k'],
    ...more,
  });
  const alice = stranger({ headers: { k: 'alice' } });

  it('splits by the bucket, and copies to the other side both ways', () => {
    const bucket = bucketOf('r', 'alice');
    const percent = (bucket + 1) / 100;
    expect(decided(canary(percent), alice)).toEqual({
      serve: 'service',
      shadow: 'legacy',
      because: 'canary',
      detail: `bucket ${bucket} of 10000 is below ${bucket + 1}`,
    });
    expect(decided(canary(bucket / 100), alice)).toEqual({
      serve: 'legacy',
      shadow: 'service',
      because: 'canary',
      detail: `bucket ${bucket} of 10000 is not below ${bucket}`,
    });
  });

  it('gives nobody at 0 and everybody at 100, and a higher percent only adds clients', () => {
    const served = (percent: number) =>
      Array.from({ length: 2000 }, (_, n) => n).filter(
        n =>
          (decided(canary(percent), stranger({ headers: { k: `c${n}` } })) as { serve: string }).serve ===
          'service',
      );
    expect(served(0)).toEqual([]);
    expect(served(100)).toHaveLength(2000);
    const ten = served(10);
    expect(ten.length).toBeGreaterThan(150);
    expect(ten.length).toBeLessThan(250);
    expect(served(20)).toEqual(expect.arrayContaining(ten));
  });

  it('splits the routes of one cohort together', () => {
    const cohorts = { checkout: { percent: 50, by: ['header:k'] } };
    const { routes } = compiled(
      {
        a: { match: ['/a'], stage: 'canary', cohort: 'checkout' },
        b: { match: ['/b'], stage: 'canary', cohort: 'checkout' },
      },
      { cohorts },
    );
    for (let n = 0; n < 100; n++) {
      const [a, b] = routes
        .slice(1)
        .map(route => decide(route, get, stranger({ headers: { k: `${n}` } }), undefined));
      expect(a).toEqual(b);
    }
  });

  it('asks pins first, those of legacy before those of the service', () => {
    const pin = {
      service: ['role:staff', 'header:x-preview=1', 'cookie:beta=1', 'ip:203.0.113.9'],
      legacy: ['user:big'],
    };
    const staff = { ...anonymous, user: 'bob', roles: ['staff'] };
    expect(decided(canary(0, { pin }), stranger({ identity: staff }))).toEqual({
      serve: 'service',
      shadow: 'legacy',
      because: 'pin',
      detail: 'pinned: role:staff',
    });
    expect(decided(canary(100, { pin }), stranger({ identity: { ...staff, user: 'big' } }))).toEqual({
      serve: 'legacy',
      shadow: 'service',
      because: 'pin',
      detail: 'pinned: user:big',
    });
    const elsewhere = { address: '198.51.100.1' };
    for (const headers of [{ 'x-preview': '1' }, { cookie: 'beta=1' }]) {
      expect(decided(canary(0, { pin }), stranger({ ...elsewhere, headers }))).toMatchObject({
        because: 'pin',
      });
    }
    expect(decided(canary(0, { pin }), stranger(elsewhere))).toMatchObject({ because: 'canary' });
    expect(decided(canary(0, { pin }), stranger())).toMatchObject({ detail: 'pinned: ip:203.0.113.9' });
  });
});

describe('holds', () => {
  it.each([
    ['legacy', undefined],
    ['shadow', 'service'],
    ['canary', 'service'],
    ['migrated', undefined],
  ] as const)('in %s give it to legacy, with a copy to %s', (stage, shadow) =>
    expect(decided({ stage, percent: 100, by: ['ip'] }, stranger(), held)).toEqual({
      serve: 'legacy',
      shadow,
      because: 'hold',
      detail: 'held: errors 12 %',
    }),
  );

  it('are ignored once the route is done', () => {
    expect(decided({ stage: 'done' }, stranger(), held)).toMatchObject({
      serve: 'service',
      because: 'stage',
    });
  });

  it('refuse what would meet stale data, but for safe methods where that was allowed', () => {
    const owned = { stage: 'migrated', data: 'service' } as const;
    const stale = { ...owned, fallback: { stale: true } };
    expect(decided(owned, stranger(), held)).toBe('held: route r is held: errors 12 %');
    expect(decided(owned, stranger(), held, post)).toMatch(/^held: /);
    expect(decided(stale, stranger(), held)).toMatchObject({ serve: 'legacy', because: 'hold' });
    expect(decided(stale, stranger(), held, post)).toMatch(/^held: /);
    expect(decided(stale, stranger(), held, { method: 'GET', isOverridden: true })).toMatch(/^held: /);
    expect(decided({ ...owned, data: 'synced' }, stranger(), held, post)).toMatchObject({ serve: 'legacy' });
  });

  it('let go of a growing share of clients while they are released', () => {
    const free = (released: number) =>
      Array.from({ length: 1000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`).filter(
        address =>
          (
            decided({ stage: 'migrated' }, stranger({ address }), { ...held, released }) as {
              because: string;
            }
          ).because === 'stage',
      );
    const ten = free(10);
    expect(free(0)).toEqual([]);
    expect(ten.length).toBeGreaterThan(60);
    expect(ten.length).toBeLessThan(140);
    expect(free(50)).toEqual(expect.arrayContaining(ten));
    expect(free(100)).toHaveLength(1000);
  });
});

describe('method override', () => {
  it('is seen in any of its three fields, and never copied', () => {
    expect(isMethodOverridden({ 'x-http-method': 'DELETE' })).toBe(true);
    expect(isMethodOverridden({ 'x-http-method-override': '' })).toBe(true);
    expect(isMethodOverridden({ 'x-method-override': 'PUT' })).toBe(true);
    expect(isMethodOverridden({ 'x-method': 'PUT' })).toBe(false);
    expect(
      decided({ stage: 'shadow' }, stranger(), undefined, { method: 'GET', isOverridden: true }),
    ).toMatchObject({
      serve: 'legacy',
      shadow: undefined,
    });
  });
});

describe('a near miss', () => {
  const overridden = { method: 'GET', isOverridden: true };
  it.each([
    ['goes to legacy while legacy has the code', { stage: 'migrated' }, post, undefined],
    ['reads no stale data', { stage: 'migrated', data: 'service' }, get, 'route-gone'],
    [
      'reads stale data where the route accepts that',
      { stage: 'migrated', data: 'service', fallback: { when: 'safe', stale: true, status: [] } },
      get,
      undefined,
    ],
    ['never writes stale data', { stage: 'migrated', data: 'service' }, post, 'route-gone'],
    [
      'never writes them by a method override',
      { stage: 'migrated', data: 'service' },
      overridden,
      'route-gone',
    ],
    ['is gone with its route', { stage: 'done' }, get, 'route-gone'],
  ] as const)('%s', (_, rules, request, code) => {
    const route = compiled({ r: { match: ['/x'], ...rules } }).routes[1];
    expect(route && refusalOfNearMiss(route, request)?.code).toBe(code);
  });
});
