import { expect, it } from 'vitest';
import { createKept } from '../../../extracted-services/mobile-bff/kept.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

it('keeps so many, and lets go of what was put longest ago', () => {
  const kept = createKept({ maxAge: 1000, maxEntries: 2, clock: createManualClock() });
  kept.put('a', 1);
  kept.put('b', 2);
  kept.put('a', 3);
  kept.put('c', 4);
  expect(['a', 'b', 'c'].map(key => kept.get(key)?.value)).toEqual([3, undefined, 4]);
});

it('forgets what is older than its bound, and what is dropped', () => {
  const clock = createManualClock();
  const kept = createKept({ maxAge: 1000, maxEntries: 2, clock });
  kept.put('a', 1);
  clock.advance(1000);
  expect(kept.get('a')).toEqual({ value: 1, age: 1000 });
  clock.advance(1);
  expect(kept.get('a')).toBeUndefined();
  kept.put('b', 2);
  kept.drop('b');
  expect(kept.get('b')).toBeUndefined();
});
