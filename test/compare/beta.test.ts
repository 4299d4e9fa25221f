import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logBeta, logBetaTails, logGamma } from '../../gateway/compare/beta.ts';

/** To twelve digits, or to 1e-13 where the value is next to nothing. */
const expectNear = (value: number, expected: number): void =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-13 + Math.abs(expected) * 1e-12);

describe('ln Γ', () => {
  // Computed with 40 digits; those of 0.5 (√π) and 100 (99!) are in Abramowitz and Stegun, chapter 6.
  it.each([
    [0.1, 2.252712651734206],
    [0.5, 0.5723649429247001],
    [1.5, -0.12078223763524522],
    [9.99, 12.779315214350193],
    [10, 12.801827480081469],
    [100, 359.1342053695754],
    [12_345.678, 103_959.91990554606],
  ])('of %d is %d', (x, expected) => expectNear(logGamma(x), expected));

  it('is the logarithm of a factorial', () => {
    let factorial = 1;
    for (let n = 1; n <= 20; n += 1) {
      expectNear(logGamma(n), Math.log(factorial));
      factorial *= n;
    }
  });
});

describe('ln B', () => {
  it.each([
    [0.5, 0.5, 1.1447298858494002],
    [0.5, 50, -1.3811466014510412],
    [3, 1_000_000, -40.75338749333038],
    [20, 30, -33.968820791977386],
    [100_000, 200_000, -190_958.88527911686],
    [10_000_000, 0.5, -7.48668287005446],
  ])('of %d and %d is %d, and symmetric', (a, b, expected) => {
    expectNear(logBeta(a, b), expected);
    expectNear(logBeta(b, a), expected);
  });
});

describe('the tails of the beta distribution', () => {
  it.each([
    [0.5, 0.5, 0.5, -Math.LN2, -Math.LN2],
    [0.01, 0.5, 50, -0.381706196462638, -1.1478937201858648],
    [0.01, 0.5, 417, -0.003807312435964527, -5.572734788371518],
    [0.01, 100.5, 900, -148.8058789489659, 0],
    [0.5, 6.5, 0.5, -5.745313999507816, -0.003202853973453224],
    [0.001, 5.5, 20_000, -0.0000354320115752881, -10.247912580606682],
  ])('at %d of (%d, %d) are e^%d and e^%d', (x, a, b, below, above) => {
    const tails = logBetaTails(x, a, b);
    expectNear(tails.below, below);
    expectNear(tails.above, above);
  });

  it('are binomial tails, and stay exact where they are smaller than any number', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 400 })
          .chain(n => fc.tuple(fc.constant(n), fc.integer({ min: 0, max: n - 1 }))),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        ([n, k], p) => {
          const { above } = logBetaTails(p, k + 1, n - k);
          expect(above).toBeCloseTo(logBinomialTail({ k, n, p }), 8);
        },
      ),
    );
    expect(logBetaTails(0.5, 1, 5000).above).toBeCloseTo(5000 * Math.log(0.5), 8);
    expect(logBetaTails(1e-9, 400, 1).below).toBeCloseTo(400 * Math.log(1e-9), 8);
  });

  it('add up to one and mirror each other', () => {
    const shapes = fc.double({ min: 0.1, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), shapes, shapes, (x, a, b) => {
        const tails = logBetaTails(x, a, b);
        expect(Math.exp(tails.below) + Math.exp(tails.above)).toBeCloseTo(1, 9);
        expect(tails.below).toBeLessThanOrEqual(0);
        expect(tails.above).toBeLessThanOrEqual(0);
      }),
    );
    expect(logBetaTails(0, 2, 3)).toEqual({ below: Number.NEGATIVE_INFINITY, above: 0 });
    expect(logBetaTails(1, 2, 3)).toEqual({ below: 0, above: Number.NEGATIVE_INFINITY });
  });
});

/** ln P(K ≤ k) of n, term by term. */
function logBinomialTail({ k, n, p }: { k: number; n: number; p: number }): number {
  let choose = 0;
  const terms: number[] = [];
  for (let i = 0; i <= k; i += 1) {
    terms.push(choose + i * Math.log(p) + (n - i) * Math.log1p(-p));
    choose += Math.log((n - i) / (i + 1));
  }
  const most = Math.max(...terms);
  return most + Math.log(terms.reduce((sum, term) => sum + Math.exp(term - most), 0));
}
