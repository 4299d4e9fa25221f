import { isDeepStrictEqual } from 'node:util';
import {
  deepEnd,
  EditRefused,
  endOf,
  lineEnd,
  literal,
  type Plain,
  plain,
  rootOf,
  scalarText,
  splice,
} from './edit.ts';
import { formatPath } from './format.ts';
import type { KeyPath } from './problem.ts';
import type { MappingNode, SequenceNode } from './tree.ts';

/** One item of a list: a text, or a small mapping, which is written in one line. */
export type Item = string | Readonly<Record<string, string | number | boolean>>;

export interface Append {
  /** Of the list; what is missing on the way is made, below a mapping that is there. */
  readonly path: KeyPath;
  readonly item: Item;
  /** Stands behind the item where it has a line of its own. */
  readonly comment?: string | undefined;
}

/** Where there is no line above to tell. */
const usualIndent = 2;

/**
 * Adds an item to the end of a list in YAML text, in the style and the indentation of the file, and leaves every other
 * byte as it is. The result is parsed again and must say what was asked for. Throws EditRefused.
 */
export function appendItem(text: string, append: Append): string {
  const before = rootOf(text);
  const result = splice(text, [toSplice(text, before, append)]);
  const expected = plain(before) as Plain;
  appendTo(expected, append);
  if (!isDeepStrictEqual(plain(rootOf(result)), expected))
    throw new EditRefused(`cannot add to ${formatPath(append.path)} in place`);
  return result;
}

function toSplice(text: string, root: MappingNode, append: Append) {
  const { path } = append;
  let holder = root;
  let step = usualIndent;
  for (const [depth, key] of path.entries()) {
    const entry = holder.entries.get(String(key));
    if (entry === undefined) return intoMapping(text, holder, { ...append, path: path.slice(depth) }, step);
    const { value } = entry;
    if (value.start < entry.key.start)
      throw new EditRefused(
        `${formatPath(path.slice(0, depth + 1))} is an alias: what is added would be everywhere it is; write it out there`,
      );
    if (value.kind === 'sequence' && depth === path.length - 1) return intoSequence(text, value, append);
    if (value.kind !== 'mapping')
      throw new EditRefused(
        `${formatPath(path.slice(0, depth + 1))} is no ${depth === path.length - 1 ? 'list' : 'mapping'}`,
      );
    step = Math.max(1, indentOf(text, value) - indentOf(text, holder)) || usualIndent;
    if (value.isFlow) step = usualIndent;
    holder = value;
  }
  throw new EditRefused(`${formatPath(path)} is no list`);
}

function intoSequence(text: string, list: SequenceNode, { path, item, comment }: Append) {
  const last = list.items.at(-1);
  if (last !== undefined && last.start < list.start)
    throw new EditRefused(`the last item of ${formatPath(path)} is an alias: write it out there`);
  const written = toFlow(item);
  if (last === undefined) return { start: list.start, end: list.end, text: `[${written}]` };
  if (list.isFlow) return { start: deepEnd(last), end: deepEnd(last), text: `, ${written}` };
  const indent = ' '.repeat(columnOf(text, list.start));
  return newLines(text, deepEnd(last), [`${indent}- ${written}${toComment(comment)}`]);
}

function intoMapping(text: string, holder: MappingNode, { path, item, comment }: Append, step: number) {
  const last = [...holder.entries.values()].at(-1);
  const keys = path.map(key => scalarText(String(key)));
  if (holder.isFlow || last === undefined) {
    const [first = '', ...rest] = keys;
    const inner = rest.reduceRight((value, key) => `{ ${key}: ${value} }`, `[${toFlow(item)}]`);
    const written = `${first}: ${inner}`;
    if (last === undefined) return { start: holder.start, end: holder.end, text: `{ ${written} }` };
    return { start: endOf(last), end: endOf(last), text: `, ${written}` };
  }
  const indent = indentOf(text, holder);
  const lines = keys.map((key, depth) => `${' '.repeat(indent + depth * step)}${key}:`);
  const dash = `${' '.repeat(indent + keys.length * step)}- ${toFlow(item)}${toComment(comment)}`;
  return newLines(text, endOf(last), [...lines, dash]);
}

/** Below the line on which something ends. */
function newLines(text: string, below: number, lines: readonly string[]) {
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const { end, next } = lineEnd(text, below);
  return next > end
    ? { start: next, end: next, text: lines.map(line => line + eol).join('') }
    : { start: end, end, text: lines.map(line => eol + line).join('') };
}

const columnOf = (text: string, offset: number): number => offset - (text.lastIndexOf('\n', offset - 1) + 1);

/** Column of the keys of a mapping. */
const indentOf = (text: string, { entries, start }: MappingNode): number =>
  columnOf(text, entries.values().next().value?.key.start ?? start);

const toComment = (comment: string | undefined): string =>
  comment === undefined ? '' : ` # ${comment.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')}`;

function toFlow(item: Item): string {
  if (typeof item === 'string') return scalarText(item);
  const fields = Object.entries(item).map(([key, value]) => `${scalarText(key)}: ${toScalar(value)}`);
  return `{ ${fields.join(', ')} }`;
}

const toScalar = (value: string | number | boolean): string =>
  typeof value === 'boolean' ? String(value) : scalarText(value);

/** What the file has to say then. */
function appendTo(root: Plain, { path, item }: Append): void {
  let holder = root;
  for (const key of path.slice(0, -1)) {
    const inner = (holder[key] ?? {}) as Plain;
    holder[key] = inner;
    holder = inner;
  }
  const last = path.at(-1) ?? '';
  const list = (holder[last] ?? []) as unknown[];
  holder[last] = [...list, toPlain(item)];
}

const toPlain = (item: Item): unknown =>
  typeof item === 'string'
    ? literal(item)
    : Object.fromEntries(
        Object.entries(item).map(([key, value]) => [key, typeof value === 'string' ? literal(value) : value]),
      );
