/** What a document tells its readers to type, and what it says they will see. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './process.ts';

/** `$ curl …` of a console block, and the lines below it. A `…` in a line stands for anything. */
export interface Step {
  readonly command: string;
  readonly shows: readonly string[];
}

export const readDocument = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

export interface Block {
  readonly language: string;
  readonly text: string;
}

/** The fenced blocks, in order. */
export const blocksOf = (text: string): readonly Block[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', block = '']) => ({
    language,
    text: block,
  }));

/** The part below a heading, up to the next one of its level. */
export function sectionOf(text: string, heading: string): string {
  const [, level = '', rest = ''] = new RegExp(`^(#+) ${heading}$([\\s\\S]*)`, 'm').exec(text) ?? [];
  if (rest === '') throw new Error(`no heading ${JSON.stringify(heading)}`);
  return rest.split(new RegExp(`^#{1,${level.length}} `, 'm'))[0] ?? '';
}

/** The commands of a console block. */
export function stepsOf(block: Block): readonly Step[] {
  const steps: { command: string; shows: string[] }[] = [];
  if (block.language !== 'console') return steps;
  for (const line of block.text.trimEnd().split('\n')) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shows: [] });
    else steps.at(-1)?.shows.push(line);
  }
  return steps;
}

/** Whether asking again changes nothing: a reload or a dying process takes a moment, as a reader takes to type. */
export const isQuestion = (command: string): boolean =>
  /^(?:curl|npx figway (?:status|leftovers))\b/.test(command);

/** What the output must match to be what the document says: every line, in order, with others where a line is `…`. */
export function toPattern(shows: readonly string[]): RegExp {
  const lines = shows.map(line =>
    line === '…' ? '(?:.*\\r?\\n)*?' : `${line.split('…').map(escape).join('.*')}\\r?(?:\\n|$)`,
  );
  return new RegExp(`^${lines.join('')}${shows.at(-1) === '…' ? '' : '$'}`);
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
