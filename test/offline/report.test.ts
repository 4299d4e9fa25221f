import { existsSync } from 'node:fs';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import type { Comparison, Difference } from '../../gateway/compare/comparison.ts';
import { toSignature } from '../../gateway/compare/signature.ts';
import { createFindings } from '../../gateway/offline/findings.ts';
import type { ReplayedPair } from '../../gateway/offline/replay.ts';
import type { ReplayReport } from '../../gateway/offline/report.ts';
import { toHtml } from '../../gateway/offline/report-html.ts';
import { toJunit } from '../../gateway/offline/report-junit.ts';

const differs = (path: string, legacy: string, service: string): Difference => {
  const classes = { legacy: 'text', service: 'text' } as const;
  return { path, kind: 'value', legacy, service, classes, signature: toSignature(path, 'value', classes) };
};

const compared = (...differences: Difference[]): Comparison => ({
  ...{
    outcome: differences.length === 0 ? 'match' : 'mismatch',
    differences,
    isCut: false,
    again: undefined,
  },
});

const pair = (more: Partial<ReplayedPair> & { readonly target?: string } = {}): ReplayedPair => ({
  request: { method: 'GET', target: more.target ?? '/a', fields: [] },
  ...{ template: '/a', entry: -1, params: [], outcome: 'match', comparison: compared() },
  ...{ statuses: { legacy: 200, service: 200 }, ms: { legacy: 10, service: 10 }, sides: () => ({}) },
  ...more,
});

const mismatch = (differences: Difference[], more: Partial<ReplayedPair> = {}): ReplayedPair =>
  pair({ outcome: 'mismatch', comparison: compared(...differences), ...more });

function reportOf(pairs: readonly ReplayedPair[], maxMismatch = 1): ReplayReport {
  const findings = createFindings();
  for (const each of pairs) findings.add(each);
  return {
    ...{ kind: 'figway-replay', at: '2026-01-01T00:00:00.000Z', seed: 's', route: null },
    ...{ source: { file: 'a.log', format: 'common' }, sides: { legacy: 'http://l/', service: 'http://s/' } },
    input: { requests: 1, corrupt: 0, passed: {}, repeated: 0, leftOut: 0, asked: pairs.length },
    ...findings.toResult(maxMismatch),
  };
}

const many = (count: number, make: (at: number) => ReplayedPair): ReplayedPair[] =>
  Array.from({ length: count }, (_, at) => make(at));

describe('the verdict of a replay', () => {
  it('is ready from the number on that the bound asks for, one bad one needs more', () => {
    expect(reportOf(many(299, () => pair())).verdict).toMatchObject({ state: 'ready', n: 299, more: 0 });
    expect(reportOf(many(298, () => pair())).verdict).toMatchObject({ state: 'pending', more: 1 });
    const bad = mismatch([differs('$.a', 'x', 'y')]);
    expect(reportOf([bad, ...many(471, () => pair())]).verdict).toMatchObject({ state: 'pending', more: 1 });
    expect(reportOf([bad, ...many(472, () => pair())]).verdict).toMatchObject({ state: 'ready', bad: 1 });
  });

  it('is not ready where more than 5 % say nothing', () => {
    const silent = pair({ outcome: 'skipped', skip: 'unauthenticated', comparison: undefined });
    expect(reportOf([...many(400, () => pair()), ...many(21, () => silent)]).verdict.state).toBe('ready');
    const { state, n, reasons } = reportOf([...many(400, () => pair()), ...many(22, () => silent)]).verdict;
    expect([state, n]).toEqual(['pending', 400]);
    expect(reasons[0]).toBe('22 of 422 requests say nothing, more than 5 %');
  });

  it('leaves failures of legacy out of the rate', () => {
    const failed = pair({ outcome: 'legacy-failed', comparison: undefined });
    expect(reportOf([failed, ...many(299, () => pair())]).verdict).toMatchObject({ n: 299, bad: 0 });
  });
});

