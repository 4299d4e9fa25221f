import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const top = join(import.meta.dirname, '../..');

/** A page of the project, by its path from the top. */
export const readPage = (path: string): string => readFileSync(join(top, path), 'utf8');

/** The rows of the table whose first head cell is `head`, cells trimmed, without the head. */
export function tableOf(page: string, head: string): string[][] {
  const lines = page.split('\n');
  const start = lines.findIndex(line => cellsOf(line)[0] === head);
  if (start < 0) throw new Error(`no table begins with ${head}`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 2)) {
    if (!line.startsWith('|')) break;
    rows.push(cellsOf(line));
  }
  return rows;
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/)
    .map(cell => cell.trim());
}

/** The words in the code spans of a cell: '`a b`, `c`' gives a, b, c. */
export const codesIn = (cell = ''): string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => code.split(' '));
