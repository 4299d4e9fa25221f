import { describe, expect, it } from 'vitest';
import { differenceKinds } from '../../gateway/compare/comparison.ts';
import { findingOf, mayDrift } from '../../gateway/compare/noise.ts';
import { toSignature } from '../../gateway/compare/signature.ts';
import { clock, wrongTotal } from '../kit/trials.ts';

describe('a signature', () => {
  it.each([
    [clock, 'unknown', { b: 0, c: 0, again: 1 }],
    [clock, 'noise', { b: 0, c: 0, again: 2 }],
    [clock, 'noise', { b: 5, c: 0, again: 2 }],
    [clock, 'real', { b: 6, c: 0, again: 2 }],
    [clock, 'noise', { b: 9, c: 1, again: 2 }],
    [clock, 'real', { b: 10, c: 1, again: 2 }],
    [clock, 'real', { b: 12, c: 2, again: 2 }],
    [clock, 'noise', { b: 18, c: 5, again: 5 }],
    [clock, 'real', { b: 19, c: 5, again: 5 }],
    [wrongTotal, 'unknown', { b: 0, c: 40, again: 50 }],
    [wrongTotal, 'real', { b: 6, c: 0, again: 0 }],
  ] as const)('%s is %s after %o', (text, finding, tally) => expect(findingOf(text, tally)).toBe(finding));
});

describe('what may be noise', () => {
  it.each([
    'timestamp-YYYY-MM-DDThh.mm.ss+01.00',
    'timestamp-ddd,_DD_Mon_YYYY_hh.mm.ss_GMT',
    'epoch-s',
    'epoch-ms-fraction',
    'uuid',
    'uuid-upper-braced',
    'hex-32',
    'hex-upper-32',
    'digits-8',
    'jwt',
  ])('is %s on both sides', drifting => {
    expect(mayDrift(`$.a value ${drifting}:${drifting}`)).toBe(true);
    expect(mayDrift(`header:etag header ${drifting}:${drifting}`)).toBe(true);
    expect(mayDrift(`$.a value ${drifting}:text`)).toBe(false);
    expect(mayDrift(`$.a value absent:${drifting}`)).toBe(false);
  });

  it.each([
    'hex-32:hex-40',
    'hex-32:hex-upper-32',
    'epoch-s:epoch-ms',
    'epoch-s:epoch-s-fraction',
    'uuid:uuid-braced',
    'timestamp-YYYY-MM-DDThh.mm.ssZ:timestamp-YYYY-MM-DDThh.mm.ss+00.00',
  ])('is never %s, of one kind in two formats', classes => {
    expect(mayDrift(`$.a value ${classes}`)).toBe(false);
  });

  it.each(['text', 'email', 'url', 'number', 'boolean', 'null', 'object', 'array', 'absent', 'bytes'])(
    'is never %s',
    still => expect(mayDrift(`$.a value ${still}:${still}`)).toBe(false),
  );

  it.each(differenceKinds.filter(kind => kind !== 'value' && kind !== 'header'))('is never %s', kind =>
    expect(mayDrift(`$.a ${kind} uuid:uuid`)).toBe(false),
  );

  it('is nothing that cannot be read', () => {
    for (const text of ['', '$.a', 'value uuid:uuid', '$.a value uuid', '$.a odd uuid:uuid'])
      expect(mayDrift(text)).toBe(false);
  });
});

it('is read as the comparer writes it', () => {
  const drifting = { legacy: 'epoch-s', service: 'epoch-s' } as const;
  expect(mayDrift(toSignature("$['value uuid'].at", 'value', drifting))).toBe(true);
  expect(mayDrift(toSignature('$.items[*].at', 'added', drifting))).toBe(false);
});
