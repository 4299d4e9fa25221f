import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Breaker, createBreaker, type Pass } from '../../gateway/proxy/breaker.ts';
import type { AttemptEnd } from '../../gateway/proxy/upstream.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const config = { errors: 50, window: 10_000, minimum: 20, pause: 5000 };

function openBreaker(settings = config) {
  const clock = createManualClock();
  const states: string[] = [];
  const breaker = createBreaker(settings, clock, state => states.push(state));
  return { breaker, clock, states };
}

const pass = (breaker: Breaker): Pass => {
  const given = breaker.enter();
  if (given === undefined) throw new Error(`no way in: ${breaker.state}`);
  return given;
};

/** cockatiel takes note a few microtasks later. */
async function attempts(breaker: Breaker, ends: Partial<Record<AttemptEnd, number>>) {
  for (const [end, times] of Object.entries(ends))
    for (let i = 0; i < times; i++) pass(breaker).settle(end as AttemptEnd);
  await setImmediate();
}

describe('a closed breaker', () => {
  it('opens when the minimum is reached and the share of errors is', async () => {
    const { breaker, states } = openBreaker();
    await attempts(breaker, { good: 10, bad: 9 });
    expect(breaker.state).toBe('closed');
    await attempts(breaker, { bad: 1 });
    expect(breaker.state).toBe('open');
    expect(states).toEqual(['open']);
  });

  it('stays closed below the share', async () => {
    const { breaker } = openBreaker();
    await attempts(breaker, { good: 60, bad: 50 });
    expect(breaker.state).toBe('closed');
  });

  it('counts nothing for clients that went away', async () => {
    const { breaker } = openBreaker();
    await attempts(breaker, { unknown: 100, bad: 19 });
    expect(breaker.state).toBe('closed');
    await attempts(breaker, { bad: 1 });
    expect(breaker.state).toBe('open');
  });

  it('does not count the failures of an hour ago', async () => {
    const { breaker, clock } = openBreaker();
    await attempts(breaker, { bad: 19 });
    clock.advance(3_600_000);
    await attempts(breaker, { bad: 19 });
    expect(breaker.state).toBe('closed');
  });

  it('opens once for a burst of failures', async () => {
    const { breaker, states } = openBreaker();
    const burst = Array.from({ length: 100 }, () => pass(breaker));
    for (const each of burst) each.settle('bad');
    await setImmediate();
    expect(states).toEqual(['open']);
  });
});

describe('an open breaker', () => {
  it('lets nobody in before the pause is over, and says how long that is', async () => {
    const { breaker, clock } = openBreaker();
    await attempts(breaker, { bad: 20 });
    expect([breaker.hasWay(), breaker.enter(), breaker.retryAfter()]).toEqual([false, undefined, 5]);
    clock.advance(4100);
    expect([breaker.hasWay(), breaker.enter(), breaker.retryAfter()]).toEqual([false, undefined, 1]);
    clock.advance(900);
    expect(breaker.hasWay()).toBe(true);
  });

  it('ignores what was sent before it opened', async () => {
    const { breaker, clock, states } = openBreaker();
    const late = pass(breaker);
    await attempts(breaker, { bad: 20 });
    clock.advance(5000);
    const probe = pass(breaker);
    late.settle('bad');
    await setImmediate();
    expect(breaker.state).toBe('half-open');
    probe.settle('good');
    await setImmediate();
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });
});

describe('a half-open breaker', () => {
  async function openHalf(settings = config) {
    const opened = openBreaker(settings);
    await attempts(opened.breaker, { bad: 20 });
    opened.clock.advance(5000);
    return opened;
  }

  it('sends one probe, and tells all others at once that there is no way', async () => {
    const { breaker, states } = await openHalf();
    const probe = pass(breaker);
    expect(breaker.state).toBe('half-open');
    for (let i = 0; i < 100; i++) expect(breaker.enter()).toBeUndefined();
    expect(breaker.retryAfter()).toBe(1);
    probe.settle('good');
    await setImmediate();
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('begins from nothing once closed', async () => {
    const { breaker } = await openHalf();
    await attempts(breaker, { good: 1 });
    await attempts(breaker, { bad: 19 });
    expect(breaker.state).toBe('closed');
  });

  it('rests again when the probe fails', async () => {
    const { breaker, clock, states } = await openHalf();
    await attempts(breaker, { bad: 1 });
    expect(states).toEqual(['open', 'half-open', 'open']);
    clock.advance(4999);
    expect(breaker.enter()).toBeUndefined();
    clock.advance(1);
    expect(breaker.enter()).toBeDefined();
  });

  it('neither closes nor opens nor sticks when the probe ends unknown: the next one is the probe', async () => {
    const { breaker, states } = await openHalf();
    for (let i = 0; i < 5; i++) {
      await attempts(breaker, { unknown: 1 });
      expect(breaker.state).toBe('half-open');
    }
    const probe = pass(breaker);
    expect(breaker.hasWay()).toBe(false);
    probe.settle('good');
    await setImmediate();
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it('closes at the head of the probe, and counts its truncation after that once', async () => {
    const { breaker } = await openHalf({ ...config, minimum: 1 });
    const probe = pass(breaker);
    probe.answered();
    await setImmediate();
    expect(breaker.state).toBe('closed');
    probe.settle('bad');
    await setImmediate();
    expect(breaker.state).toBe('open');
  });

  it('does not open for the rest of a probe that was answered and ended well', async () => {
    const { breaker, states } = await openHalf({ ...config, minimum: 1 });
    const probe = pass(breaker);
    probe.answered();
    await setImmediate();
    probe.settle('good');
    await setImmediate();
    expect(states.at(-1)).toBe('closed');
  });
});
