import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toSettings } from '../../extracted-services/chassis/events/delivery.ts';
import { readPage } from '../kit/markdown.ts';

const folders = ['docs/patterns', 'docs/services'];
const index = 'docs/patterns/README.md';
const pages = folders
  .flatMap(folder => readdirSync(folder).map(name => join(folder, name)))
  .filter(page => page !== index);
const patterns = pages.filter(page => page.startsWith('docs/patterns/'));
const sections = ['What', 'When', 'What it costs', 'Where it bites', 'To read'];

describe.each(pages)('%s', page => {
  const text = readPage(page);

  it('names only files that are there', () => {
    const named = [...text.matchAll(/`((?:extracted-services|test|gateway|estate)\/[^`\s]*)`/g)].map(
      ([, file = '']) => file,
    );
    expect(named.filter(file => !existsSync(file))).toEqual([]);
    expect(named.length).toBeGreaterThan(0);
  });
});

describe.each(patterns)('%s', page => {
  const text = readPage(page);

  it('has at most 60 lines', () => {
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  });

  it('says what it is, when, at what price, where it bites and what to read, in this order', () => {
    const headings = [...text.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
    expect(headings.filter(heading => sections.includes(heading))).toEqual(sections);
  });

  it('has a row of the index, under its own title, with a file that it names too', () => {
    const title = /^# (.*)$/m.exec(text)?.[1];
    const rows = readPage(index)
      .split('\n')
      .filter(line => line.startsWith(`| [${title}](${basename(page)}) |`));
    expect(rows).toHaveLength(1);
    const cells = rows[0]?.split('|').slice(1, -1) ?? [];
    expect(cells.filter(cell => cell.trim() !== '')).toHaveLength(6);
    const file = /\]\(\.\.\/\.\.\/(\S+)\)/.exec(cells[5] ?? '')?.[1] ?? 'none';
    const named = [file, basename(file)].some(name => text.includes(`${name}\``));
    expect([file, existsSync(file), named]).toEqual([file, true, true]);
  });
});

it('is reached from an index: every pattern and every service', () => {
  const all = readPage('docs/README.md');
  expect(all).toContain('(patterns/README.md)');
  expect(readPage('README.md')).toContain('(docs/patterns/README.md)');
  const services = pages.filter(page => page.startsWith('docs/services/'));
  for (const page of services) expect(all).toContain(`(${page.replace('docs/', '')})`);
  const rows = [...readPage(index).matchAll(/^\| \[[^\]]+\]\(([\w-]+\.md)\)/gm)].map(([, name]) => name);
  expect(rows.toSorted()).toEqual(patterns.map(page => basename(page)).toSorted());
});

it('has the commands of dead letters as the command says them', () => {
  const script = 'extracted-services/chassis/events/dead-letters-command.ts';
  const { stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  const said = stderr.match(/npm run estate -- dead-letters .*/g) ?? [];
  expect(said).toHaveLength(4);
  for (const line of said) expect(readPage('docs/patterns/dead-letters.md')).toContain(line);
});

it('tells how often, and after how long, a handler is asked again', () => {
  const { attempts, backoff } = toSettings({ group: 'a', types: ['a.b.v1'], handle: async () => {} });
  expect([attempts, backoff]).toEqual([5, 200]);
  expect(readPage('docs/patterns/event-driven.md')).toContain('(five times, 200 ms doubled)');
});
