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

/** The text of the fenced blocks of a language, in order. */
export const blocksOf = (text: string, language: string): readonly string[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, block = '']) =>
    name === language ? [block] : [],
  );

/** The part below a heading, up to the next one of its level. */
export function sectionOf(text: string, heading: string): string {
  const [, level = '', rest = ''] = new RegExp(`^(#+) ${heading}$([\\s\\S]*)`, 'm').exec(text) ?? [];
  if (rest === '') throw new Error(`no heading ${JSON.stringify(heading)}`);
  return rest.split(new RegExp(`^#{1,${level.length}} `, 'm'))[0] ?? '';
}

/** The commands of all console blocks. */
export function stepsOf(text: string): readonly Step[] {
  const lines = blocksOf(text, 'console').flatMap(block => block.trimEnd().split('\n'));
  const steps: { command: string; shows: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), shows: [] });
    else steps.at(-1)?.shows.push(line);
  }
  return steps;
}

/** What the output must match to be what the document says: every line, in order, with others where a line is `…`. */
export function toPattern(shows: readonly string[]): RegExp {
  const lines = shows.map(line =>
    line === '…' ? '(?:.*\\r?\\n)*?' : `${line.split('…').map(escape).join('.*')}\\r?(?:\\n|$)`,
  );
  return new RegExp(`^${lines.join('')}${shows.at(-1) === '…' ? '' : '$'}`);
}

const escape = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
