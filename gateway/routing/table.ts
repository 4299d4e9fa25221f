import { createIntern } from '../core/intern.ts';
import { stages } from '../core/vocabulary.ts';
import { type Part, partsOf } from './pattern.ts';
import { readings } from './readings.ts';
import type { Match, MatchEntry, RequestFacts, Route } from './route.ts';
import type { PathsConfig } from './schema.ts';
import { decodeSegment, foldSegment, foldSegments, splitPath } from './segments.ts';
import { type Candidate, candidatesOf, emptyNode, find, insertRanked, type Node, placeOf } from './trie.ts';

/**
 * Which route a request belongs to. Independent of the order of routes, and as fast with ten thousand as with ten.
 * A query condition holds if the first field of that name, decoded, has exactly that value; a header condition if
 * the field's whole value is that one. `*` gives the rest of the path with its leading slash as the last parameter.
 */
export interface Table {
  match(facts: RequestFacts): Match;
  /** Every entry whose host and path fit, in the order in which `match` asks them. */
  candidates(facts: RequestFacts): Iterable<Candidate>;
  /** For an odd target: what some way of reading it would match, strictest route first. What cannot be read counts as all. */
  oddReadings(facts: RequestFacts): readonly OddReading[];
}

export interface OddReading {
  readonly path: string;
  readonly route: Route;
}

const unclaimed: Match = { kind: 'unclaimed', nearMiss: undefined };

/** A trie for each host that a match names, and one for any. */
class Forest {
  readonly #hosts = new Map<string, Node>();
  readonly #any = emptyNode();

  root(host: string | undefined): Node {
    if (host === undefined) return this.#any;
    let node = this.#hosts.get(host);
    if (node === undefined) {
      node = emptyNode();
      this.#hosts.set(host, node);
    }
    return node;
  }

