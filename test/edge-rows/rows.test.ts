import { readdir, readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { rows } from './rows.ts';

let source = '';
beforeAll(async () => {
  for (const name of await readdir(import.meta.dirname))
    if (name.endsWith('.test.ts')) source += await readFile(`${import.meta.dirname}/${name}`, 'utf8');
});

it('there are 25 rows about messages, 8 about headers and 9 about paths', () => {
  expect(Object.entries(rows).map(([table, list]) => [table, new Set(list).size])).toEqual([
    ['messages', 25],
    ['headers', 8],
    ['paths', 9],
  ]);
});

describe.each(Object.entries(rows))('of the rows about %s', (_, list) => {
  it.each([...list])('one suite proves: %s', row => {
    expect(source.split(`describe('${row}'`)).toHaveLength(2);
  });
});
