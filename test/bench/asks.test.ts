import { expect, test } from 'vitest';
import { asks, asksTable, figure, judge } from './asks.ts';
import { remarks } from './report.ts';

test('a figure that must be high is met at its bound', () => {
  expect(judge(asks.manyRoutes, 0.95)).toBe('yes');
  expect(judge(asks.manyRoutes, 0.949)).toBe('no');
  expect(judge(asks.manyRoutes, 0.99)).toBe('yes, the dream too');
});

test('a figure that must be low is met at its bound', () => {
  expect(judge(asks.swapStall, 50)).toBe('yes');
  expect(judge(asks.swapStall, 50.1)).toBe('no');
  expect(judge(asks.swapStall, 10)).toBe('yes, the dream too');
});

test('one failed request during a swap is one too many', () => {
  expect(judge(asks.swapFailures, 0)).toBe('yes');
  expect(judge(asks.swapFailures, 1)).toBe('no');
});

test('what was not measured is never met', () => {
  expect(judge(asks.start, undefined)).toBe('not measured');
  expect(judge(asks.start, Number.NaN)).toBe('not measured');
  expect(figure('start', undefined)).toEqual({});
});

test('a row shows figure, ask, dream, measured and whether it is met', () => {
  const { rows } = asksTable({ claimedOverStock: 2.5, start: 800 });
  expect(rows.find(([name]) => name === asks.claimedOverStock.figure)?.slice(1)).toEqual([
    '≥ 2',
    '≥ 3',
    '2.50',
    'yes',
  ]);
  expect(rows.find(([name]) => name === asks.start.figure)?.slice(1)).toEqual([
    '≤ 700 ms',
    '≤ 300 ms',
    '800.0 ms',
    'no',
  ]);
  expect(rows.find(([name]) => name === asks.check.figure)?.slice(3)).toEqual(['–', 'not measured']);
  expect(rows).toHaveLength(Object.keys(asks).length);
});

test('the page names what falls short and what nobody measured', () => {
  const all = Object.fromEntries(Object.entries(asks).map(([name, { ask }]) => [name, ask]));
  expect(remarks(all)).toEqual([]);
  expect(remarks({ ...all, start: 701 })).toEqual(['Falls short: start to first answer.']);
  expect(remarks({ ...all, start: Number.NaN })).toEqual([
    'Not measured in this run: start to first answer.',
  ]);
});
