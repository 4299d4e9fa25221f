/**
 * The beta function and its incomplete form, as natural logarithms: what a verdict weighs lies far out in
 * the tails, where the plain values are 0 or 1. Relative error of the results about 1e-12.
 */

const halfLogTwoPi = Math.log(2 * Math.PI) / 2;
/** From here on Stirling's series is exact to the last digit. */
const large = 10;
/** Of the continued fraction. It takes about the square root of the larger parameter. */
const mostSteps = 100_000;

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  // Γ(x) = Γ(x + m) / (x (x + 1) … (x + m − 1))
  let shift = 0;
  let at = x;
  for (; at < large; at += 1) shift += Math.log(at);
  return (at - 0.5) * Math.log(at) - at + halfLogTwoPi + stirlingRest(at) - shift;
}

/** ln B(a, b) for a, b > 0. Large parameters do not cancel out. */
export function logBeta(a: number, b: number): number {
  const [small, big] = a < b ? [a, b] : [b, a];
  if (big < large) return logGamma(small) + logGamma(big) - logGamma(small + big);
  const sum = small + big;
  const rest = stirlingRest(big) - stirlingRest(sum);
  const tail = (big - 0.5) * Math.log1p(-small / sum);
  if (small < large) return logGamma(small) + rest + tail + small - small * Math.log(sum);
  return (
    stirlingRest(small) +
    rest +
    halfLogTwoPi -
    0.5 * Math.log(sum) +
    (small - 0.5) * Math.log(small / sum) +
    tail
  );
}

/** Both tails of the beta distribution at x, as logarithms: ln I_x(a, b) and ln (1 − I_x(a, b)). */
export interface BetaTails {
  readonly below: number;
  readonly above: number;
}

/** @param x from 0 to 1; a and b above 0. Each tail is exact however small it is. */
export function logBetaTails(x: number, a: number, b: number): BetaTails {
  if (x <= 0) return { below: Number.NEGATIVE_INFINITY, above: 0 };
  if (x >= 1) return { below: 0, above: Number.NEGATIVE_INFINITY };
  if (x < (a + 1) / (a + b + 2)) {
    const below = smallerTail(x, a, b);
    return { below, above: Math.log1p(-Math.exp(below)) };
  }
  const above = smallerTail(1 - x, b, a);
  return { below: Math.log1p(-Math.exp(above)), above };
}

/** What Stirling's formula leaves out of ln Γ(x), for x ≥ 10. */
function stirlingRest(x: number): number {
  const r = 1 / (x * x);
  return (
    (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r * (1 / 1680 - r * (1 / 1188 - r * (691 / 360_360)))))) / x
  );
}

/** ln I_x(a, b) where x is below the mean: there the continued fraction converges (DLMF 8.17.22). */
function smallerTail(x: number, a: number, b: number): number {
  const front = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b) - Math.log(a);
  return Math.min(0, front - Math.log(fraction(x, a, b)));
}

/** 1 + d1/(1 + d2/(1 + …)), by Lentz's method. */
function fraction(x: number, a: number, b: number): number {
  let value = 1;
  let up = 1;
  let down = 0;
  for (let step = 1; step <= mostSteps; step += 1) {
    const term = coefficient(step, { x, a, b });
    down = 1 / keepOff(1 + term * down);
    up = keepOff(1 + term / up);
    const factor = up * down;
    value *= factor;
    if (Math.abs(factor - 1) < 1e-16) break;
  }
  return value;
}

function coefficient(step: number, { x, a, b }: { x: number; a: number; b: number }): number {
  const m = Math.floor(step / 2);
  return step % 2 === 0
    ? (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    : (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
}

const keepOff = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
