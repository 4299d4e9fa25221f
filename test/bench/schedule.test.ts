import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toSchedule } from './schedule.ts';

test('requests are due evenly, the first at once', () => {
  const schedule = toSchedule(1000, 2);
  expect(schedule.count).toBe(2000);
  expect([0, 1, 2, 500].map(schedule.dueAt)).toEqual([0, 1, 2, 500]);
  expect([-1, 0, 0.9, 1, 499.9, 500].map(schedule.dueBy)).toEqual([0, 1, 1, 2, 500, 501]);
});

test('no more fall due than were asked for, however late the clock', () => {
  expect(toSchedule(100, 1).dueBy(60_000)).toBe(100);
});

test('whatever the rate, a request is due at its due time and not a little before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50_000 }), fc.integer({ min: 0, max: 50_000 }), (rate, index) => {
      const { dueAt, dueBy } = toSchedule(rate, 100_000);
      expect(dueBy(dueAt(index) + 1e-6)).toBe(index + 1);
      expect(dueBy(dueAt(index) - 1e-6)).toBe(index);
    }),
  );
});
