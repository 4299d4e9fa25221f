import { textMember } from './canonical/markup.ts';
import { onlyItem, type Step } from './path.ts';

type Segment =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  /** `takes` undefined: a name or an index. */
  | { readonly kind: 'any'; readonly takes?: 'string' | 'number' }
  /** At any depth; undefined: whatever it is called. */
  | { readonly kind: 'descend'; readonly name: string | undefined };

/** A path as a rule writes it: `$ .name ['name'] [n] [*] ..name`, or for markup `html>body>div[0]@class`, `* >> [*]`. */
export interface PathPattern {
  readonly text: string;
  readonly isMarkup: boolean;
  readonly segments: readonly Segment[];
  /** The greater of two, as text, is the more specific one: a name or index over `[*]` over `..`, then the longer one. */
  readonly rank: string;
}

/** Where reading stopped, and what was expected there. */
export interface PathFault {
  readonly fault: string;
}

export const isFault = (read: PathPattern | PathFault): read is PathFault => 'fault' in read;

/** Most segments of a pattern. */
const maxSegments = 64;

export function parsePath(text: string): PathPattern | PathFault {
  const read = text.startsWith('$') ? readJsonPath(text) : readMarkupPath(text);
  if ('fault' in read) return read;
  if (read.segments.length > maxSegments)
    return { fault: `expected at most ${maxSegments} segments, got ${read.segments.length}` };
  const rank = read.segments.map(({ kind }) => ranks[kind]).join('');
  return { text, rank, ...read };
}

const ranks = { name: '3', index: '3', any: '2', descend: '1' } as const;

type Read = Pick<PathPattern, 'isMarkup' | 'segments'> | PathFault;

const jsonSegment =
  /\.\.(?:(\*)|\[\*\]|([^.[\]'"\s*]+))|\.(?:(\*)|([^.[\]'"\s*]+))|\[(?:(\*)|(\d{1,9})|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/uy;

function readJsonPath(text: string): Read {
  const segments: Segment[] = [];
  jsonSegment.lastIndex = 1;
  for (let at = 1; at < text.length; at = jsonSegment.lastIndex) {
    const found = jsonSegment.exec(text);
    if (found === null)
      return {
        fault: `expected .name, ['name'], [n], [*] or ..name after ${text.slice(0, at)}, got ${JSON.stringify(text.slice(at, at + 20))}`,
      };
    segments.push(toSegment(found));
  }
  return { isMarkup: false, segments };
}

function toSegment(found: RegExpExecArray): Segment {
  const [whole, , descended, anyMember, member, anyItem, index, single, double] = found;
  if (whole.startsWith('..')) return { kind: 'descend', name: descended };
  if (anyMember !== undefined || anyItem !== undefined) return { kind: 'any' };
  if (member !== undefined) return { kind: 'name', name: member };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  return { kind: 'name', name: unquote(single ?? double ?? '') };
}

const unquote = (text: string): string =>
  text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, other: string) =>
    code === undefined ? other : String.fromCharCode(Number.parseInt(code, 16)),
  );

const markupPart =
  /^\s*(\*|[^\s>@[\].*]+(?:\.[^\s>@[\].*]+)*)?\s*(?:\[(\d{1,9}|\*)\])?\s*(@[^\s>@[\]]+)?\s*$/u;

function readMarkupPath(text: string): Read {
  const bad = {
    fault: `expected a path such as $.a.b, $.items[*].id or html>body>h1, got ${JSON.stringify(text)}`,
  };
  if (!/[>@]/.test(text) || /^header:/i.test(text)) return bad;
  const segments: Segment[] = [];
  let isBelow = false;
  const parts = text.split('>');
  for (const [position, part] of parts.entries()) {
    if (part === '' && position < parts.length - 1) {
      isBelow = true;
      continue;
    }
    const [found, name, index, attribute] = markupPart.exec(part) ?? [];
    if (found === undefined || (name === undefined && attribute === undefined)) return bad;
    if (attribute !== undefined && position < parts.length - 1) return bad;
    if (name !== undefined && isBelow)
      segments.push({ kind: 'descend', name: name === '*' ? undefined : name });
    else if (name !== undefined)
      segments.push(name === '*' ? { kind: 'any', takes: 'string' } : { kind: 'name', name });
    if (index !== undefined)
      segments.push(
        index === '*' ? { kind: 'any', takes: 'number' } : { kind: 'index', index: Number(index) },
      );
    if (attribute !== undefined)
      segments.push(
        name === undefined && isBelow
          ? { kind: 'descend', name: attribute }
          : { kind: 'name', name: attribute },
      );
    isBelow = false;
  }
  return { isMarkup: true, segments };
}

/**
 * `exact`: the pattern names this very place; `below`: it names one above it. A pattern of markup that gives no index
 * takes any, and naming an element names its text.
 */
export function matchPath(pattern: PathPattern, given: readonly Step[]): 'exact' | 'below' | undefined {
  const { segments, isMarkup } = pattern;
  const steps = isMarkup ? withoutText(given) : given;
  const end = segments.length;
  let [states, isBelow] = [[0], false];
  for (const step of steps) {
    const next: number[] = [];
    const reach = (state: number): void => {
      if (!next.includes(state)) next.push(state);
    };
    const isFreeIndex = isMarkup && typeof step === 'number';
    for (const state of states) {
      const segment = segments[state];
      if (segment === undefined) {
        if (isFreeIndex) reach(state);
        else isBelow = true;
        continue;
      }
      if (segment.kind === 'descend' || isFreeIndex) reach(state);
      if (isStep(segment, step)) reach(state + 1);
    }
    states = next;
  }
  if (states.includes(end)) return 'exact';
  return isBelow ? 'below' : undefined;
}

function isStep(segment: Segment, step: Step): boolean {
  switch (segment.kind) {
    case 'name':
      return segment.name === step;
    case 'index':
      return typeof step === 'number' && Math.max(step, 0) === segment.index;
    case 'any':
      return segment.takes === undefined || segment.takes === typeof step;
    default:
      return segment.name === undefined || segment.name === step;
  }
}

const withoutText = (steps: readonly Step[]): readonly Step[] =>
  steps.at(-1) === onlyItem && steps.at(-2) === textMember ? steps.slice(0, -2) : steps;

/** Of all that match, those of the greatest rank: the order of rules never matters. */
export function mostSpecific<Rule extends { readonly pattern: PathPattern }>(
  rules: readonly Rule[],
  isMatch: (rule: Rule) => boolean,
): readonly Rule[] {
  let best: Rule[] = [];
  for (const rule of rules) {
    const rank = best[0]?.pattern.rank;
    if (rank !== undefined && rule.pattern.rank < rank) continue;
    if (!isMatch(rule)) continue;
    if (rank === rule.pattern.rank) best.push(rule);
    else best = [rule];
  }
  return best;
}
