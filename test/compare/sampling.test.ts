import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  bounds,
  createByteBudget,
  createSampling,
  hashBounds,
  whyNever,
} from '../../gateway/compare/sampling.ts';
import { BoundedBody } from '../../gateway/proxy/bounded-body.ts';
import { makeExchange, makeRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';
import { makeShadowing } from '../kit/shadowings.ts';

const open = (random = () => 0.5, isStoreAway = (_route: string) => false) => {
  const clock = createManualClock();
  return { clock, sampling: createSampling({ now: clock.now, random, isStoreAway }) };
};

describe('sampling', () => {
  it('takes the share that is asked for', () => {
    let at = 0;
    const { sampling } = open(() => (at++ % 100) / 100);
    const shadowing = makeShadowing({ sample: 30 });
    const taken = Array.from({ length: 1000 }, () => {
      const skip = sampling.enter(shadowing);
      if (skip === undefined) sampling.leave(shadowing);
      return skip;
    });
    expect(taken.filter(skip => skip === undefined)).toHaveLength(300);
    expect(new Set(taken)).toEqual(new Set([undefined, 'sampled-out']));
  });

  it('keeps to the rate in each window', () => {
    const { clock, sampling } = open();
    const shadowing = makeShadowing({ rate: { requests: 3, window: 1000 } });
    const takeFive = () =>
      Array.from({ length: 5 }, () => {
        const skip = sampling.enter(shadowing);
        if (skip === undefined) sampling.leave(shadowing);
        return skip;
      }).filter(skip => skip === 'rate').length;
    expect(takeFive()).toBe(2);
    clock.advance(999);
    expect(takeFive()).toBe(5);
    clock.advance(1);
    expect(takeFive()).toBe(2);
  });

  it('takes none of a route while the store cannot keep what comes of it', () => {
    let isAway = true;
    const { sampling } = open(undefined, route => isAway && route === 'orders');
    const shadowing = makeShadowing({ rate: { requests: 1, window: 1000 } }, 'orders');
    expect([1, 2].map(() => sampling.enter(shadowing))).toEqual(['store', 'store']);
    expect(sampling.enter(makeShadowing({}, 'users'))).toBeUndefined();
    expect(sampling.enter(makeShadowing({ sample: 30 }, 'orders'))).toBe('sampled-out');
    isAway = false;
    expect(sampling.enter(shadowing)).toBeUndefined();
    expect(sampling.pairs).toBe(2);
  });

  it('sheds beyond the concurrency of a route, and beyond 64 pairs in all', () => {
    const { sampling } = open();
    const narrow = makeShadowing({ concurrency: 2 });
    expect([1, 2, 3].map(() => sampling.enter(narrow))).toEqual([undefined, undefined, 'overload']);
    sampling.leave(narrow);
    expect(sampling.enter(narrow)).toBeUndefined();
    const wide = makeShadowing({ concurrency: 1000 }, 'other');
    const skips = Array.from({ length: 100 }, () => sampling.enter(wide));
    expect(skips.filter(skip => skip === undefined)).toHaveLength(bounds.pairs - 2);
    expect(sampling.pairs).toBe(bounds.pairs);
  });

  it('lets go of a body beyond its bound, and of one beyond what all may hold', () => {
    const budget = createByteBudget(100);
    const small = new BoundedBody(50, budget);
    expect(small.add(new Uint8Array(40))).toBe(true);
    expect(small.add(new Uint8Array(11))).toBe(false);
    expect(small).toMatchObject({ excess: 'too-large', chunks: [], bytes: 51 });
    const large = new BoundedBody(1000, budget);
    expect(large.add(new Uint8Array(90))).toBe(true);
    expect(large.add(new Uint8Array(11))).toBe(false);
    expect(large.excess).toBe('overload');
    expect(budget.take(100)).toBe(true);
  });

  it('hashes a body beyond its bound as it passes by, and holds nothing of it', () => {
    const budget = createByteBudget(100);
    const body = new BoundedBody(50, budget, { most: 200, take: () => true });
    const parts = ['a', 'b', 'c', 'd'].map(fill => Buffer.alloc(40, fill));
    for (const part of parts) expect(body.add(part)).toBe(true);
    const sha256 = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
    expect(body).toMatchObject({ isBeyond: true, excess: undefined, chunks: [] });
    expect([body.digest, body.digest]).toEqual([
      { bytes: 160, sha256 },
      { bytes: 160, sha256 },
    ]);
    expect(budget.take(100)).toBe(true);
  });

  it('hashes no body within its bound, none beyond what may be hashed of one, and not too many a second', () => {
    const { sampling, clock } = open();
    const fresh = () => new BoundedBody(10, createByteBudget(1000), sampling.hashing);
    const mebibyte = 1024 ** 2;
    const [within, beyond] = [fresh(), fresh()];
    within.add(new Uint8Array(10));
    expect([within.isBeyond, within.digest]).toEqual([false, undefined]);
    expect(beyond.add(new Uint8Array(hashBounds.body + 1))).toBe(false);
    expect([beyond.excess, beyond.digest]).toEqual(['too-large', undefined]);
    const most = hashBounds.second / mebibyte;
    const added = Array.from({ length: most + 1 }, () => fresh()).map(body => [
      body.add(new Uint8Array(mebibyte)),
      body.excess,
    ]);
    expect(added.slice(0, most)).toEqual(Array(most).fill([true, undefined]));
    expect(added[most]).toEqual([false, 'overload']);
    clock.advance(1000);
    expect(fresh().add(new Uint8Array(mebibyte))).toBe(true);
  });
});

describe('what is never copied', () => {
  const decision = { serve: 'legacy', shadow: 'service', because: 'stage', detail: '' } as const;
  const reversed = { serve: 'service', shadow: 'legacy', because: 'canary', detail: '' } as const;
  const held = { serve: 'legacy', shadow: undefined, because: 'hold', detail: '' } as const;
  const route = makeRoute({ stage: 'shadow' });
  const isolated = { writes: { isolated: true, reason: 'scratch' } };

  it.each([
    ['a write', { method: 'POST' }, {}, {}, 'unsafe-method'],
    ['a write that `methods` names', { method: 'POST' }, {}, { methods: ['GET', 'POST'] }, 'unsafe-method'],
    ['an isolated write', { method: 'POST' }, {}, isolated, undefined],
    [
      'an isolated write that `methods` leaves out',
      { method: 'PUT' },
      {},
      { ...isolated, methods: ['POST'] },
      'unsafe-method',
    ],
    ['an isolated write for legacy', { method: 'POST' }, { decision: reversed }, isolated, 'unsafe-method'],
    ['an override', {}, { isOverridden: true }, isolated, 'unsafe-method'],
    ['a preflight', { method: 'OPTIONS' }, { isPreflight: true }, isolated, 'unsafe-method'],
    ['an upgrade', {}, { isUpgrade: true }, {}, 'upgrade'],
    ['what a guard would refuse', {}, { isUncopied: true }, {}, 'would-refuse'],
    ['a GET with effects', {}, {}, { effects: true }, 'effects'],
    ['HEAD where only GET is named', { method: 'HEAD' }, {}, { methods: ['GET'] }, 'unsafe-method'],
    ['what is held where only legacy gets copies', {}, { decision: held }, {}, 'sampled-out'],
    ['a plain GET', {}, {}, {}, undefined],
  ])('%s', (_, asked, known, compare, expected) => {
    const exchange = makeExchange(route, { decision, ...known }, asked);
    expect(whyNever(exchange, makeShadowing(compare))).toBe(expected);
  });
});
