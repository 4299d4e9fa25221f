import { expect, it } from 'vitest';
import { type Breaker, createBreaker } from '../../../extracted-services/chassis/breaker.ts';
import { createManualClock } from '../../kit/manual-clock.ts';

const fail = (breaker: Breaker): Promise<void> =>
  breaker.run(async () => Promise.reject(new Error('no'))).catch(() => undefined);
const succeed = (breaker: Breaker): Promise<void> => breaker.run(async () => undefined);

it('opens at the share of failures, not before the minimum', async () => {
  const breaker = createBreaker({ failures: 0.5, minimum: 4 }, createManualClock());
  await succeed(breaker);
  await succeed(breaker);
  await fail(breaker);
  expect(breaker.state()).toBe('closed');
  await fail(breaker);
  expect([breaker.state(), breaker.hasWay()]).toEqual(['open', false]);
});

it('forgets what is older than its window', async () => {
  const clock = createManualClock();
  const breaker = createBreaker({ minimum: 2, window: 1000 }, clock);
  await fail(breaker);
  clock.advance(1000);
  await fail(breaker);
  expect(breaker.state()).toBe('closed');
  await fail(breaker);
  expect(breaker.state()).toBe('open');
});

it('opens again for another pause if the probe fails', async () => {
  const clock = createManualClock();
  const breaker = createBreaker({ minimum: 1, pause: 5000 }, clock);
  await fail(breaker);
  clock.advance(4999);
  expect(breaker.hasWay()).toBe(false);
  clock.advance(1);
  expect(breaker.hasWay()).toBe(true);
  await fail(breaker);
  expect([breaker.state(), breaker.hasWay()]).toEqual(['open', false]);
  clock.advance(5000);
  await succeed(breaker);
  expect(breaker.state()).toBe('closed');
});

it('begins anew when it closes: failures of before do not open it', async () => {
  const clock = createManualClock();
  const breaker = createBreaker({ minimum: 3, pause: 10, window: 60_000 }, clock);
  for (let count = 0; count < 3; count++) await fail(breaker);
  clock.advance(10);
  await succeed(breaker);
  await fail(breaker);
  await fail(breaker);
  expect(breaker.state()).toBe('closed');
});
