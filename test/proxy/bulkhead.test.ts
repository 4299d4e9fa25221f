import { expect, it } from 'vitest';
import { createBulkhead } from '../../gateway/proxy/bulkhead.ts';
import { createManualClock } from '../kit/manual-clock.ts';

it('answers at once while there is room, and counts what is in flight', () => {
  const bulkhead = createBulkhead(2, createManualClock());
  expect([bulkhead.enter(), bulkhead.enter()]).toEqual([true, true]);
  expect(bulkhead.inFlight).toBe(2);
  bulkhead.leave();
  expect(bulkhead.inFlight).toBe(1);
});

it('queues as many as it lets in, and refuses the next at once', () => {
  const bulkhead = createBulkhead(2, createManualClock());
  const answers = Array.from({ length: 5 }, () => bulkhead.enter());
  expect(answers.map(answer => (answer instanceof Promise ? 'waits' : answer))).toEqual([
    true,
    true,
    'waits',
    'waits',
    false,
  ]);
  expect(bulkhead.queued).toBe(2);
});

it('never queues more than 128', () => {
  const bulkhead = createBulkhead(1000, createManualClock());
  for (let i = 0; i < 1128; i++) bulkhead.enter();
  expect([bulkhead.inFlight, bulkhead.queued, bulkhead.enter()]).toEqual([1000, 128, false]);
});

it('hands a place to the one who waits longest, past newcomers', async () => {
  const clock = createManualClock();
  const bulkhead = createBulkhead(2, clock);
  bulkhead.enter();
  bulkhead.enter();
  const first = bulkhead.enter();
  const second = bulkhead.enter();
  bulkhead.leave();
  expect(await first).toBe(true);
  expect([bulkhead.inFlight, bulkhead.queued]).toEqual([2, 1]);
  bulkhead.leave();
  expect(await second).toBe(true);
  expect(clock.pending()).toBe(0);
});

it('lets nobody wait longer than 500 ms', async () => {
  const clock = createManualClock();
  const bulkhead = createBulkhead(1, clock);
  bulkhead.enter();
  const waiting = bulkhead.enter();
  clock.advance(499);
  expect(bulkhead.queued).toBe(1);
  clock.advance(1);
  expect(await waiting).toBe(false);
  expect([bulkhead.inFlight, bulkhead.queued]).toEqual([1, 0]);
});