describe('the findings of a replay', () => {
  it('put together what the same requests show, most frequent first', () => {
    const both = [differs('$.a', 'x', 'y'), differs('$.b', 'x', 'y')];
    const { findings } = reportOf([
      ...many(3, () => mismatch([differs('$.c', 'x', 'y')])),
      ...many(20, () => mismatch(both)),
    ]);
    expect(findings.map(({ count, signatures }) => [count, signatures.map(({ path }) => path)])).toEqual([
      [20, ['$.a', '$.b']],
      [3, ['$.c']],
    ]);
    expect(findings[0]?.examples).toHaveLength(3);
  });

  it('tell the same path of two templates apart', () => {
    const { findings } = reportOf([
      mismatch([differs('$.id', 'x', 'y')]),
      mismatch([differs('$.id', 'x', 'y')], { template: '/b' }),
    ]);
    expect(findings).toHaveLength(2);
  });

  it('are bounded: what is beyond counts and is not listed', () => {
    const report = reportOf(
      many(2100, at => mismatch([differs(`$.field${'x'.repeat(at % 7)}a${at}b`, 'x', 'y')])),
    );
    const listed = report.findings.flatMap(({ signatures }) => signatures);
    expect(listed).toHaveLength(2000);
    expect(report.untold).toBe(100);
    expect(report.verdict.bad).toBe(2100);
    expect(report.examples.length).toBeLessThanOrEqual(300);
  });
});

const hostile = '</code><script>alert(1)</script>\u0000"\'&';

describe('reports of hostile answers', () => {
  const report = reportOf([
    mismatch([differs(hostile, hostile, 'y')], {
      ...{ target: `/a?x=${hostile}&token=secret`, detail: hostile },
      sides: () => ({
        legacy: { status: 200, ms: 1, bytes: 1, fields: [['x', hostile]], body: hostile },
        service: { status: 200, ms: 1, bytes: 1, body: JSON.stringify({ a: hostile }) },
      }),
    }),
  ]);

  it('are HTML in which they are text', () => {
    const html = toHtml(report);
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).not.toContain('secret');
  });

  it('are XML that parses, with a failure for each finding', () => {
    const names: string[] = [];
    const parser = new SaxesParser();
    parser.on('opentag', ({ name }) => names.push(name));
    parser.on('error', error => {
      throw error;
    });
    parser.write(toJunit(report)).close();
    expect(names.filter(name => name === 'testcase')).toHaveLength(2);
    // One bad of one is surely above the bound.
    expect(names.filter(name => name === 'failure')).toHaveLength(2);
  });
});

const chromium = '/usr/bin/chromium';
const isMissing = process.env.FIGWAY_REQUIRE_SERVICES !== '1' && !existsSync(chromium);

describe.skipIf(isMissing)('the HTML report in a browser', () => {
  it('asks nobody, says nothing on the console, and fits a phone, dark and light', async () => {
    const body = (total: number) =>
      JSON.stringify({ total, lines: [{ sku: 'a'.repeat(300) }] }, undefined, 1);
    const report = reportOf([
      mismatch([differs('$.total', '1', '2')], {
        sides: () => ({
          legacy: { status: 200, ms: 1, bytes: 1, fields: [['etag', 'x'.repeat(300)]], body: body(1) },
          service: { status: 200, ms: 1, bytes: 1, body: body(2) },
        }),
      }),
    ]);
    const { chromium: browsers } = await import('playwright-core');
    const browser = await browsers.launch({ executablePath: chromium, args: ['--no-sandbox'] });
    try {
      const said: string[] = [];
      const grounds: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await browser.newPage({ viewport: { width: 375, height: 700 }, colorScheme });
        page.on('console', message => said.push(message.text()));
        page.on('request', request => said.push(request.url()));
        await page.setContent(toHtml(report));
        expect(await page.locator('.sides mark').allTextContents()).toEqual(['1', '2']);
        const [width, ground] = await page.evaluate<[number, string]>(
          '[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]',
        );
        expect(width).toBe(375);
        grounds.push(ground);
        await page.close();
      }
      expect(said).toEqual([]);
      expect(new Set(grounds).size).toBe(2);
    } finally {
      await browser.close();
    }
  });
});
