import { expect, it } from 'vitest';
import { createRecent } from '../../../gateway/edge/auth/recent.ts';

it('keeps what is asked for, forgets the rest, and never holds more than its bound', () => {
  const recent = createRecent<number>(100);
  recent.set('kept', 0);
  for (let n = 1; n < 1000; n++) {
    recent.set(`other-${n}`, n);
    expect(recent.get('kept')).toBe(0);
  }
  const held = Array.from({ length: 1000 }, (_, n) => recent.get(`other-${n}`)).filter(
    value => value !== undefined,
  );
  expect(held.length).toBeLessThan(100);
  expect(recent.get('other-999')).toBe(999);
  expect(recent.get('other-1')).toBeUndefined();
});

it('gives the newest value of a key', () => {
  const recent = createRecent<number>(4);
  recent.set('a', 1);
  recent.set('a', 2);
  expect(recent.get('a')).toBe(2);
});
