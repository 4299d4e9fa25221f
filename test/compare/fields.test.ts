import { describe, expect, it } from 'vitest';
import type { Comparison } from '../../gateway/compare/comparison.ts';
import { answer, compared } from '../kit/answers.ts';

const fields = (legacy: readonly string[], service: readonly string[], rules: object = {}): Comparison =>
  compared(answer('{}', { fields: legacy }), answer('{}', { fields: service }), rules);
const named = (comparison: Comparison): string[] => comparison.differences.map(({ path }) => path);

describe('fields', () => {
  it.each([
    'date',
    'age',
    'server',
    'via',
    'x-powered-by',
    'content-length',
    'connection',
    'keep-alive',
    'transfer-encoding',
  ])('%s says nothing, there or not', name => {
    const value = name === 'content-length' ? '2' : 'one';
    expect(fields([name, value], []).outcome).toBe('match');
  });

  it('that Connection names are for the next hop', () => {
    expect(fields(['connection', 'close, X-Hop', 'x-hop', '1'], []).outcome).toBe('match');
  });

  it.each(['x-request-id', 'X-Correlation-Id', 'traceparent', 'x-runtime', 'x-b3-traceid'])(
    '%s only has to be there',
    name => {
      expect(fields([name, 'a'], [name, 'b']).outcome).toBe('match');
      expect(named(fields([name, 'a'], []))).toEqual([`header:${name.toLowerCase()}`]);
    },
  );

  it('whose names only begin like those are compared', () => {
    expect(named(fields(['x-request-idx', 'a'], ['x-request-idx', 'b']))).toEqual(['header:x-request-idx']);
  });

  it.each([
    ['vary', 'Accept, Origin', 'origin,accept'],
    ['allow', 'GET, HEAD', 'HEAD, GET'],
    ['access-control-allow-headers', 'X-A,X-B', 'x-b, x-a'],
  ])('%s is a set, whatever case', (name, legacy, service) => {
    expect(fields([name, legacy], [name, service]).outcome).toBe('match');
    expect(fields([name, ...legacy.split(',', 1)], [name, service]).outcome).toBe('mismatch');
  });

  it('are named in any case; several values stay several', () => {
    expect(fields(['X-A', '1', 'x-a', '2'], ['x-a', '1', 'X-a', '2']).outcome).toBe('match');
    expect(fields(['x-a', '1', 'x-a', '2'], ['x-a', '1, 2']).differences).toMatchObject([
      { path: 'header:x-a', kind: 'header', legacy: ['1', '2'], service: '1, 2' },
    ]);
    expect(fields(['x-a', '1', 'x-a', '2'], ['x-a', '2', 'x-a', '1']).outcome).toBe('mismatch');
  });

  it('have a class each, so that they can be noise', () => {
    const { differences } = fields(
      ['etag', 'W/"5d41402abc4b2a76b9719d911017c592"', 'last-modified', 'Thu, 26 Nov 2026 05:00:00 GMT'],
      ['etag', 'W/"7d793037a0760186574b0282f2f435e7"', 'last-modified', 'Thu, 26 Nov 2026 05:00:01 GMT'],
    );
    expect(differences.map(({ signature }) => signature)).toEqual([
      'header:etag header hex-32:hex-32',
      'header:last-modified header timestamp-ddd,_DD_Mon_YYYY_hh.mm.ss_GMT:timestamp-ddd,_DD_Mon_YYYY_hh.mm.ss_GMT',
    ]);
  });

  it('have no class that could be noise where one entity tag is weak and the other strong', () => {
    const { differences } = fields(
      ['etag', 'W/"5d41402abc4b2a76b9719d911017c592"'],
      ['etag', '"7d793037a0760186574b0282f2f435e7"'],
    );
    expect(differences.map(({ signature }) => signature)).toEqual(['header:etag header text:text']);
  });

  it('the essence of a type is exact, its parameters are in any order', () => {
    const type = (legacy: string, service: string) =>
      named(compared(answer('{}', { type: legacy }), answer('{}', { type: service })));
    expect(type('application/json', 'Application/JSON; Charset="utf-8"')).toEqual([]);
    expect(type('application/json', 'application/hal+json')).toEqual(['header:content-type']);
    expect(type('text/plain; a=1; b=2', 'text/plain;b=2;a=1')).toEqual([]);
    expect(type('text/plain', 'text/plain; charset=utf-8')).toEqual(['header:content-type']);
  });
});

describe('set-cookie', () => {
  const cookies = (legacy: readonly string[], service: readonly string[]): Comparison =>
    fields(
      legacy.flatMap(value => ['Set-Cookie', value]),
      service.flatMap(value => ['set-cookie', value]),
    );

  it('is not split at the comma of its date', () => {
    const dated = 'sid=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT; Path=/';
    expect(cookies([dated], ['sid=1; path=/; expires=Wed, 21-Oct-2026 07:28:00 GMT']).outcome).toBe('match');
    const later = 'sid=1; Expires=Wed, 21 Oct 2026 07:28:01 GMT; Path=/';
    expect(cookies([dated], [later]).differences).toMatchObject([
      {
        path: 'header:set-cookie',
        legacy: 'sid=***; expires=2026-10-21T07:28:00.000Z; path=/',
        service: 'sid=***; expires=2026-10-21T07:28:01.000Z; path=/',
        signature:
          'header:set-cookie sid header timestamp-YYYY-MM-DDThh.mm.ss.fffZ:timestamp-YYYY-MM-DDThh.mm.ss.fffZ',
      },
    ]);
  });

  it('is told apart by name, in any order', () => {
    expect(cookies(['a=1', 'b=2'], ['b=2', 'a=1']).outcome).toBe('match');
    expect(cookies(['a=1', 'b=2'], ['a=1']).differences).toMatchObject([{ legacy: 'b=***' }]);
    expect(cookies(['a=1'], ['a=1', 'b=2']).differences).toMatchObject([{ service: 'b=***' }]);
  });

  it.each([
    ['a=1; HttpOnly', 'a=1'],
    ['a=1; Secure; HttpOnly', 'a=1; HttpOnly'],
    ['a=1; SameSite=Lax', 'a=1; SameSite=None'],
    ['a=1; Path=/a', 'a=1; Path=/A'],
    ['a=1', 'a=2'],
    ['A=1', 'a=1'],
  ])('%s is not %s', (legacy, service) => {
    expect(cookies([legacy], [service]).outcome).toBe('mismatch');
  });

  it('has attributes in any order and case', () => {
    expect(
      cookies(['a=1; Secure; HttpOnly; SameSite=Lax'], ['a=1; samesite=lax;httponly; secure']).outcome,
    ).toBe('match');
  });

  it('never shows its value', () => {
    expect(JSON.stringify(cookies(['sid=s3cr3t-one'], ['sid=s3cr3t-two']))).not.toContain('s3cr3t');
  });
});
