/** JSON (RFC 8259) with numbers as exact decimals and repeated names noticed; nesting cannot exhaust the stack. */
import { type ExactNumber, toNumber } from './decimal.ts';
import {
  type Members,
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

/** Right for JSON; for anything else `JSON.parse` has its say after it. One loop, since every body goes through it. */
function inspect(text: string): Shape {
  let [depth, deepest, tokens, names, isFine] = [0, 0, 0, 0, false];
  const length = text.length;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      for (i++; i < length; i++) {
        const inside = text.charCodeAt(i);
        if (inside === quote) break;
        if (inside === backslash) i++;
      }
      tokens++;
    } else if (code === 0x3a) {
      names++;
    } else if (code === 0x7b || code === 0x5b) {
      tokens++;
      if (++depth > deepest) deepest = depth;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    } else if (isNumberStart(code)) {
      const from = i;
      for (i++; i < length; i++) {
        const inside = text.charCodeAt(i);
        if ((inside | 0x20) === 0x65) isFine = true;
        else if (!isNumberPart(inside)) break;
      }
      if (i - from >= fineLength) isFine = true;
      i--;
      tokens++;
    } else if (isLetter(code)) {
      // true, false, null: the other letters follow.
      while (i + 1 < length && isLetter(text.charCodeAt(i + 1))) i++;
      tokens++;
    }
  }
  return { depth: deepest, tokens, names, isFine };
}

/** A token of so many characters may have 16 digits; one that has not only takes the slower way. */
const fineLength = 16;
const isLetter = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isNumberStart = (code: number): boolean => code === 0x2d || (code >= 0x30 && code <= 0x39);
/** Digit, sign or point. */
const isNumberPart = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || code === 0x2d || code === 0x2e || code === 0x2b;

/** Where the string that begins at `from` has its closing quote. */
function endOfString(text: string, from: number): number {
  let end = from + 1;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === quote) return end;
    if (code === backslash) end++;
  }
  return end;
}

function endOfNumber(text: string, from: number): number {
  let end = from + 1;
  while (end < text.length && (isNumberPart(text.charCodeAt(end)) || (text.charCodeAt(end) | 0x20) === 0x65))
    end++;
  return end;
}

/** Members in the whole tree. Fewer than the text names: some name was repeated. */
function countNames(root: Value): number {
  let names = 0;
  const open: Value[] = [root];
  const enter = (value: Value | undefined): void => {
    if (typeof value === 'object' && value !== null) open.push(value);
  };
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (Array.isArray(value)) for (const item of value) enter(item);
    else if (typeof value === 'object' && value !== null)
      // Nothing is inherited: `JSON.parse` makes plain objects, whose prototype has nothing to enumerate.
      for (const name in value) {
        names++;
        enter((value as Members)[name]);
      }
  }
  return names;
}

/** A list or an object that is being read; `name` is that of the member whose value comes next. */
interface Container {
  readonly items: Value[] | undefined;
  readonly members: Record<string, Value> | undefined;
  name: string | undefined;
}

/** The tree of a text that is known to be JSON; undefined for a number that is too long to be read. */
function build(text: string): Value | undefined {
  const open: Container[] = [];
  let root: Value | undefined;
  const place = (value: Value): void => {
    const top = open.at(-1);
    if (top === undefined) root = value;
    else if (top.members === undefined) top.items?.push(value);
    else {
      addMember(top.members, top.name as string, value);
      top.name = undefined;
    }
  };
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      const end = endOfString(text, i);
      const string = readString(text, i, end);
      const top = open.at(-1);
      if (top?.members !== undefined && top.name === undefined) top.name = string;
      else place(string);
      i = end;
    } else if (code === 0x7b) {
      const members: Record<string, Value> = {};
      place(members);
      open.push({ items: undefined, members, name: undefined });
    } else if (code === 0x5b) {
      const items: Value[] = [];
      place(items);
      open.push({ items, members: undefined, name: undefined });
    } else if (code === 0x7d || code === 0x5d) {
      open.pop();
    } else if (isNumberStart(code)) {
      const end = endOfNumber(text, i);
      const number = readNumber(text.slice(i, end));
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

/** Short and without an exponent a double says exactly what was written. */
const readNumber = (token: string): number | ExactNumber | undefined =>
  token.length < fineLength && !/e/i.test(token) ? Number(token) : toNumber(token);

function readString(text: string, from: number, end: number): string {
  const inside = text.slice(from + 1, end);
  return inside.includes('\\') ? (JSON.parse(text.slice(from, end + 1)) as string) : inside;
}

/** Adds a member; a name that is there already makes it a `Repeated`. */
function addMember(members: Record<string, Value>, name: string, value: Value): void {
  if (Object.hasOwn(members, name)) {
    const before = members[name] as Value;
    if (before instanceof Repeated) before.values.push(value);
    else setOwn(members, name, new Repeated([before, value]));
  } else setOwn(members, name, value);
}

/** Assigning to `__proto__` would set the prototype. */
function setOwn(members: Record<string, Value>, name: string, value: Value): void {
  if (name === '__proto__')
    Object.defineProperty(members, name, { value, enumerable: true, configurable: true, writable: true });
  else members[name] = value;
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
