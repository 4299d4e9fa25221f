import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { estateProcesses } from '../../estate/processes.ts';
import { readPage } from '../kit/markdown.ts';

const picture = 'docs/images/architecture.svg';
const svg = readFileSync(picture, 'utf8');
/** What stands in it to be read, in the order of the file. */
const text = [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)]
  .map(([, inner = '']) => inner.replaceAll(/<[^>]+>/g, ' ').replaceAll('&#160;', ' '))
  .join(' ')
  .replaceAll(/\s+/g, ' ');
const told = /<desc[^>]*>([^<]*)<\/desc>/.exec(svg)?.[1] ?? '';

it.each(estateProcesses({}, {}))('shows $name where it listens', ({ name, listens }) => {
  const [first, ...others] = Object.values(listens).map(address => new URL(`http://${address}`).port);
  expect(text).toContain(`${name} :${first}`);
  for (const port of others) expect(text).toContain(`:${port}`);
  expect(told).toMatch(new RegExp(`\\b${name}\\b`, 'i'));
});

it('has a title and a description for whoever does not see it, and follows light and dark', () => {
  expect(svg).toMatch(/role="img" aria-labelledby="title desc"/);
  expect(svg).toMatch(/<title id="title">.{20,}<\/title>/);
  expect(told.length).toBeGreaterThan(200);
  expect(svg).toContain('@media (prefers-color-scheme:dark)');
});

it('is small, has its text as text, and fetches nothing', () => {
  expect(Buffer.byteLength(svg)).toBeLessThanOrEqual(20 * 1024);
  expect(svg).not.toMatch(/<image|<script|<foreignObject|href=|url\((?!#)|@import/);
  const sizes = [...svg.matchAll(/font(?:-size)?:(?:\d+ )?(\d+)px/g)].map(([, size]) => Number(size));
  expect(Math.min(...sizes)).toBeGreaterThanOrEqual(13);
});

it.each(['README.md', 'ARCHITECTURE.md', 'docs/estate.md'])('is on %s', page => {
  expect(readPage(page)).toContain(`](${relative(join(page, '..'), picture)})`);
});
