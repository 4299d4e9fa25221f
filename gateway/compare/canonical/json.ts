/** JSON (RFC 8259) with numbers as exact decimals and repeated names noticed; nesting cannot exhaust the stack. */
import { toNumber } from './decimal.ts';
import {
  emptyMembers,
  maxDepth,
  maxTokens,
  type Parsed,
  Repeated,
  tooDeep,
  tooMany,
  type Value,
} from './value.ts';

/** What one pass over the text tells before anything is built. */
interface Shape {
  readonly depth: number;
  /** Values and names of members. */
  readonly tokens: number;
  readonly names: number;
  /** A number has 16 or more digits, or an exponent: its double may be that of another number. */
  readonly isFine: boolean;
}

export function parseJson(text: string): Parsed {
  const shape = inspect(text);
  if (shape.depth > maxDepth) return tooDeep;
  if (shape.tokens > maxTokens) return tooMany;
  let root: Value;
  try {
    root = JSON.parse(text) as Value;
  } catch {
    // The message quotes the text, which may be anybody's secret.
    return { fault: 'no JSON' };
  }
  if (!shape.isFine && countNames(root) === shape.names) return { root };
  const exact = build(text);
  return exact === undefined ? { fault: 'a number beyond all bounds' } : { root: exact };
}

const quote = 0x22;
const backslash = 0x5c;

/** Right for JSON; for anything else `JSON.parse` has its say after it. */
function inspect(text: string): Shape {
  let [depth, deepest, tokens, names, isFine] = [0, 0, 0, 0, false];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      i = endOfString(text, i);
      tokens++;
    } else if (code === 0x7b || code === 0x5b) {
      tokens++;
      if (++depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    } else if (code === 0x3a) {
      names++;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, i);
      if (!isFine && isFineNumber(text, i, end)) isFine = true;
      i = end - 1;
      tokens++;
    } else if (code >= 0x61 && code <= 0x7a) {
      // true, false, null: the other letters follow.
      while (i + 1 < text.length && text.charCodeAt(i + 1) >= 0x61 && text.charCodeAt(i + 1) <= 0x7a) i++;
      tokens++;
    }
  }
  return { depth: deepest, tokens, names, isFine };
}

/** Where the string that begins at `from` has its closing quote. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from + 1);
  while (end > 0 && text.charCodeAt(end - 1) === backslash) {
    let before = end - 1;
    while (before > from && text.charCodeAt(before) === backslash) before--;
    if ((end - before) % 2 === 1) return end;
    end = text.indexOf('"', end + 1);
  }
  return end < 0 ? text.length : end;
}

function endOfNumber(text: string, from: number): number {
  let end = from + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    const isPart =
      (code >= 0x30 && code <= 0x39) ||
      code === 0x2e ||
      code === 0x2d ||
      code === 0x2b ||
      (code | 0x20) === 0x65;
    if (!isPart) break;
  }
  return end;
}

/** Leading and trailing zeros count as digits here: that only sends a number the exact way that could go the fast one. */
function isFineNumber(text: string, from: number, end: number): boolean {
  if (end - from >= 16) return true;
  for (let i = from; i < end; i++) if ((text.charCodeAt(i) | 0x20) === 0x65) return true;
  return false;
}

/** Members in the whole tree. Fewer than the text names: some name was repeated. */
function countNames(root: Value): number {
  let names = 0;
  const open: Value[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const items = Array.isArray(value) ? value : Object.values(value);
    if (!Array.isArray(value)) names += items.length;
    for (const item of items) if (typeof item === 'object' && item !== null) open.push(item);
  }
  return names;
}

type Container = { readonly items: Value[] } | { readonly members: Record<string, Value>; name?: string };

/** The tree of a text that is known to be JSON; undefined for a number that is too long to be read. */
function build(text: string): Value | undefined {
  const open: Container[] = [];
  let root: Value | undefined;
  const place = (value: Value): void => {
    const top = open.at(-1);
    if (top === undefined) root = value;
    else if ('items' in top) top.items.push(value);
    else {
      addMember(top.members, top.name as string, value);
      delete top.name;
    }
  };
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      const end = endOfString(text, i);
      const string = readString(text, i, end);
      const top = open.at(-1);
      if (top !== undefined && 'members' in top && top.name === undefined) top.name = string;
      else place(string);
      i = end;
    } else if (code === 0x7b) {
      const members = emptyMembers();
      place(members);
      open.push({ members });
    } else if (code === 0x5b) {
      const items: Value[] = [];
      place(items);
      open.push({ items });
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      const end = endOfNumber(text, i);
      const number = toNumber(text.slice(i, end));
      if (number === undefined) return undefined;
      place(number);
      i = end - 1;
    } else if (code === 0x74) {
      place(true);
      i += 3;
    } else if (code === 0x66) {
      place(false);
      i += 4;
    } else if (code === 0x6e) {
      place(null);
      i += 3;
    }
  }
  return root;
}

function readString(text: string, from: number, end: number): string {
  const inside = text.slice(from + 1, end);
  return inside.includes('\\') ? (JSON.parse(text.slice(from, end + 1)) as string) : inside;
}

/** Adds a member; a name that is there already makes it a `Repeated`. */
export function addMember(members: Record<string, Value>, name: string, value: Value): void {
  const before = members[name];
  if (before === undefined) members[name] = value;
  else if (before instanceof Repeated) before.values.push(value);
  else members[name] = new Repeated([before, value]);
}

const lineBreak = /\r?\n/;

/** One JSON text a line, as a list; empty lines say nothing. */
export function parseJsonLines(text: string): Parsed {
  const roots: Value[] = [];
  let tokens = 0;
  for (const [index, line] of text.split(lineBreak).entries()) {
    if (line.trim() === '') continue;
    tokens += inspect(line).tokens;
    if (tokens > maxTokens) return tooMany;
    const parsed = parseJson(line);
    if ('fault' in parsed) return { fault: `line ${index + 1}: ${parsed.fault}` };
    roots.push(parsed.root);
  }
  return { root: roots };
}
