import { describe, expect, it } from 'vitest';
import { judgeOffline } from '../../gateway/compare/clopper-pearson.ts';
import { enough, fewestBelow, logSign } from '../../gateway/compare/e-process.ts';
import { toCount } from '../../gateway/compare/figures.ts';
import { mayDrift } from '../../gateway/compare/noise.ts';
import { stages } from '../../gateway/core/vocabulary.ts';
import { gateFor } from '../../gateway/routing/stages.ts';
import { codesIn, readPage, tableOf } from '../kit/markdown.ts';

const page = readPage('docs/verdict.md');

describe('docs/verdict.md', () => {
  it('gives the sample sizes that come out', () => {
    const rows = tableOf(page, '`maxMismatch`');
    expect(rows).toHaveLength(9);
    for (const [percent = '', bad = '', watched, recorded] of rows) {
      const maxMismatch = Number.parseFloat(percent);
      const k = Number(bad);
      expect(watched).toBe(toCount(fewestBelow(k, maxMismatch / 100) ?? Number.NaN));
      expect(recorded).toBe(toCount(k + (judgeOffline({ bad: k, n: k, maxMismatch }).more ?? Number.NaN)));
    }
  });

  it('says from when on a signature is real', () => {
    const rows = tableOf(page, '`c`').map(row => row.map(Number));
    expect(rows).toHaveLength(6);
    for (const [c = 0, b = 0] of rows) {
      expect(logSign(b, c)).toBeGreaterThanOrEqual(enough);
      expect(logSign(b - 1, c)).toBeLessThan(enough);
    }
  });

  it('names the classes that drift', () => {
    const [, classes = ''] = /^Drifting classes: (.*?)\. Text/m.exec(page) ?? [];
    const named = codesIn(classes).map(each => (each === 'hex' || each === 'digits' ? `${each}-8` : each));
    expect(named).toHaveLength(6);
    for (const each of named) expect(mayDrift(`$.a value ${each}:${each}`)).toBe(true);
  });

  it('names the skips that do not count', () => {
    const [, code = ''] =
      /const exempt[^[]*\[\] = \[([\s\S]*?)\]/.exec(readPage('gateway/compare/coverage.ts')) ?? [];
    const exempt = [...code.matchAll(/'([\w-]+)'/g)].map(([, reason]) => reason);
    const gate = tableOf(page, 'gate').find(([name]) => name === 'skipped') ?? [];
    expect(codesIn(gate[1])).toEqual(exempt);
    expect(exempt).toHaveLength(8);
  });

  it.each([
    ['fingerprints.ts', /mostFingerprints = 200_000;/, '200,000'],
    ['route-evidence.ts', /mostSignatures = 2000;/, '2,000'],
    ['route-evidence.ts', /mostEpochs = 4;/, '| 4 '],
    ['route-evidence.ts', /silence = 10 \* 60_000;/, 'silent for ten minutes'],
    ['trial-sets.ts', /mostSets = 4096;/, '4,096'],
    ['signature-counts.ts', /mostExamples = 5;/, '| 5 '],
    ['tripwire.ts', /mostInWindow = 10_000;/, '10,000'],
    ['coverage.ts', /maxSkipped = 0\.05;/, 'at most 5 % of the requests were skipped'],
    ['coverage.ts', /maxLagged = 0\.01;/, 'at most 1 % agreed only'],
    ['coverage.ts', /smallestClass = 0\.01;/, "1 % or more of legacy's answers"],
    ['judge-route.ts', /smallestShare = 0\.01;/, 'that carry 1 % or more of its requests'],
    ['judge-part.ts', /fewestUnknown = 3;/, 'from 3 distinct requests on'],
    ['latency.ts', /maxSlow = 0\.05;/, 'more than 5 % of the distinct pairs'],
    ['latency.ts', /legacy \* 1\.25 \+ 25;/, 'legacy · 1.25 + 25 ms'],
  ])('gives the bound that %s has: %s', (file, code, text) => {
    expect(readPage(`gateway/compare/${file}`)).toMatch(code);
    expect(page).toContain(text);
  });

  it('says which gate stands in front of each stage', () => {
    const rows = tableOf(page, 'gate of a move');
    const said = rows.flatMap(([gate = '', where = '']) =>
      codesIn(where).map(stage => [stage, codesIn(gate)[0]]),
    );
    const real = stages.map((to, at) => [to, gateFor({ stage: stages[at - 1] ?? 'legacy' }, { stage: to })]);
    expect(new Map(said as [string, string][])).toEqual(new Map(real as [string, string][]));
    const more = gateFor({ stage: 'canary', percent: 1 }, { stage: 'canary', percent: 2 });
    expect(rows.find(([gate = '']) => codesIn(gate)[0] === more)?.[1]).toContain(
      'a higher percent in canary',
    );
  });
});
