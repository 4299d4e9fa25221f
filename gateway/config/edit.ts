import { isDeepStrictEqual } from 'node:util';
import { parseCoreScalar } from './environment.ts';
import { formatPath } from './format.ts';
import type { KeyPath } from './problem.ts';
import { type Entry, type MappingNode, parseTree, type ScalarNode, type TreeNode } from './tree.ts';

/** One value to write, or with `undefined` a key to remove. */
export interface Edit {
  readonly path: KeyPath;
  readonly value: string | number | undefined;
}

/** The text cannot be edited so; the message says why, for people. */
export class EditRefused extends Error {
  override readonly name = 'EditRefused';
}

/**
 * Changes values in YAML text and leaves every other byte as it is: comments, quotes, indentation, line ends.
 * A missing key is added at the end of its mapping. The result is parsed again and must say what was asked for.
 * Throws EditRefused.
 */
export function editValues(text: string, edits: readonly Edit[]): string {
  const before = rootOf(text);
  for (const { path } of edits) find(before, path);
  const expected = plain(before) as Plain;
  for (const { path, value } of edits) setIn(expected, path, value);

  const inPlace = edits.filter(edit => replacement(before, edit) !== undefined);
  let result = splice(
    text,
    inPlace.flatMap(edit => replacement(before, edit) ?? []),
  );
  for (const edit of edits) {
    if (inPlace.includes(edit)) continue;
    const root = rootOf(result);
    const found = find(root, edit.path);
    const { entry, parent } = found;
    if (entry !== undefined) result = splice(result, [removal(result, parent, entry)]);
    if (edit.value === undefined) continue;
    const key = String(edit.path.at(-1));
    const holder = entry === undefined ? parent : find(rootOf(result), edit.path).parent;
    result = splice(result, [addition(result, holder, key, edit.value)]);
  }
  if (!isDeepStrictEqual(plain(rootOf(result)), expected))
    throw new EditRefused(`cannot edit ${edits.map(edit => formatPath(edit.path)).join(', ')} in place`);
  return result;
}

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export function splice(text: string, splices: readonly Splice[]): string {
  let result = text;
  for (const { start, end, text: put } of splices.toSorted((a, b) => b.start - a.start))
    result = result.slice(0, start) + put + result.slice(end);
  return result;
}

export function rootOf(text: string): MappingNode {
  const { root, faults } = parseTree(text);
  if (root === undefined) throw new EditRefused(`cannot edit what does not parse: ${faults[0]?.message}`);
  return root;
}

/** The mapping that holds the last key of a path, and the entry there if there is one. */
function find(root: MappingNode, path: KeyPath): { parent: MappingNode; entry: Entry | undefined } {
  let node: TreeNode = root;
  for (const key of path.slice(0, -1)) {
    const holder = node;
    const next = childOf(holder, key);
    if (next === undefined) throw new EditRefused(`there is no ${formatPath(path.slice(0, -1))}`);
    if (next.start < startOf(holder, key))
      throw new EditRefused(`${formatPath(path)} stands behind an alias, and is shared`);
    node = next;
  }
  if (node.kind !== 'mapping') throw new EditRefused(`${formatPath(path.slice(0, -1))} is no mapping`);
  return { parent: node, entry: node.entries.get(String(path.at(-1))) };
}

/** What stands before its own key, or its own list, came by an alias. */
const startOf = (holder: TreeNode, key: string | number): number =>
  (holder.kind === 'mapping' ? holder.entries.get(String(key))?.key.start : undefined) ?? holder.start;

function childOf(node: TreeNode, key: string | number): TreeNode | undefined {
  if (node.kind === 'mapping') return node.entries.get(String(key))?.value;
  return node.kind === 'sequence' ? node.items[Number(key)] : undefined;
}

/** The new value in the old one's place; undefined if the edit adds, removes, or replaces more than one line. */
function replacement(root: MappingNode, { path, value }: Edit): Splice | undefined {
  if (value === undefined) return undefined;
  const { entry } = find(root, path);
  const old = entry?.value;
  if (old === undefined || entry === undefined) return undefined;
  if (old.start < entry.key.start) throw new EditRefused(`${formatPath(path)} is an alias`);
  if (old.kind !== 'scalar' && !old.isFlow) return undefined;
  if (old.kind === 'scalar' && (old.style === 'block' || old.start === old.end)) return undefined;
  return { start: old.start, end: old.end, text: scalarText(value, old.kind === 'scalar' ? old : undefined) };
}

