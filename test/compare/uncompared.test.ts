import { expect, it } from 'vitest';
import { type Alike, createUncompared, gathering } from '../../gateway/compare/uncompared.ts';
import type { Exchange } from '../../gateway/core/exchange.ts';
import type { SkipReason } from '../../gateway/core/outcome.ts';
import { createManualClock } from '../kit/manual-clock.ts';
import { makeShadowing } from '../kit/shadowings.ts';

const shadowing = makeShadowing({});

const answered = (status: number, facts: Partial<Exchange> = {}): Exchange =>
  ({ method: 'GET', entry: 0, served: 'legacy', status, ...facts }) as Exchange;

function open() {
  const clock = createManualClock();
  const told: Omit<Alike, 'shadowing'>[] = [];
  const uncompared = createUncompared(clock, ({ shadowing: of, ...alike }) => {
    expect(of).toBe(shadowing);
    told.push(alike);
  });
  const add = (exchange: Exchange, skip: SkipReason = 'sampled-out'): void =>
    uncompared.add(exchange, shadowing, skip);
  return { clock, told, add, flush: uncompared.flush };
}

it('tells what is alike together, 100 ms after the first', () => {
  const { clock, told, add } = open();
  add(answered(200));
  clock.advance(gathering - 1);
  add(answered(200));
  expect(told).toEqual([]);
  clock.advance(1);
  expect(told).toEqual([{ method: 'GET', entry: 0, skip: 'sampled-out', status: 200, count: 2 }]);
  add(answered(200));
  clock.advance(gathering);
  expect(told.map(({ count }) => count)).toEqual([2, 1]);
  expect(clock.pending()).toBe(0);
});

it.each<[string, Exchange, SkipReason]>([
  ['reason', answered(200), 'rate'],
  ['status', answered(404), 'sampled-out'],
  ['method', answered(200, { method: 'HEAD' }), 'sampled-out'],
  ['entry', answered(200, { entry: 1 }), 'sampled-out'],
])('keeps another %s apart', (_, exchange, skip) => {
  const { told, add, flush } = open();
  add(answered(200));
  add(exchange, skip);
  flush();
  expect(told.map(({ count }) => count)).toEqual([1, 1]);
});

it("counts legacy's status alone", () => {
  const { told, add, flush } = open();
  add(answered(503, { served: 'service' }));
  add(answered(400, { served: undefined }));
  flush();
  expect(told).toMatchObject([{ status: 0, count: 2 }]);
});

it('loses none where there are more kinds than it has room for', () => {
  const { clock, told, add } = open();
  for (let round = 0; round < 2; round++)
    for (let entry = 0; entry < 100; entry++) add(answered(200, { entry }));
  clock.advance(gathering);
  expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(200);
  expect(clock.pending()).toBe(0);
});
