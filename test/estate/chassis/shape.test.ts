import { expect, it } from 'vitest';
import { maxItems, readShape, type Shape } from '../../../extracted-services/chassis/shape.ts';

const read = <T>(answer: unknown, reader: (shape: Shape) => T): T => readShape('orders', answer, reader);

it('reads what is asked for and looks at nothing else', () => {
  const answer = { a: 'x', n: 7, total: '12.90', at: '2026-07-04 05:06:07', list: [{ b: 1 }], more: Symbol };
  expect(
    read(answer, shape => [
      ...[shape.text('a'), shape.integer('n'), shape.cents('total'), shape.instant('at')],
      ...[shape.list('list', item => item.integer('b')), shape.textOrNull('none'), shape.integerOrNull('n')],
    ]),
  ).toEqual(['x', 7, 1290, '2026-07-04T03:06:07.000Z', [1], null, 7]);
  expect(read({ at: '2026-07-04T05:06:07+02:00' }, shape => shape.instant('at'))).toBe(
    '2026-07-04T03:06:07.000Z',
  );
});

it.each<[unknown, (shape: Shape) => unknown, string]>([
  [[], shape => shape.text('a'), 'orders: $: expected an object'],
  [{}, shape => shape.text('a'), 'orders: $.a: expected text'],
  [{ a: 1.5 }, shape => shape.integer('a'), 'orders: $.a: expected a whole number'],
  [{ a: '12,90' }, shape => shape.cents('a'), 'orders: $.a: expected money such as 12.90'],
  [{ a: 'soon' }, shape => shape.instant('a'), 'orders: $.a: expected a time'],
  [{ a: '2026-13-45 05:06:07' }, shape => shape.instant('a'), 'orders: $.a: expected a time'],
  [{ a: ['x', 1] }, shape => shape.texts('a'), 'orders: $.a: expected a list of texts'],
  [{ a: [{}] }, shape => shape.list('a', item => item.text('b')), 'orders: $.a[0].b: expected text'],
  [{ a: Array(maxItems + 1) }, shape => shape.list('a', () => 1), 'orders: $.a: expected a list of at most'],
  [{}, shape => shape.text('constructor'), 'orders: $.constructor: expected text'],
])('names what is not as it has to be, without its value: %j', (answer, reader, message) => {
  expect(() => read(answer, reader)).toThrow(
    expect.objectContaining({ kind: 'malformed', message: expect.stringContaining(message) }),
  );
});
