import { expect, it } from 'vitest';
import { Series } from '../../gateway/telemetry/series.ts';

it('finds each series, whichever was asked for last', () => {
  const series = new Series<string>();
  expect(series.get(1)).toBeUndefined();
  series.add(1, 'one');
  expect(series.get(2)).toBeUndefined();
  series.add(2, 'two');
  expect([series.get(2), series.get(1), series.get(1), series.get(3), series.get(2)]).toEqual([
    ...['two', 'one', 'one', undefined, 'two'],
  ]);
  expect([...series.values()]).toEqual(['one', 'two']);
});
