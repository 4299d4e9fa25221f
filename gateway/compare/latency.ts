import { enough, logAbove, logBelow } from './e-process.ts';
import type { PairLatency, Percentiles, SlowState } from './evidence.ts';

/** Buckets to an octave: a percentile is at most 3 % off. */
const perOctave = 12;
/** Milliseconds: shortest and longest time told apart, about 0.1 ms and 28 minutes. */
const shortest = 0.1;
const buckets = 24 * perOctave;

/** Percent of slow pairs that is still fine. */
const maxSlow = 0.05;

/** How long answers took: a histogram by the logarithm, of fixed size. */
export type Histogram = Uint32Array;

/** How long both sides took for the same requests. Slow ones are counted for distinct requests only. */
export interface PairTimes {
  readonly legacy: Histogram;
  readonly service: Histogram;
  pairs: number;
  slow: number;
}

export const newPairTimes = (): PairTimes => ({
  ...{ legacy: new Uint32Array(buckets), service: new Uint32Array(buckets), pairs: 0, slow: 0 },
});

export const isSlow = (legacy: number, service: number): boolean => service > legacy * 1.25 + 25;

export function addTime(histogram: Histogram, ms: number): void {
  const place = ms <= shortest ? 0 : Math.ceil(Math.log2(ms / shortest) * perOctave);
  const at = Math.min(place, buckets - 1);
  histogram[at] = (histogram[at] ?? 0) + 1;
}

export function toLatency(times: PairTimes): PairLatency | undefined {
  const legacy = toPercentiles(times.legacy);
  const service = toPercentiles(times.service);
  if (legacy === undefined || service === undefined) return undefined;
  return { legacy, service, pairs: times.pairs, slow: times.slow, state: stateOf(times) };
}

function stateOf({ pairs, slow }: PairTimes): SlowState {
  const tally = { bad: slow, n: pairs, bound: maxSlow };
  if (logBelow(tally) >= enough) return 'fine';
  return logAbove(tally) >= enough ? 'slower' : 'unknown';
}

function toPercentiles(histogram: Histogram): Percentiles | undefined {
  const all = histogram.reduce((sum, count) => sum + count, 0);
  if (all === 0) return undefined;
  const below = (share: number): number => {
    let at = -1;
    for (let left = Math.ceil(all * share); left > 0; left -= histogram[at] ?? 0) at += 1;
    // The middle of the bucket.
    return at <= 0 ? shortest : shortest * 2 ** ((at - 0.5) / perOctave);
  };
  return { p50: below(0.5), p95: below(0.95), p99: below(0.99) };
}
