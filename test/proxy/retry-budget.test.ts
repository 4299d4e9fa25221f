import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoff } from '../../gateway/proxy/backoff.ts';
import { createRetryBudget } from '../../gateway/proxy/retry-budget.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const takeAll = (take: () => boolean): number => {
  let taken = 0;
  while (take()) taken++;
  return taken;
};

it('never forbids the first three retries in 10 s', () => {
  const clock = createManualClock();
  const budget = createRetryBudget(0, clock);
  expect(takeAll(budget.take)).toBe(3);
  clock.advance(10_000);
  expect(takeAll(budget.take)).toBe(3);
});

it('allows the share of the requests of the last 10 s', () => {
  const clock = createManualClock();
  const budget = createRetryBudget(20, clock);
  for (let i = 0; i < 1000; i++) budget.attempted();
  const retry = (): boolean => {
    const isAllowed = budget.take();
    if (isAllowed) budget.attempted();
    return isAllowed;
  };
  expect(takeAll(retry)).toBe(200);
  clock.advance(10_000);
  expect(takeAll(budget.take)).toBe(3);
});

it('waits anything from nothing to the bound, which doubles up to a second', () => {
  expect([1, 2, 3, 6, 7, 50].map(retry => backoff(retry, () => 1))).toEqual([25, 50, 100, 800, 1000, 1000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), retry => {
      const wait = backoff(retry);
      return wait >= 0 && wait < Math.min(1000, 25 * 2 ** (retry - 1));
    }),
  );
});
