import { expect, test } from 'vitest';
import { coreFor } from './machine.ts';

test('the proxy has a core of its own wherever there are two', () => {
  for (const cores of [2, 3, 8]) {
    expect(coreFor('proxy', cores)).toBe(0);
    expect(coreFor('load', cores)).toBe(1);
  }
  expect([coreFor('upstream', 2), coreFor('upstream', 3)]).toEqual([1, 2]);
});

test('nothing is pinned on a single core', () => {
  expect(coreFor('proxy', 1)).toBeUndefined();
});
