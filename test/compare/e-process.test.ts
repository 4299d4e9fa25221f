import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { enough, fewestBelow, logAbove, logBelow, logSign } from '../../gateway/compare/e-process.ts';
import { createRandom } from '../kit/random.ts';

describe('how many distinct requests it takes', () => {
  it.each([
    [1, 0, 367],
    [1, 1, 657],
    [1, 3, 1080],
    [0.1, 0, 3678],
    [0.1, 1, 6593],
    [0.1, 3, 10_827],
  ])('for %d %% with %d bad is %d', (percent, bad, n) => {
    const bound = percent / 100;
    expect(fewestBelow(bad, bound)).toBe(n);
    expect(logBelow({ bad, n, bound })).toBeGreaterThanOrEqual(enough);
    expect(logBelow({ bad, n: n - 1, bound })).toBeLessThan(enough);
  });

  it('is no number for a bound of nothing, and none at all for a bound of everything', () => {
    expect(fewestBelow(0, 0)).toBeUndefined();
    expect(fewestBelow(5, 1)).toBe(5);
  });
});

it('a signature is real at 6, 10, 12, 15, 17 and 19 against 0 to 5', () => {
  const fewest = [0, 1, 2, 3, 4, 5].map(c => {
    let b = 0;
    while (logSign(b, c) < enough) b += 1;
    return b;
  });
  expect(fewest).toEqual([6, 10, 12, 15, 17, 19]);
});

describe('a process', () => {
  const bounds = fc.constantFrom(0.001, 0.01, 0.05, 0.5);
  const tallies = fc
    .integer({ min: 0, max: 3000 })
    .chain(n => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n })));

  it('grows with every good request and falls with every bad one; its mirror the other way round', () => {
    fc.assert(
      fc.property(tallies, bounds, ([n, bad], bound) => {
        const now = { bad, n, bound };
        const good = { bad, n: n + 1, bound };
        const worse = { bad: bad + 1, n: n + 1, bound };
        const slack = 1e-9 * (1 + n);
        expect(logBelow(good)).toBeGreaterThanOrEqual(logBelow(now) - slack);
        expect(logBelow(worse)).toBeLessThanOrEqual(logBelow(now) + slack);
        expect(logAbove(good)).toBeLessThanOrEqual(logAbove(now) + slack);
        expect(logAbove(worse)).toBeGreaterThanOrEqual(logAbove(now) - slack);
      }),
    );
  });

  it('begins at one, and stays one on average at the bound', () => {
    for (const bound of [0.001, 0.01, 0.5]) {
      expect(logBelow({ bad: 0, n: 0, bound })).toBeCloseTo(0, 12);
      expect(logAbove({ bad: 0, n: 0, bound })).toBeCloseTo(0, 12);
      for (const [bad, n] of [
        [0, 10],
        [3, 200],
        [40, 1000],
      ] as const)
        for (const log of [logBelow, logAbove]) {
          const next =
            bound * Math.exp(log({ bad: bad + 1, n: n + 1, bound })) +
            (1 - bound) * Math.exp(log({ bad, n: n + 1, bound }));
          expect(next / Math.exp(log({ bad, n, bound }))).toBeCloseTo(1, 9);
        }
    }
  });

  it('says "fine" wrongly in under 5 % of runs at the bound, though looked at every 50 requests', () => {
    const bound = 0.01;
    const runs = 600;
    let wrong = 0;
    for (let run = 0; run < runs; run += 1) {
      const random = createRandom(run);
      let bad = 0;
      for (let n = 1; n <= 10_000; n += 1) {
        if (random() < bound) bad += 1;
        if (n % 50 !== 0 || logBelow({ bad, n, bound }) < enough) continue;
        wrong += 1;
        break;
      }
    }
    expect(wrong / runs).toBeLessThan(0.05);
    // It is no trick of never saying it: some runs do.
    expect(wrong).toBeGreaterThan(0);
  });

  it('calls a fair coin real in under 5 % of runs, looked at after every throw', () => {
    const runs = 600;
    let wrong = 0;
    for (let run = 0; run < runs; run += 1) {
      const random = createRandom(10_000 + run);
      let b = 0;
      for (let n = 1; n <= 500; n += 1) {
        if (random() < 0.5) b += 1;
        if (logSign(b, n - b) < enough) continue;
        wrong += 1;
        break;
      }
    }
    expect(wrong / runs).toBeLessThan(0.05);
  });
});
