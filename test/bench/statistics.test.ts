import { expect, test } from 'vitest';
import { decimal, median, ratio, ratioInTurn, spread, whole } from './statistics.ts';

test('the median is the middle value, whatever the order', () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([10, 9, 100])).toBe(10);
});

test('the median of nothing is not a number', () => {
  expect(median([])).toBeNaN();
});

test('the spread is the distance of the extremes in shares of the median', () => {
  expect(spread([90, 100, 110])).toBeCloseTo(0.2);
  expect(spread([100])).toBe(0);
});

test('a ratio to what was not measured is not measured', () => {
  expect(ratio(6, 3)).toBe(2);
  expect(ratio(6, undefined)).toBeUndefined();
  expect(ratio(undefined, 3)).toBeUndefined();
  expect(ratio(6, 0)).toBeUndefined();
});

test('a ratio of what was measured in turn goes by the rounds', () => {
  // The machine was three times slower in the second round.
  expect(ratioInTurn([80, 30, 90], [100, 30, 100])).toBe(0.9);
  expect(ratioInTurn([80], [])).toBeUndefined();
  expect(ratioInTurn([80], undefined)).toBeUndefined();
});

test('figures are written for people, and what is missing as a dash', () => {
  expect(whole(12_345.6)).toBe('12,346');
  expect(decimal(1.005, 1)).toBe('1.0');
  expect([whole(undefined), decimal(Number.NaN)]).toEqual(['–', '–']);
});
