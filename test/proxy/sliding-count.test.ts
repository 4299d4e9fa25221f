import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlidingCount } from '../../gateway/proxy/sliding-count.ts';

const span = 10_000;
const waits = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(0, 100, 500, 600) },
  { weight: 4, arbitrary: fc.double({ min: 0, max: 2 * span, noNaN: true }) },
  { weight: 1, arbitrary: fc.constant(3_600_000) },
);
const steps = fc.array(fc.record({ wait: waits, adds: fc.boolean() }), { minLength: 50, maxLength: 150 });
const starts = fc.integer({ min: 0, max: 1e7 }).map(tenths => tenths * 100);

it('counts what a list of times counts, to a twentieth of the window', () => {
  fc.assert(
    fc.property(steps, starts, (script, start) => {
      const count = new SlidingCount(span);
      const times: number[] = [];
      let now = start;
      for (const { wait, adds } of script) {
        now += wait;
        if (adds) {
          count.add(now);
          times.push(now);
        }
        const slice = (time: number) => Math.floor(time / (span / 20));
        const total = count.total(now);
        expect(total).toBe(times.filter(time => slice(time) > slice(now) - 20).length);
        expect(total).toBeLessThanOrEqual(times.filter(time => now - time < span).length);
        expect(total).toBeGreaterThanOrEqual(times.filter(time => now - time <= (span * 19) / 20).length);
      }
    }),
  );
});

it('forgets everything after an idle hour', () => {
  const count = new SlidingCount(span);
  for (let i = 0; i < 100; i++) count.add(i);
  expect(count.total(100)).toBe(100);
  expect(count.total(3_600_000)).toBe(0);
});
