import { expect, it } from 'vitest';
import { createIntern } from '../../gateway/core/intern.ts';

it('keeps one of what has the same key, and apart what has none', () => {
  const intern = createIntern<object>();
  const first = intern('a', () => ({}));
  expect(intern('a', () => ({}))).toBe(first);
  expect(intern('', () => ({}))).not.toBe(first);
  const alone = intern(undefined, () => ({}));
  expect(intern(undefined, () => ({}))).not.toBe(alone);
});
