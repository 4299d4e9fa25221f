import { expect, it } from 'vitest';
import { createLoader } from '../../../extracted-services/web-bff/loader.ts';

function openLoader(max = 50) {
  const asked: (readonly number[])[] = [];
  const loader = createLoader<number, string>(max, async keys => {
    asked.push([...keys]);
    if (keys.includes(13)) throw new Error('unlucky');
    return new Map(keys.filter(key => key < 100).map(key => [key, `the ${key}`]));
  });
  return { loader, asked };
}

it('asks once for all keys of a turn, and once for each key', async () => {
  const { loader, asked } = openLoader();
  const first = await Promise.all([1, 2, 1, 100].map(key => loader.load(key)));
  expect(first).toEqual(['the 1', 'the 2', 'the 1', undefined]);
  expect(await Promise.all([loader.load(2), loader.load(3), loader.load(100)])).toEqual([
    'the 2',
    'the 3',
    undefined,
  ]);
  expect(asked).toEqual([[1, 2, 100], [3]]);
});

it('gathers what is asked for by promises of the same turn', async () => {
  const { loader, asked } = openLoader();
  await Promise.all([loader.load(1), Promise.resolve().then(() => loader.load(2))]);
  expect(asked).toEqual([[1, 2]]);
});

it('asks for so many at once, and for the rest beside', async () => {
  const { loader, asked } = openLoader(2);
  expect(await Promise.all([1, 2, 3, 4, 5].map(key => loader.load(key)))).toHaveLength(5);
  expect(asked).toEqual([[1, 2], [3, 4], [5]]);
});

it('fails for all keys of a lookup that fails, and for no other', async () => {
  const { loader } = openLoader();
  const both = await Promise.allSettled([loader.load(12), loader.load(13)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await loader.load(14)).toBe('the 14');
});
