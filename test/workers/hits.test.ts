import { describe, expect, it } from 'vitest';
import { createSharedHits } from '../../gateway/workers/hits.ts';

/** Time that stands still until it is moved. */
const makeClock = () => {
  let at = 0;
  return {
    now: () => at,
    move(ms: number) {
      at += ms;
    },
  };
};

describe('hits that workers share', () => {
  it('are added up by key, each in a window that begins with its first hit', () => {
    const clock = makeClock();
    const hits = createSharedHits(clock);
    expect(hits.add(['a', 'b'], ['2', '1000', '1', '60000'])).toEqual([2, 1000, 1, 60_000]);
    clock.move(400);
    expect(hits.add(['a'], ['3', '1000'])).toEqual([5, 600]);
    clock.move(600);
    expect(hits.add(['a', 'b'], ['1', '1000', '-1', '60000'])).toEqual([1, 1000, 0, 59_000]);
  });

  it('are bounded: windows that are over go first, then the oldest', () => {
    const clock = makeClock();
    const hits = createSharedHits(clock, 32);
    for (let key = 0; key < 32; key++) hits.add([`k${key}`], ['1', key < 16 ? '100' : '10000']);
    clock.move(200);
    hits.add(['new'], ['1', '10000']);
    expect(hits.size).toBe(17);
    for (let key = 0; key < 100; key++) hits.add([`more${key}`], ['1', '10000']);
    expect(hits.size).toBeLessThanOrEqual(32);
    expect(hits.add(['more99'], ['1', '10000'])[0]).toBe(2);
  });
});
