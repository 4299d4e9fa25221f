import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SlidingCount } from '../../gateway/proxy/sliding-count.ts';

const span = 10_000;
const steps = fc.array(
  fc.record({
    wait: fc.oneof(
      fc.constantFrom(0, span / 20),
      fc.integer({ min: 0, max: span / 10 }),
      fc.double({ min: 0, max: 2 * span, noNaN: true }),
      fc.constant(3_600_000),
    ),
    adds: fc.boolean(),
  }),
  { maxLength: 200 },
);

it('counts what a list of times counts, to a twentieth of the window', () => {
  fc.assert(
    fc.property(steps, fc.double({ min: 0, max: 1e9, noNaN: true }), (script, start) => {
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
