import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage } from '../kit/markdown.ts';

const top = resolve(import.meta.dirname, '../..');
const foreign = /(?:^|\/)(?:node_modules|\.git|data)(?:\/|$)/;

const pages = readdirSync(top, { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.md') && !foreign.test(name))
  .toSorted();

/** Code is no prose: what looks like a link or a heading in it is none. */
const proseOf = (page: string): string =>
  readPage(page)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/^(?: {4}|\t).*$/gm, '');

const linksOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/\]\(([^)\s]+)(?: "[^"]*")?\)/g)].map(([, target = '']) => target);

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): Set<string> {
  const headings = [...proseOf(page).matchAll(/^#{1,6} (.*)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
  const seen = new Map<string, number>();
  return new Set(
    headings.map(anchor => {
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      return times === 0 ? anchor : `${anchor}-${times}`;
    }),
  );
}

/** Why a link leads nowhere; undefined if it does lead somewhere, or out of the project. */
function whyDead(page: string, link: string): string | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(top, page) : resolve(top, dirname(page), decodeURI(path));
  if (!existsSync(target)) return `${page}: ${link}: there is no such file`;
  if (anchor === undefined || statSync(target).isDirectory() || !target.endsWith('.md')) return undefined;
  return anchorsOf(relative(top, target)).has(anchor)
    ? undefined
    : `${page}: ${link}: there is no such heading`;
}

describe('links between pages', () => {
  it('lead to files and headings that are there', () => {
    expect(pages.length).toBeGreaterThan(10);
    expect(pages.flatMap(page => linksOf(page).flatMap(link => whyDead(page, link) ?? []))).toEqual([]);
  });

  it('reach every page of docs/ from its index', () => {
    const index = linksOf('docs/README.md').map(link => join('docs', link));
    const missing = pages.filter(
      page => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/README.md' && !index.includes(page),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/decisions', () => {
  const decisions = pages.filter(page => page.startsWith('docs/decisions/'));

  it.each(decisions)(
    '%s has at most 40 lines, and says context, decision, price and what would change our mind',
    page => {
      const text = readPage(page);
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
      expect(text).toMatch(/Context[\s\S]*Decision[\s\S]*Price[\s\S]*What would change our mind/);
    },
  );

  it('have a number each', () => {
    const numbers = decisions.map(page => page.slice('docs/decisions/'.length).slice(0, 4));
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});
