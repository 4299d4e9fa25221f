import { expect, it } from 'vitest';
import { later } from '../../gateway/not-yet.ts';
import { readPage } from '../kit/markdown.ts';

/** Sentences that are true as long as the key is in the list. */
it.each([
  ['docs/how-a-request-is-served.md', 'Copies are decided but not sent in this version', 'routes.*.stage'],
])('%s says "%s" as long as it is so', (page, sentence, key) => {
  const isLater = later.some(row => row.key === key);
  expect(readPage(page).includes(sentence)).toBe(isLater);
});
