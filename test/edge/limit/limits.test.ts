import { describe, expect, it } from 'vitest';
import { createEvents } from '../../../gateway/core/events.ts';
import { createBruteForce } from '../../../gateway/edge/limit/brute-force.ts';
import { createCounters } from '../../../gateway/edge/limit/limits.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const open = () => {
  const clock = createManualClock();
  return { clock, counters: createCounters({ events: createEvents(), clock }) };
};

const rule = { name: 'orders', by: 'client', requests: 5, window: 60_000 };

describe('counters', () => {
  it('are the same for the same rule of two configs, and others for another', () => {
    const { counters } = open();
    const [one, other] = [counters.apply(''), counters.apply('')];
    one.limiter(rule).note('a');
    expect(other.limiter(rule).note('a').totalHits).toBe(2);
    for (const change of [{ name: 'carts' }, { by: 'ip' }, { requests: 6 }, { window: 1000 }])
      expect(other.limiter({ ...rule, ...change }).note('a').totalHits).toBe(1);
  });

  it('are forgotten once no config has their rule', () => {
    const { counters } = open();
    const one = counters.apply('');
    one.limiter(rule).note('a');
    counters.retire(counters.apply(''));
    expect(counters.apply('').limiter(rule).note('a').totalHits).toBe(1);
  });

  it('say how long a window lasts in whole seconds, at least one', () => {
    const { counters, clock } = open();
    const limiter = counters.apply('').limiter(rule);
    const count = limiter.note('a');
    expect(limiter.secondsLeft(count)).toBe(60);
    clock.advance(500);
    expect(limiter.secondsLeft(count)).toBe(60);
    clock.advance(59_400);
    expect(limiter.secondsLeft(count)).toBe(1);
  });

  it('leave no timer when they are closed', () => {
    const { counters, clock } = open();
    counters.apply('').limiter(rule).note('a');
    counters.close();
    expect(clock.pending()).toBe(0);
  });
});

describe('brute force', () => {
  const rate = { requests: 3, window: 60_000 };

  it('blocks an address, an IPv6 one by its /56, once it has failed so often, until the window ends', () => {
    const { counters, clock } = open();
    const bruteForce = createBruteForce(rate, counters.apply(''));
    for (let i = 0; i < 3; i++) {
      expect(bruteForce.isBlocked('2001:db8::1')).toBe(false);
      bruteForce.failed(`2001:db8::${i}`);
    }
    expect(bruteForce.isBlocked('2001:db8:0:ff::9')).toBe(true);
    expect(bruteForce.isBlocked('2001:db8:0:100::9')).toBe(false);
    clock.advance(60_000);
    expect(bruteForce.isBlocked('2001:db8::1')).toBe(false);
  });

  it('says in its refusal when to try again', () => {
    const { counters, clock } = open();
    const bruteForce = createBruteForce(rate, counters.apply(''));
    for (let i = 0; i < 3; i++) bruteForce.failed('192.0.2.1');
    clock.advance(20_000);
    const { code, fields, message } = bruteForce.refusal('192.0.2.1');
    expect([code, fields]).toEqual(['limit-exceeded', ['Retry-After', '40']]);
    expect(message).not.toContain('192.0.2.1');
  });

  it('goes on over a reload, and blocks nobody where it is off', () => {
    const { counters } = open();
    const before = createBruteForce(rate, counters.apply(''));
    for (let i = 0; i < 3; i++) before.failed('192.0.2.1');
    expect(createBruteForce(rate, counters.apply('')).isBlocked('192.0.2.1')).toBe(true);
    const off = createBruteForce('off', counters.apply(''));
    off.failed('192.0.2.1');
    expect(off.isBlocked('192.0.2.1')).toBe(false);
  });
});
