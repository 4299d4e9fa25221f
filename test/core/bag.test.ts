import { expect, it } from 'vitest';
import { Bag } from '../../gateway/core/bag.ts';

it('holds what was put in and not taken out', () => {
  const bag = new Bag<{ name: string }>();
  const [a, b, c] = ['a', 'b', 'c'].map(name => bag.add({ name }));
  expect([...bag].map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  bag.remove(b ?? -1);
  expect([bag.size, [...bag].map(({ name }) => name)]).toEqual([2, ['a', 'c']]);
  bag.add({ name: 'd' });
  bag.remove(a ?? -1);
  bag.remove(c ?? -1);
  expect([bag.size, [...bag].map(({ name }) => name)]).toEqual([1, ['d']]);
});

it('needs no more places than things were in at one time', () => {
  const bag = new Bag<object>();
  const places = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const place = bag.add({});
    places.add(place);
    bag.remove(place);
  }
  expect([bag.size, places.size]).toEqual([0, 1]);
});
