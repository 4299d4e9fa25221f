import { describe, expect, it } from 'vitest';
import { judgeOffline, lowerBound, upperBound } from '../../gateway/compare/clopper-pearson.ts';

describe('trials whose number was fixed before anybody looked', () => {
  it.each([
    [1, 0, 299],
    [1, 1, 473],
    [1, 3, 773],
    [0.1, 0, 2995],
    [0.1, 1, 4742],
    [0.1, 3, 7752],
    // Wilks 1941: 95 % sure of 95 % takes 59, 93, 124, 153.
    [5, 0, 59],
    [5, 1, 93],
    [5, 2, 124],
    [5, 3, 153],
  ])('are ready for %d %% with %d bad from %d on', (maxMismatch, bad, n) => {
    expect(judgeOffline({ bad, n, maxMismatch })).toMatchObject({ state: 'ready', more: 0 });
    expect(judgeOffline({ bad, n: n - 1, maxMismatch })).toMatchObject({ state: 'pending', more: 1 });
    expect(judgeOffline({ bad, n: Math.max(bad, 1), maxMismatch }).more).toBe(n - Math.max(bad, 1));
  });

  it('are blocked as soon as the lower bound is beyond the limit', () => {
    expect(judgeOffline({ bad: 5, n: 100, maxMismatch: 1 }).state).toBe('blocked');
    expect(judgeOffline({ bad: 1, n: 1, maxMismatch: 1 }).state).toBe('blocked');
    expect(judgeOffline({ bad: 1, n: 20, maxMismatch: 1 }).state).toBe('pending');
  });

  it('are pending before the first, and never ready for a limit of nothing', () => {
    expect(judgeOffline({ bad: 0, n: 0, maxMismatch: 1 })).toEqual({
      ...{ state: 'pending', lower: 0, upper: 1, more: 299 },
    });
    expect(judgeOffline({ bad: 0, n: 1e6, maxMismatch: 0 })).toMatchObject({
      state: 'pending',
      more: undefined,
    });
    expect(judgeOffline({ bad: 1, n: 1e6, maxMismatch: 0 }).state).toBe('blocked');
    expect(judgeOffline({ bad: 5, n: 5, maxMismatch: 100 }).state).toBe('ready');
  });
});

it('the bounds are those of published tables', () => {
  // One-sided 95 % is two-sided 90 %: 10 of 100 is 5.53 % to 16.37 %; none of 59 is at most 4.95 %.
  expect(lowerBound(10, 100)).toBeCloseTo(0.05526, 4);
  expect(upperBound(10, 100)).toBeCloseTo(0.16372, 4);
  expect(upperBound(0, 59)).toBeCloseTo(1 - 0.05 ** (1 / 59), 12);
  expect(lowerBound(59, 59)).toBeCloseTo(0.05 ** (1 / 59), 12);
  expect(lowerBound(0, 5)).toBe(0);
  expect(upperBound(5, 5)).toBe(1);
});
