import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addTime, isSlow, newPairTimes, toLatency } from '../../gateway/compare/latency.ts';

it('a pair is slow beyond legacy · 1.25 + 25 ms', () => {
  expect(isSlow(100, 150)).toBe(false);
  expect(isSlow(100, 150.01)).toBe(true);
  expect(isSlow(0, 25)).toBe(false);
});

it('says percentiles to 3 %', () => {
  const times = fc.array(fc.double({ min: 0.2, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(times, list => {
      const pairs = newPairTimes();
      for (const ms of list) {
        addTime(pairs.legacy, ms);
        addTime(pairs.service, ms * 2);
      }
      const sorted = [...list].sort((a, b) => a - b);
      const exact = (share: number) => sorted[Math.ceil(list.length * share) - 1] ?? 0;
      const latency = toLatency(pairs);
      for (const [name, share] of [
        ['p50', 0.5],
        ['p95', 0.95],
        ['p99', 0.99],
      ] as const) {
        expect(Math.abs((latency?.legacy[name] ?? 0) / exact(share) - 1)).toBeLessThan(0.03);
        expect(Math.abs((latency?.service[name] ?? 0) / (2 * exact(share)) - 1)).toBeLessThan(0.03);
      }
    }),
  );
});

it('keeps what is shorter or longer than it can tell in the first and last bucket', () => {
  const pairs = newPairTimes();
  for (const ms of [0, 0.01]) addTime(pairs.legacy, ms);
  addTime(pairs.service, 1e12);
  expect(toLatency(pairs)?.legacy.p50).toBe(0.1);
  expect(toLatency(pairs)?.service.p99).toBeGreaterThan(1e6);
});
