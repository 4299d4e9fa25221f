import { isMalformed, type Part, parseMatch, partsOf } from './pattern.ts';
import type { MatchEntry } from './route.ts';
import type { PathsConfig, RoutingConfig } from './schema.ts';
import { foldSegment } from './segments.ts';

/** A match entry of the file with its place in the table: two entries with the same `place` have equal paths. */
export interface Placed {
  readonly route: string;
  /** Position in the route's `match:`. */
  readonly index: number;
  readonly entry: MatchEntry;
  readonly place: string;
  /** The same for a lenient server: without case, trailing slash and parameters. */
  readonly folded: string;
}

/** All well-formed match entries. */
export function placeEntries(config: RoutingConfig): Placed[] {
  const placed: Placed[] = [];
  for (const [route, rules] of Object.entries(config.routes)) {
    for (const [index, match] of rules.match.entries()) {
      const entry = parseMatch(match);
      if (isMalformed(entry)) continue;
      const parts = partsOf(entry.pattern);
      const host = entry.host ?? '*';
      placed.push({
        route,
        index,
        entry,
        place:
          host + spell(parts, text => spellExact(text, config.paths), config.paths.trailingSlash === 'same'),
        folded: host + spell(parts, foldSegment, true),
      });
    }
  }
  return placed;
}

export function groupBy(placed: readonly Placed[], keyOf: (one: Placed) => string): Placed[][] {
  const groups = new Map<string, Placed[]>();
  for (const one of placed) {
    const key = keyOf(one);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

const spellExact = (text: string, paths: PathsConfig): string =>
  paths.case === 'same' ? text.toLowerCase() : text;

/** Names do not count; a `:` alone cannot be a literal, since that would have to be a name. */
function spell(parts: readonly Part[], spellLiteral: (text: string) => string, dropsSlash: boolean): string {
  let place = '';
  for (const part of parts) {
    if (part.kind === 'name') place += '/:';
    else if (part.kind === 'rest') place += '/*';
    else if (part.text !== '' || !dropsSlash) place += `/${spellLiteral(part.text)}`;
  }
  return place;
}

/** Two entries of one place that one request can match, by a method that both take; undefined if there is none. */
export function sharedMethod(a: MatchEntry, b: MatchEntry): string | undefined {
  if (!agree(a.headers, b.headers) || !agree(a.query, b.query)) return undefined;
  if (a.methods === undefined) return methodsOf(b)[0];
  if (b.methods === undefined) return methodsOf(a)[0];
  const theirs = methodsOf(b);
  return methodsOf(a).find(method => theirs.includes(method));
}

const methodsOf = ({ methods = ['GET'] }: MatchEntry): readonly string[] =>
  methods.includes('GET') ? [...methods, 'HEAD'] : methods;

type Conditions = MatchEntry['headers'];

/** No field is asked to have two values. */
const agree = (a: Conditions, b: Conditions): boolean =>
  a.every(([name, value]) => b.every(([other, wanted]) => name !== other || value === wanted));

/** Whether every request that `b` accepts is accepted by `a`, given that their paths are equal. */
export const covers = (a: MatchEntry, b: MatchEntry): boolean =>
  (a.methods === undefined ||
    (b.methods !== undefined && methodsOf(b).every(method => methodsOf(a).includes(method)))) &&
  includesAll(b.headers, a.headers) &&
  includesAll(b.query, a.query);

const includesAll = (all: Conditions, some: Conditions): boolean =>
  some.every(([name, value]) => all.some(([other, given]) => name === other && value === given));

/** Equal for entries that are equal in the rules of rank that come after the path. */
export const rankOf = (entry: MatchEntry): string =>
  `${entry.methods === undefined ? 'any' : 'given'} ${entry.headers.length + entry.query.length}`;

/** The first of a group that stands before `one` and passes the test. */
export function firstBefore(
  group: readonly Placed[],
  one: Placed,
  test: (before: Placed) => boolean,
): Placed | undefined {
  for (const before of group) {
    if (before === one) return undefined;
    if (test(before)) return before;
  }
  return undefined;
}

/** A request line that the entry matches: `GET /orders/1?full=1`, with host and headers of all the entries. */
export function sample(method: string, ...entries: readonly [MatchEntry, ...MatchEntry[]]): string {
  const [first] = entries;
  const query = new URLSearchParams();
  const fields = new Map<string, string>();
  for (const entry of entries) {
    for (const [name, value] of entry.query) query.set(name, value);
    for (const [name, value] of entry.headers) fields.set(name, value);
  }
  if (first.host !== undefined) fields.set('host', first.host);
  const headers = [...fields].map(([name, value]) => ` -H '${name}: ${value}'`).join('');
  return `${method} ${samplePath(first.pattern)}${query.size > 0 ? `?${query}` : ''}${headers}`;
}

export const samplePath = (pattern: string): string =>
  partsOf(pattern)
    .map(part => `/${part.kind === 'literal' ? encodeURI(part.text) : part.kind === 'name' ? '1' : 'a'}`)
    .join('');

export const sampleMethod = (entry: MatchEntry): string => entry.methods?.[0] ?? 'GET';
