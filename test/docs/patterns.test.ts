import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toSettings } from '../../extracted-services/chassis/events/delivery.ts';
import { readPage } from '../kit/markdown.ts';

const folders = ['docs/patterns', 'docs/services'];
const pages = folders.flatMap(folder => readdirSync(folder).map(name => join(folder, name)));

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

it.each(pages.filter(page => page.startsWith('docs/patterns/')))('%s has at most 60 lines', page => {
  expect(readPage(page).trimEnd().split('\n').length).toBeLessThanOrEqual(60);
});

it('is reached from the index: every pattern and every service', () => {
  const index = readPage('docs/README.md');
  for (const page of pages) expect(index).toContain(`(${page.replace('docs/', '')})`);
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
