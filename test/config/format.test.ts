import { expect, it } from 'vitest';
import { formatPath, formatProblem } from '../../gateway/config/format.ts';
import type { Problem } from '../../gateway/config/problem.ts';

const problem: Problem = {
  ...{ file: 'routes.yaml', line: 2, column: 12, severity: 'error', code: 'bad-value' },
  path: ['routes', 'orders', 'percent'],
  message: 'expected 0 to 100, got 140',
};
const first = 'routes.yaml:2:12 error routes.orders.percent: expected 0 to 100, got 140';

it('writes a problem on one line', () => {
  expect(formatProblem(problem, undefined, false)).toBe(first);
});

it('shows the line and a caret where it has the source', () => {
  expect(formatProblem(problem, 'a\r\n  percent: 140\r\nb', false)).toBe(
    `${first}\n  2 |   percent: 140\n    |            ^`,
  );
});

it('shows a window of a long line', () => {
  const shown = formatProblem({ ...problem, column: 500 }, `a\n${'x'.repeat(499)}140`, false).split('\n');
  expect(shown[2]?.indexOf('^')).toBe(shown[1]?.indexOf('140'));
  expect(shown[1]?.length).toBeLessThan(130);
});

it('adds request and fix', () => {
  const text = formatProblem({ ...problem, request: 'GET /', fix: 'mend it' }, undefined, false);
  expect(text).toBe(`${first}\n  request: GET /\n  fix: mend it`);
});

it('colours only what it is told to, and never passes a control character on', () => {
  const evil = { ...problem, message: 'got \u001b[2J' };
  expect(formatProblem(evil, 'a\n\u001b]0;x\u0007', false)).not.toContain('\u001b');
  expect(formatProblem(problem, undefined, true)).toContain('\u001b[31merror');
});

it('writes paths as people do', () => {
  expect(formatPath(['routes', 'a-b', 'match', 0, 'path'])).toBe('routes.a-b.match[0].path');
  expect(formatPath(['routes', 'a.b', 'rewrite', '/x'])).toBe('routes["a.b"].rewrite["/x"]');
});
