import { expect, test } from 'vitest';
import { continueTrace, makeId, parseTraceparent } from '../../gateway/core/trace-context.ts';

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';

test('reads a traceparent, also of a later version', () => {
  const read = { traceId: trace, parentId: parent, flags: '01' };
  expect(parseTraceparent(`00-${trace}-${parent}-01`)).toEqual(read);
  expect(parseTraceparent(`cc-${trace}-${parent}-01-more`)).toEqual(read);
});

test.each([
  `00-${trace}-${parent}-01-more`,
  `ff-${trace}-${parent}-01`,
  `00-${'0'.repeat(32)}-${parent}-01`,
  `00-${trace}-${'0'.repeat(16)}-01`,
  `00-${trace.toUpperCase()}-${parent}-01`,
  `00-${trace}-${parent}-01, 00-${trace}-${parent}-01`,
  '',
])('does not read %j', value => {
  expect(parseTraceparent(value)).toBeUndefined();
});

test('goes on with a trace under a new parent, and begins one that is not sampled', () => {
  expect(continueTrace(`00-${trace}-${parent}-01`)).toMatch(
    new RegExp(`^00-${trace}-(?!${parent})[0-9a-f]{16}-01$`),
  );
  expect(continueTrace(undefined)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

test('makes ids that differ', () => {
  expect(new Set(Array.from({ length: 5000 }, makeId)).size).toBe(5000);
});
