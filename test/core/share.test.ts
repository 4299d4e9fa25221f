import { expect, it } from 'vitest';
import { createShare } from '../../gateway/core/share.ts';

it('keeps one of what has the same key, and apart what has none', () => {
  const share = createShare<object>();
  const first = share('a', () => ({}));
  expect(share('a', () => ({}))).toBe(first);
  expect(share('', () => ({}))).not.toBe(first);
  const alone = share(undefined, () => ({}));
  expect(share(undefined, () => ({}))).not.toBe(alone);
});
