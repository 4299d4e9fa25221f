import { type Stage, stages } from '../core/vocabulary.ts';
import type { Part } from './pattern.ts';
import type { Match, MatchEntry, RequestFacts, Route } from './route.ts';

/** A match entry at its place in a trie, with what a lookup needs of it. */
export interface Candidate {
  readonly route: Route;
  readonly entry: number;
  readonly match: MatchEntry;
  /** As in the entry, and HEAD where GET is. */
  readonly methods: readonly string[] | undefined;
  /** There are conditions on header or query. */
  readonly isConditional: boolean;
  /** Positions of the segments that `:name`s take. */
  readonly captures: readonly number[];
  /** Position of the first segment that `*` takes; -1 if there is none. */
  readonly restAt: number;
  /** The result, where it does not depend on the request. */
  readonly fixed: Match | undefined;
}

/** One segment deep. `leaf` ends here, `rest` is a final `*`; both in order of rank. Most nodes have only one of the four. */
export interface Node {
  literals: Map<string, Node> | undefined;
  name: Node | undefined;
  leaf: Candidate[] | undefined;
  rest: Candidate[] | undefined;
}

export const emptyNode = (): Node => ({
  literals: undefined,
  name: undefined,
  leaf: undefined,
  rest: undefined,
});

/** The list at the end of `parts`, made if it is not there. `spell` is how the trie spells literals; undefined drops one. */
export function placeOf(
  root: Node,
  parts: readonly Part[],
  spell: (text: string) => string | undefined,
): Candidate[] {
  let node = root;
  for (const part of parts) {
    if (part.kind === 'rest') {
      node.rest ??= [];
      return node.rest;
    }
    const key = part.kind === 'literal' ? spell(part.text) : undefined;
    if (part.kind === 'name') {
      node.name ??= emptyNode();
      node = node.name;
    } else if (key !== undefined) {
      node.literals ??= new Map();
      let next = node.literals.get(key);
      if (next === undefined) {
        next = emptyNode();
        node.literals.set(key, next);
      }
      node = next;
    }
  }
  node.leaf ??= [];
  return node.leaf;
}

/** Puts a candidate where its rank belongs. */
export function insertRanked(list: Candidate[], candidate: Candidate): void {
  let at = list.length;
  while (at > 0 && compareRank(candidate, list[at - 1] as Candidate) < 0) at -= 1;
  list.splice(at, 0, candidate);
}

const conditions = ({ match }: Candidate): number => match.headers.length + match.query.length;
const stageRank = (stage: Stage): number => stages.indexOf(stage);

/**
 * Rank of two candidates at one place: a given method over any, then more conditions over fewer.
 * The rest only makes near misses, where equal rank is legal, independent of order: the further stage, then the name.
 */
function compareRank(a: Candidate, b: Candidate): number {
  return (
    Number(b.methods !== undefined) - Number(a.methods !== undefined) ||
    conditions(b) - conditions(a) ||
    stageRank(b.route.stage) - stageRank(a.route.stage) ||
    (a.route.name === b.route.name ? a.entry - b.entry : a.route.name < b.route.name ? -1 : 1)
  );
}

/**
 * The highest ranked candidate below `node` that accepts the request: literal over `:name` over `*`, segment by segment,
 * going back where the more specific place has nobody who accepts.
 */
export function find(
  node: Node,
  path: readonly string[],
  depth: number,
  facts: RequestFacts,
): Candidate | undefined {
  const segment = path[depth];
  if (segment === undefined) return pick(node.leaf, facts) ?? pick(node.rest, facts);
  const literal = node.literals?.get(segment);
  if (literal !== undefined) {
    const found = find(literal, path, depth + 1, facts);
    if (found !== undefined) return found;
  }
  if (node.name !== undefined && segment !== '') {
    const found = find(node.name, path, depth + 1, facts);
    if (found !== undefined) return found;
  }
  return pick(node.rest, facts);
}

/** All candidates whose path fits, in the order in which `find` asks them. */
export function* candidatesOf(node: Node, path: readonly string[], depth: number): Generator<Candidate> {
  const segment = path[depth];
  if (segment === undefined) yield* node.leaf ?? [];
  else {
    const literal = node.literals?.get(segment);
    if (literal !== undefined) yield* candidatesOf(literal, path, depth + 1);
    if (node.name !== undefined && segment !== '') yield* candidatesOf(node.name, path, depth + 1);
  }
  yield* node.rest ?? [];
}

function pick(candidates: readonly Candidate[] | undefined, facts: RequestFacts): Candidate | undefined {
  if (candidates === undefined) return undefined;
  for (const candidate of candidates) if (accepts(candidate, facts)) return candidate;
  return undefined;
}

/** Whether method, header and query conditions hold; the place in the trie has settled host and path. */
function accepts(candidate: Candidate, facts: RequestFacts): boolean {
  const { methods, match } = candidate;
  if (methods !== undefined && !methods.includes(facts.method)) return false;
  if (!candidate.isConditional) return true;
  for (const [name, value] of match.headers) if (facts.headers[name] !== value) return false;
  return match.query.length === 0 || hasQuery(match.query, facts.target.query);
}

function hasQuery(wanted: MatchEntry['query'], query: string): boolean {
  const given = new URLSearchParams(query);
  return wanted.every(([name, value]) => given.get(name) === value);
}

/** The first condition that does not hold, for people; undefined if the candidate accepts the request. */
export function refusalOf(candidate: Candidate, facts: RequestFacts): string | undefined {
  if (accepts(candidate, facts)) return undefined;
  const { methods, match } = candidate;
  if (methods !== undefined && !methods.includes(facts.method)) {
    return `method ${facts.method} is not ${methods.join(' or ')}`;
  }
  for (const [name, value] of match.headers) {
    if (facts.headers[name] !== value) return `header ${name} is not ${value}`;
  }
  const given = new URLSearchParams(facts.target.query);
  const failed = match.query.find(([name, value]) => given.get(name) !== value);
  return failed && `query ${failed[0]} is not ${failed[1]}`;
}
