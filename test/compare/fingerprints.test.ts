import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createFingerprints } from '../../gateway/compare/fingerprints.ts';

it('knows a request for as long as distinctFor, to the millisecond', () => {
  const fingerprints = createFingerprints<string>();
  fingerprints.add({ key: 'a', at: 1000, label: 'good' });
  expect(fingerprints.find('a', 1999, 1000)?.label).toBe('good');
  expect(fingerprints.find('a', 2000, 1000)).toBeUndefined();
  expect(fingerprints.find('b', 1000, 1000)).toBeUndefined();
});

it('is exact for any sequence that fits', () => {
  const sights = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 40 })), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(sights, script => {
      const fingerprints = createFingerprints<number>();
      const firsts = new Map<string, number>();
      let at = 0;
      for (const [key, wait] of script) {
        at += wait;
        const known = fingerprints.find(`${key}`, at, 100);
        const first = firsts.get(`${key}`);
        expect(known?.at).toBe(first !== undefined && at - first < 100 ? first : undefined);
        if (known !== undefined) continue;
        firsts.set(`${key}`, at);
        fingerprints.add({ key: `${key}`, at, label: 0 });
      }
    }),
  );
});

it('lets the oldest go beyond its bound', () => {
  const fingerprints = createFingerprints<number>({ most: 100 });
  for (let n = 0; n < 250; n += 1) fingerprints.add({ key: `f${n}`, at: n, label: n });
  expect(fingerprints.size).toBe(100);
  expect(fingerprints.get('f149')).toBeUndefined();
  expect(fingerprints.get('f150')?.label).toBe(150);
});

it('lets those go that are over, a few with each that comes', () => {
  const fingerprints = createFingerprints<number>();
  for (let n = 0; n < 400; n += 1) fingerprints.add({ key: `f${n}`, at: n, label: n });
  for (let n = 0; n < 100; n += 1) fingerprints.find('new', 1000, 500);
  expect(fingerprints.size).toBe(0);
});
