import { styleText } from 'node:util';
import type { KeyPath, Problem } from './problem.ts';

/** Columns of a source line that are shown around the place. */
const window = 110;

/**
 * `routes.yaml:14:7 error routes.orders.percent: expected 0 to 100, got 140`, then request and fix where there are any.
 * @param source the whole text of the problem's file: then its line follows, with a caret.
 */
export function formatProblem(problem: Problem, source: string | undefined, isColoured: boolean): string {
  const colour = problem.severity === 'error' ? 'red' : 'yellow';
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
  const where = `${problem.file}:${problem.line}:${problem.column}`;
  const path = problem.path.length === 0 ? '' : ` ${formatPath(problem.path)}`;
  const lines = [
    `${paint('bold', clean(where))} ${paint(colour, problem.severity)}${clean(path)}: ${clean(problem.message)}`,
  ];
  const line = source?.split('\n', problem.line)[problem.line - 1]?.replace(/\r$/, '');
  if (line !== undefined) {
    const from = Math.max(0, problem.column - 1 - window / 2);
    const shown = clean(line.slice(from, from + window).replaceAll('\t', ' '));
    const number = String(problem.line);
    lines.push(
      `  ${paint('dim', `${number} |`)} ${shown}`,
      `  ${' '.repeat(number.length)} ${paint('dim', '|')} ${' '.repeat(problem.column - 1 - from)}${paint(colour, '^')}`,
    );
  }
  if (problem.request !== undefined) lines.push(`  request: ${clean(problem.request)}`);
  if (problem.fix !== undefined) lines.push(`  fix: ${clean(problem.fix)}`);
  return lines.join('\n');
}

/** `routes.orders.match[0].path`, `routes.orders.rewrite["/orders"]`. */
export const formatPath = (path: KeyPath): string =>
  path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^[\w$-]+$/.test(key)) return `[${JSON.stringify(key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');

/** A file may hold what a terminal would obey. */
const clean = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\uFFFD');
