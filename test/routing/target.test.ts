import { describe, expect, it } from 'vitest';
import { Refusal } from '../../gateway/core/errors.ts';
import { readings } from '../../gateway/routing/readings.ts';
import { fromAbsoluteForm, parseTarget } from '../../gateway/routing/target.ts';

const refused = (call: () => unknown): string | undefined => {
  try {
    call();
    return undefined;
  } catch (error) {
    return error instanceof Refusal ? error.code : String(error);
  }
};

describe('parseTarget', () => {
  it('splits at the first question mark and keeps every byte', () => {
    expect(parseTarget('/a%20b?x=1?y=%zz/../#')).toEqual({
      raw: '/a%20b?x=1?y=%zz/../#',
      path: '/a%20b',
      query: '?x=1?y=%zz/../#',
      isOdd: false,
    });
    expect(parseTarget('/a?').query).toBe('?');
    expect(parseTarget('*')).toMatchObject({ path: '*', isOdd: false });
  });

  it.each([
    '/a/../b',
    '/..',
    '/.',
    '/a/.',
    '/a/%2e%2E/b',
    '/a/.%2e',
    '/a/..;x=1/b',
    '/a/..%3Bx',
    '//a',
    '/a//b',
    '/a//',
    '/a%2Fb',
    '/a%2fb',
    '/a%5Cb',
    '/a\\b',
    '/a%zz',
    '/a%2',
    '/a%',
    '/a%u002f',
    '/a#b',
    '/a%C0%AFb',
    '/a%e0%80%afb',
    '/a/..?x',
  ])('finds %s odd', raw => expect(parseTarget(raw).isOdd).toBe(true));

  it.each([
    '/',
    '/a/',
    '/a/b',
    '/a.b/..c/.d/...',
    '/a;x/b',
    '/;x',
    '/%41',
    '/%C3%A9',
    '/%E9',
    '/%252e%252e/',
    '/a%00b',
    '/a?//..%zz\\',
    '/%e0%a0%80',
  ])('finds %s not odd', raw => expect(parseTarget(raw).isOdd).toBe(false));

  it.each(['/a\0', '/a\x1fb', '/a\x7f', '/\x80', '/é', '/a?\x00', '/a?é', 'a', '', 'http://h/a'])(
    'refuses %j',
    raw => expect(refused(() => parseTarget(raw))).toBe('bad-request-target'),
  );
});

describe('readings', () => {
  it('does not read what is not odd in another way', () => {
    expect(readings('/orders/1')).toEqual(['/orders/1']);
  });

  it.each([
    ['/a/..\\%2e%2e/x/%2Forders', '/x/orders'],
    ['/a/b%2Fc/../orders', '/a/orders'],
    ['/a/b%2Fc/../orders', '/a/b/orders'],
    ['/a//../orders', '/orders'],
    ['/a//../orders', '/a/orders'],
    ['/orders%C0%AF1', '/orders/1'],
    ['/orders%u002f1', '/orders/1'],
    ['/ord%zzers', '/orders'],
    ['/orders#/../files', '/orders'],
    ['/../../orders', '/orders'],
  ])('reads %s as %s', (path, reading) => expect(readings(path)).toContain(reading));

  it('gives up on a path that is built to be costly', () => {
    const path = '/a/..;x/%2e%2e/%2f%5c\\x;y//%zz%u0041%c0%af.#'.repeat(180);
    expect(readings(path)).toBeUndefined();
    expect(readings(`/files//${'x'.repeat(8000)}`)).toHaveLength(2);
  });
});

describe('fromAbsoluteForm', () => {
  it('takes the path and query as they are', () => {
    expect(fromAbsoluteForm('http://shop.example.com/a/../b?x#y', 'shop.example.com')).toBe('/a/../b?x#y');
    expect(fromAbsoluteForm('HTTP://Shop.Example.com:80', 'shop.example.com')).toBe('/');
    expect(fromAbsoluteForm('http://h:8080?x', 'H:8080')).toBe('/?x');
  });

  it.each([
    ['http://other/a', 'h'],
    ['http://h:81/', 'h'],
    ['http://u@h/', 'h'],
    ['http://h/', undefined],
    ['ftp://h/', 'h'],
    ['http:///a', ''],
    ['https://h:80/', 'h'],
  ])('refuses %s where Host is %s', (raw, host) =>
    expect(refused(() => fromAbsoluteForm(raw, host))).toBe('bad-request-target'),
  );
});
