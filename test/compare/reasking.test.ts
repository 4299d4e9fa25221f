import { expect, it } from 'vitest';
import { createReasking } from '../../gateway/compare/reasking.ts';
import type { Exchange } from '../../gateway/core/exchange.ts';
import { makeExchange, makeRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';
import { makeShadowing } from '../kit/shadowings.ts';

const exchangeOf = (known: Partial<Exchange> = {}, method = 'GET', cookie?: string): Exchange => {
  const exchange = makeExchange(makeRoute({ stage: 'shadow' }), known, { method });
  if (cookie !== undefined) exchange.req.headers.cookie = cookie;
  return exchange;
};

it('asks again for the first fifty whatever the share, two a second, and then for the share', () => {
  const clock = createManualClock();
  let draw = 0.99;
  const reasking = createReasking(clock, () => draw);
  const shadowing = makeShadowing();
  let chosen = 0;
  for (let second = 0; second < 25; second++) {
    const now = Array.from({ length: 5 }, () => reasking.choose(exchangeOf(), shadowing));
    chosen += now.filter(reask => reask !== 'no').length;
    expect(chosen).toBe((second + 1) * 2);
    clock.advance(1000);
  }
  expect(reasking.choose(exchangeOf(), shadowing)).toBe('no');
  draw = 0.04;
  expect(reasking.choose(exchangeOf(), shadowing)).not.toBe('no');
  // Under other rules nothing is known yet.
  draw = 0.99;
  const other = makeShadowing({ unordered: ['$.items'] });
  expect(reasking.choose(exchangeOf(), other)).not.toBe('no');
});

it('tosses a coin for the order of the service and legacy, where legacy serves', () => {
  const clock = createManualClock();
  const orders = [0.1, 0.9].map(draw =>
    createReasking(clock, () => draw).choose(exchangeOf(), makeShadowing()),
  );
  expect(orders).toEqual(['first', 'last']);
  const reversed = { serve: 'service', shadow: 'legacy', because: 'canary', detail: '' } as const;
  const reasking = createReasking(clock, () => 0.1);
  expect(reasking.choose(exchangeOf({ decision: reversed }), makeShadowing())).toBe('last');
});

it.each([
  ['a write', exchangeOf({}, 'POST'), {}],
  ['a cookie of the user', exchangeOf({}, 'GET', 'sid=1'), {}],
  ['a share of nothing', exchangeOf(), { reask: { share: 0, cookies: false } }],
])('never with %s', (_, exchange, compare) => {
  const reasking = createReasking(createManualClock(), () => 0);
  expect(reasking.choose(exchange, makeShadowing(compare))).toBe('no');
});

it('with a cookie where `cookies` allows it', () => {
  const reasking = createReasking(createManualClock(), () => 0);
  const shadowing = makeShadowing({ reask: { share: 5, cookies: true } });
  expect(reasking.choose(exchangeOf({}, 'GET', 'sid=1'), shadowing)).toBe('first');
});