function removal(text: string, parent: MappingNode, entry: Entry): Splice {
  const entries = [...parent.entries.values()];
  const index = entries.indexOf(entry);
  const next = entries[index + 1];
  const previous = entries[index - 1];
  const end = endOf(entry);
  if (parent.isFlow) {
    if (previous !== undefined) return { start: endOf(previous), end, text: '' };
    return { start: entry.key.start, end: next === undefined ? end : next.key.start, text: '' };
  }
  if (previous === undefined && next === undefined)
    return { start: entry.key.start, end: endOf(entry), text: '{}' };
  const lineStart = text.lastIndexOf('\n', entry.key.start - 1) + 1;
  const isFirstOnLine = text.slice(lineStart, entry.key.start).trim() === '';
  // `- a: 1` with `a` gone: the next key moves up behind the dash.
  if (!isFirstOnLine && next !== undefined) return { start: entry.key.start, end: next.key.start, text: '' };
  return { start: lineStart, end: lineEnd(text, end).next, text: '' };
}

function addition(text: string, parent: MappingNode, key: string, value: string | number): Splice {
  const written = `${scalarText(key)}: ${scalarText(value)}`;
  const last = [...parent.entries.values()].at(-1);
  if (parent.isFlow || last === undefined) {
    if (last === undefined) return { start: parent.start, end: parent.end, text: `{ ${written} }` };
    const at = endOf(last);
    return { start: at, end: at, text: `, ${written}` };
  }
  const first = parent.entries.values().next().value?.key.start ?? parent.start;
  const indent = ' '.repeat(first - (text.lastIndexOf('\n', first - 1) + 1));
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const { end, next } = lineEnd(text, endOf(last));
  return next > end
    ? { start: next, end: next, text: `${indent}${written}${eol}` }
    : { start: end, end, text: `${eol}${indent}${written}` };
}

/** Where an entry's last character is, deep inside. */
export function endOf(entry: Entry): number {
  const { value } = entry;
  if (value.start < entry.key.start) throw new EditRefused(`${entry.key.text} is an alias`);
  return Math.max(entry.key.end, deepEnd(value));
}

export function deepEnd(node: TreeNode): number {
  if (node.kind === 'scalar' || node.isFlow) return node.end;
  if (node.kind === 'mapping') {
    const last = [...node.entries.values()].at(-1);
    return last === undefined ? node.end : endOf(last);
  }
  const last = node.items.at(-1);
  return last === undefined ? node.end : deepEnd(last);
}

/** The end of the line that a node ends on, and the start of the next; a block scalar ends with its line break. */
export function lineEnd(text: string, offset: number): { end: number; next: number } {
  if (text[offset - 1] === '\n') return { end: offset - 1, next: offset };
  const at = text.indexOf('\n', offset);
  return at === -1 ? { end: text.length, next: text.length } : { end: at, next: at + 1 };
}

/** As a function, since `$$` means something else in the text of a replacement. */
export const literal = (value: string): string => value.replaceAll('${', () => '$${');

/** A value as YAML, in the quotes of the one it replaces. `${` is escaped: it is meant as it stands. */
export function scalarText(value: string | number, old?: ScalarNode): string {
  if (typeof value === 'number') return String(value);
  const escaped = literal(value);
  const isPlain =
    /^[A-Za-z0-9_./-][A-Za-z0-9_./% -]*$/.test(escaped) &&
    !/^-|-$|\s$|^---|^\.\.\./.test(escaped) &&
    typeof parseCoreScalar(escaped) === 'string';
  if (old?.style === 'single' && !/[\u0000-\u001f\u007f-\u009f]/.test(escaped))
    return `'${escaped.replaceAll("'", "''")}'`;
  return isPlain && old?.style !== 'double' ? escaped : JSON.stringify(escaped);
}

export type Plain = Record<string | number, unknown>;

/** Values as the file writes them, the environment left alone. */
export function plain(node: TreeNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'sequence') return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, plain(entry.value)]));
}

function setIn(root: Plain, path: KeyPath, value: string | number | undefined): void {
  let holder = root;
  for (const key of path.slice(0, -1)) holder = (holder[key] ?? {}) as Plain;
  const last = path.at(-1) ?? '';
  if (value === undefined) delete holder[last];
  else holder[last] = typeof value === 'string' ? literal(value) : value;
}
