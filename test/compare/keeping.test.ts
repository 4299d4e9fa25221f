import { expect, it } from 'vitest';
import { createExamples } from '../../gateway/compare/examples.ts';
import { createKeeping } from '../../gateway/compare/keeping.ts';
import type { ComparisonStore, KeptComparison, Retention } from '../../gateway/compare/kept.ts';
import { createEvents } from '../../gateway/core/events.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const comparison = (id: string): KeptComparison => ({
  ...{ id, at: 0, route: 'orders', method: 'GET', entry: 0, template: '/orders/:id', requestId: id },
  ...{ outcome: 'mismatch', sides: {}, differences: [], signatures: [], revision: '' },
});

function openKeeping() {
  const clock = createManualClock();
  const events = createEvents();
  const told: string[] = [];
  events.on('store-failed', ({ task }) => told.push(task));
  events.on('store-restored', () => told.push('restored'));
  const batches: string[][] = [];
  const pruned: (readonly Retention[])[] = [];
  let isAway = false;
  const refuse = async (): Promise<void> => {
    if (isAway) throw new Error('away');
  };
  const store: ComparisonStore = {
    async keepComparisons(batch) {
      await refuse();
      batches.push(batch.map(({ id }) => id));
    },
    comparisons: async () => ({ comparisons: [], cursor: undefined }),
    comparison: async () => undefined,
    async pruneComparisons(rules) {
      await refuse();
      pruned.push(rules);
    },
  };
  const retentions = () => [{ route: 'orders', before: 1, bytes: 2 }];
  const keeping = createKeeping({ store, clock, events, retentions });
  const setAway = (away: 'away' | 'there'): void => {
    isAway = away === 'away';
  };
  return { clock, keeping, told, batches, pruned, setAway };
}

it('hands over comparisons in batches', async () => {
  const { clock, keeping, batches } = openKeeping();
  for (const id of ['a', 'b', 'c']) keeping.keep(comparison(id));
  expect(batches).toEqual([]);
  clock.advance(1000);
  await keeping.flush();
  expect(batches).toEqual([['a', 'b', 'c']]);
  keeping.close();
});

it('loses them while the store is away, counts them, tells it once, and goes on when it is back', async () => {
  const { keeping, told, batches, setAway } = openKeeping();
  setAway('away');
  for (const id of ['a', 'b']) {
    keeping.keep(comparison(id));
    await keeping.flush();
  }
  expect(keeping.lost).toBe(2);
  expect(told).toEqual(['keep comparisons']);
  setAway('there');
  keeping.keep(comparison('c'));
  await keeping.flush();
  expect(told).toEqual(['keep comparisons', 'restored']);
  expect(batches).toEqual([['c']]);
  keeping.close();
});

it('has a bound on what waits', async () => {
  const { keeping, batches } = openKeeping();
  for (let i = 0; i < 600; i++) keeping.keep(comparison(String(i)));
  expect(keeping.lost).toBe(100);
  await keeping.flush();
  expect(batches[0]).toHaveLength(500);
  keeping.close();
});

it('prunes every ten minutes', async () => {
  const { clock, keeping, pruned } = openKeeping();
  clock.advance(10 * 60_000);
  await expect.poll(() => pruned).toEqual([[{ route: 'orders', before: 1, bytes: 2 }]]);
  keeping.close();
  expect(clock.pending()).toBe(0);
});

it('a kind has a few examples at once, and then one every ten seconds', () => {
  const clock = createManualClock();
  const examples = createExamples(clock.now);
  const wants = () => Array.from({ length: 10 }, () => examples.wants('orders', ['$.a value text:text']));
  expect(wants().filter(isWanted => isWanted)).toHaveLength(5);
  clock.advance(10_000);
  expect(wants().filter(isWanted => isWanted)).toHaveLength(1);
  expect(examples.wants('orders', ['$.a value text:text', '$.b value text:text'])).toBe(true);
  expect(examples.wants('payments', ['$.a value text:text'])).toBe(true);
});
