import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeErrors } from '../../gateway/admin/describe-errors.ts';
import { adminErrors } from '../../gateway/admin/problems.ts';
import { errors } from '../../gateway/core/errors.ts';

it('is what docs/errors.md says', async () => {
  const file = join(import.meta.dirname, '../../docs/errors.md');
  expect(await readFile(file, 'utf8')).toBe(describeErrors());
});

it('describes every error once, with its status', () => {
  const text = describeErrors();
  for (const [code, { status }] of Object.entries(errors))
    expect(
      text.split('\n').filter(line => line.startsWith(`| [\`${code}\`]`) && line.includes(`| ${status} `)),
    ).toHaveLength(1);
  for (const [code, { status }] of Object.entries(adminErrors))
    expect(text).toMatch(new RegExp(`^\\| \`${code}\` +\\| ${status} `, 'm'));
});

it('gives no code to two errors', () => {
  const codes = [...Object.keys(errors), ...Object.keys(adminErrors)];
  expect(new Set(codes).size).toBe(codes.length);
});

it('has a row of the same width for each', () => {
  const rows = describeErrors()
    .split('\n')
    .filter(line => line.startsWith('|'));
  expect(new Set(rows.map(row => row.split('|').length))).toEqual(new Set([7, 5]));
});
