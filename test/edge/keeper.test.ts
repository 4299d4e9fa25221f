import { expect, it } from 'vitest';
import { createKeeper } from '../../gateway/edge/keeper.ts';

it('keeps a service as long as its settings are what they were, and ends the others', () => {
  const ended: object[] = [];
  const keeper = createKeeper<object>(service => ended.push(service));
  const open = (settings: { cache: number }): object => ({ ...settings });
  const first = keeper.of({ cache: 1 }, open);
  expect(keeper.of({ cache: 1 }, open)).toBe(first);
  const second = keeper.of({ cache: 2 }, open);
  expect(keeper.of({ cache: 1 }, open)).toBe(first);
  keeper.retain(second);
  expect(ended).toEqual([first]);
  expect(keeper.of({ cache: 1 }, open)).not.toBe(first);
  expect(keeper.of({ cache: 2 }, open)).toBe(second);
  keeper.retain(undefined);
  expect(ended.length).toBe(3);
});
