import { expect, test } from 'vitest';
import { toMarkdown, toText } from './table.ts';

const table = {
  columns: ['proxy', 'req/s'],
  rows: [
    ['nginx', '50,000'],
    ['a | b', '7'],
  ],
};

test('on a terminal the columns are as wide as their widest cell, numbers to the right', () => {
  expect(toText(table).split('\n')).toEqual([
    'proxy   req/s',
    '─────  ──────',
    'nginx  50,000',
    'a | b       7',
  ]);
});

test('in Markdown a pipe in a cell ends no column', () => {
  expect(toMarkdown(table).split('\n')).toEqual([
    '| proxy | req/s |',
    '|---|---:|',
    '| nginx | 50,000 |',
    '| a \\| b | 7 |',
  ]);
});

test('a missing cell is empty', () => {
  expect(toMarkdown({ columns: ['a', 'b'], rows: [['1']] })).toContain('| 1 |  |');
});
