import { describe, expect, it } from 'vitest';
import { claimAt, toIdentity } from '../../../gateway/edge/auth/claims.ts';

const names = { user: 'sub', scopes: 'scope', roles: 'roles' };

describe('claims', () => {
  it('are found by their name, dots and all, else by a dotted path of own keys', () => {
    const claims = {
      'https://shop.example.com/roles': ['a'],
      realm_access: { roles: ['b'] },
      'a.b': 1,
      a: { b: 2 },
      text: 'x',
    };
    expect(claimAt(claims, 'https://shop.example.com/roles')).toEqual(['a']);
    expect(claimAt(claims, 'realm_access.roles')).toEqual(['b']);
    expect(claimAt(claims, 'a.b')).toBe(1);
    for (const name of [
      'text.length',
      'constructor',
      '__proto__.constructor',
      'a.c',
      'realm_access.roles.length.x',
    ])
      expect(claimAt(claims, name)).toBeUndefined();
  });

  it.each([
    ['words', { scope: ' a  b:c ', roles: ['x', 'y z'] }, ['a', 'b:c'], ['x', 'y z']],
    ['a list and one role', { scope: ['a', 1, 'b'], roles: 'super admin' }, ['a', 'b'], ['super admin']],
    ['nothing', {}, [], []],
    ['something else', { scope: { a: 1 }, roles: 7 }, [], []],
  ])('of scopes and roles may be %s', (_, claims, scopes, roles) => {
    expect(toIdentity({ sub: 'alice', ...claims }, names)).toEqual({
      ...{ user: 'alice', key: undefined, scopes, roles },
    });
  });

  it.each(['alice', 'a b', 'ü', '名前', 'auth0|5f7c', 42])('take %j as a user', sub => {
    expect(toIdentity({ sub }, names)?.user).toBe(String(sub));
  });

  it.each([
    undefined,
    '',
    ' alice',
    'alice ',
    'a\nb',
    'a\0',
    '\u0085x',
    '\ud800',
    'x'.repeat(256),
    1.5,
    true,
    null,
    ['alice'],
    {},
  ])('take %j as nobody', sub => {
    expect(toIdentity({ sub }, names)).toBeUndefined();
  });
});