  find(path: readonly string[], facts: RequestFacts): Candidate | undefined {
    const own = this.#hosts.size === 0 ? undefined : this.#hosts.get(facts.host);
    const found = own && find(own, path, 0, facts);
    return found ?? find(this.#any, path, 0, facts);
  }

  *candidates(path: readonly string[], host: string): Generator<Candidate> {
    const own = this.#hosts.get(host);
    if (own !== undefined) yield* candidatesOf(own, path, 0);
    yield* candidatesOf(this.#any, path, 0);
  }
}

/** A table that is still being filled: `add` every route, then use it. */
export class RouteTable implements Table {
  readonly #paths: PathsConfig;
  readonly #exact = new Forest();
  /** The same routes as a lenient server would match them: for near misses. */
  readonly #folded = new Forest();
  readonly #lists = new Lists();
  /** The route furthest on its way; undefined while there is none. */
  #strictest: Route | undefined;

  constructor(paths: PathsConfig) {
    this.#paths = paths;
  }

  add(route: Route): void {
    if (this.#strictest === undefined || isStricter(route, this.#strictest)) this.#strictest = route;
    for (const [entry, match] of route.entries.entries()) {
      const parts = partsOf(match.pattern);
      const candidate = toCandidate({ route, entry, match, parts }, this.#lists);
      const last = parts.at(-1);
      const isSlashed = parts.length > 1 && last?.kind === 'literal' && last.text === '';
      const kept = isSlashed && this.#paths.trailingSlash === 'same' ? parts.slice(0, -1) : parts;
      insertRanked(placeOf(this.#exact.root(match.host), kept, this.#spell), candidate);
      insertRanked(
        placeOf(this.#folded.root(match.host), parts, text => foldSegment(text) || undefined),
        candidate,
      );
    }
  }

  match(facts: RequestFacts): Match {
    const { path, isOdd } = facts.target;
    if (this.#strictest === undefined || path === '*') return unclaimed;
    if (isOdd) return this.#matchOdd(facts);
    const raw = splitPath(path);
    const decoded = path.includes('%') ? raw.map(decodeSegment) : raw;
    const found = this.#exact.find(this.#toKey(decoded), facts);
    if (found !== undefined) return found.fixed ?? toMatch(found, raw);
    const near = this.#folded.find(foldSegments(decoded), facts);
    return near === undefined ? unclaimed : { kind: 'unclaimed', nearMiss: near.route };
  }

  candidates(facts: RequestFacts): Iterable<Candidate> {
    if (facts.target.path === '*') return [];
    return this.#exact.candidates(this.#toKey(splitPath(facts.target.path).map(decodeSegment)), facts.host);
  }

  oddReadings(facts: RequestFacts): readonly OddReading[] {
    const sent = facts.target.path;
    const ways = readings(sent);
    if (ways === undefined) return this.#strictest ? [{ path: sent, route: this.#strictest }] : [];
    const found = new Map<Route, string>();
    for (const path of [sent, ...ways]) {
      const decoded = splitPath(path).map(decodeSegment);
      // A reading that only nearly matches counts too: two small lies must not go where one is stopped.
      const candidate =
        this.#exact.find(this.#toKey(decoded), facts) ?? this.#folded.find(foldSegments(decoded), facts);
      if (candidate !== undefined && !found.has(candidate.route)) found.set(candidate.route, path);
    }
    return [...found]
      .map(([route, path]) => ({ path, route }))
      .sort((a, b) => (isStricter(a.route, b.route) ? -1 : 1));
  }

  #matchOdd(facts: RequestFacts): Match {
    const [strictest] = this.oddReadings(facts);
    return strictest === undefined ? unclaimed : { kind: 'odd', route: strictest.route };
  }

  readonly #spell = (text: string): string => (this.#paths.case === 'same' ? text.toLowerCase() : text);

  /** Decoded segments as the exact trie spells them. */
  #toKey(decoded: readonly string[]): readonly string[] {
    const { case: casing, trailingSlash } = this.#paths;
    const isSlashed = trailingSlash === 'same' && decoded.length > 1 && decoded.at(-1) === '';
    const kept = isSlashed ? decoded.slice(0, -1) : decoded;
    return casing === 'same' ? kept.map(this.#spell) : kept;
  }
}

function isStricter(a: Route, b: Route): boolean {
  const further = stages.indexOf(a.stage) - stages.indexOf(b.stage);
  return further === 0 ? a.name < b.name : further > 0;
}

/** Lists of which all routes together have few. */
class Lists {
  readonly #methods = createIntern<readonly string[]>();
  readonly #captures = createIntern<readonly number[]>();

  /** GET implies HEAD. */
  methods(given: readonly string[]): readonly string[] {
    const isWider = given.includes('GET') && !given.includes('HEAD');
    return this.#methods(given.join(), () => (isWider ? [...given, 'HEAD'] : given));
  }

  captures(parts: readonly Part[]): readonly number[] {
    const captures = parts.flatMap((part, at) => (part.kind === 'name' ? [at] : []));
    return this.#captures(captures.join(), () => captures);
  }
}

interface Placing {
  readonly route: Route;
  readonly entry: number;
  readonly match: MatchEntry;
  readonly parts: readonly Part[];
}

function toCandidate({ route, entry, match, parts }: Placing, lists: Lists): Candidate {
  const captures = lists.captures(parts);
  const restAt = parts.findIndex(part => part.kind === 'rest');
  const methods = match.methods && lists.methods(match.methods);
  const isConditional = match.headers.length > 0 || match.query.length > 0;
  const isFixed = captures.length === 0 && restAt === -1;
  const fixed: Match | undefined = isFixed ? { kind: 'route', route, entry, params: [] } : undefined;
  return { route, entry, match, methods, isConditional, captures, restAt, fixed };
}

function toMatch({ route, entry, captures, restAt }: Candidate, raw: readonly string[]): Match {
  const params = captures.map(at => raw[at] ?? '');
  if (restAt !== -1) params.push(restAt < raw.length ? `/${raw.slice(restAt).join('/')}` : '');
  return { kind: 'route', route, entry, params };
}
