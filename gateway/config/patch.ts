import { diff } from 'node:util';

interface Line {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
  /** Number of the line before and after, from 1. */
  readonly at: readonly [before: number, after: number];
}

const context = 3;

/** A unified diff as `git apply` and `patch -p1` take it; empty where nothing differs. */
export function toPatch(file: string, before: string, after: string): string {
  const lines = compareLines(before.split('\n'), after.split('\n'));
  const hunks = toHunks(lines);
  if (hunks.length === 0) return '';
  return [`--- a/${file}`, `+++ b/${file}`, ...hunks.flatMap(hunk => [headOf(hunk), ...hunk.map(show)])].join(
    '\n',
  );
}

function compareLines(before: readonly string[], after: readonly string[]): Line[] {
  let [was, is] = [1, 1];
  // `diff` gives 1 for what only the first has, -1 for what only the second has.
  const lines = diff(before, after).map(([side, text]): Line => {
    const at = [was, is] as const;
    if (side >= 0) was++;
    if (side <= 0) is++;
    return { sign: side === 0 ? ' ' : side > 0 ? '-' : '+', text, at };
  });
  // The empty line behind the last newline is none.
  const last = lines.at(-1);
  return last?.sign === ' ' && last.text === '' ? lines.slice(0, -1) : lines;
}

/** Runs of changed lines with their surroundings; runs that touch are one. */
function toHunks(lines: readonly Line[]): Line[][] {
  const hunks: Line[][] = [];
  let end = -1;
  for (const [at, line] of lines.entries()) {
    if (line.sign === ' ') continue;
    const from = Math.max(0, at - context);
    const until = Math.min(lines.length, at + context + 1);
    if (from <= end) hunks.at(-1)?.push(...lines.slice(end, until));
    else hunks.push(lines.slice(from, until));
    end = until;
  }
  return hunks;
}

function headOf(hunk: readonly Line[]): string {
  const [before = 1, after = 1] = hunk[0]?.at ?? [];
  const count = (sign: '-' | '+') => hunk.filter(line => line.sign !== sign).length;
  return `@@ -${before},${count('+')} +${after},${count('-')} @@`;
}

const show = (line: Line): string => line.sign + line.text;
