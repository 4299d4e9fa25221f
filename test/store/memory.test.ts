import { expect, it } from 'vitest';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import { comparisonsKept } from '../../gateway/store/tasks/comparisons.ts';
import { describeStore } from '../contract/store.suite.ts';
import { comparison } from '../contract/store-comparisons.suite.ts';

describeStore('memory', async () => {
  const store = createMemoryStore();
  return { store, [Symbol.asyncDispose]: () => store.close() };
});

it(`keeps ${comparisonsKept} comparisons of a route, however little they weigh`, async () => {
  const store = createMemoryStore();
  const many = Array.from({ length: comparisonsKept + 3 }, (_, at) =>
    comparison(`c-${at}`, { at: 1000 + at }),
  );
  for (let at = 0; at < many.length; at += 5000) await store.keepComparisons(many.slice(at, at + 5000));
  await store.pruneComparisons([{ route: 'orders', before: 0, bytes: 2 ** 40 }]);
  expect(await store.comparison('c-2')).toBeUndefined();
  expect(await store.comparison('c-3')).toBeDefined();
  await store.close();
}, 60_000);
