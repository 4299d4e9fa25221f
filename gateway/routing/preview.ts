import { isSafe } from '../core/vocabulary.ts';
import type { CompiledRoutes } from './compile.ts';
import { refusalOfNearMiss } from './decide.ts';
import { literalOf } from './discovery/segment.ts';
import { nameOf } from './discovery/template-name.ts';
import { isRefusedWhenOdd } from './explain.ts';
import { partsOf } from './pattern.ts';
import type { Match, RequestFacts, Route } from './route.ts';
import { splitPath } from './segments.ts';

/** What a changed table would do to requests that came; counts are of all requests, of which those kept are a sample. */
export interface RoutePreview {
  readonly requests: number;
  /** That another upstream would serve, or nobody. Of a canary its share, since nobody's cookie is kept. */
  readonly moved: number;
  readonly movedShare: number;
  /** What would change, most requests first; at most 500. */
  readonly templates: readonly PreviewRow[];
  /** Further ones that are not listed. */
  readonly others: number;
  /** Of the templates, those with a method that may change something. */
  readonly writes: number;
  /** Routes of the new table that nothing would match: new ones, and those that something matches today. */
  readonly unmatchedRoutes: readonly string[];
}

export interface PreviewRow {
  readonly template: string;
  readonly method: string;
  /** `unclaimed`, `orders-read (canary 10 %)`, `refused (route-gone)`. */
  readonly from: string;
  readonly to: string;
  readonly requests: number;
  readonly moved: number;
}

/** A request and for how many it stands. */
export interface Weighted {
  readonly facts: RequestFacts;
  readonly weight: number;
}

const mostRows = 500;

/** Where requests go: a text for people, and the share that each upstream serves. */
interface Destination {
  readonly text: string;
  readonly shares: ReadonlyMap<string, number>;
  readonly route: Route | undefined;
  readonly pattern: string | undefined;
}

interface Row {
  readonly template: string;
  readonly method: string;
  readonly from: string;
  readonly to: string;
  requests: number;
  moved: number;
}

export function previewRoutes(
  before: CompiledRoutes,
  after: CompiledRoutes,
  requests: Iterable<Weighted>,
): RoutePreview {
  const rows = new Map<string, Row>();
  const matchedBefore = new Set<string>();
  const matchedAfter = new Set<string>();
  let all = 0;
  let moved = 0;
  for (const { facts, weight } of requests) {
    const from = destinationOf(before, facts);
    const to = destinationOf(after, facts);
    if (from.route !== undefined) matchedBefore.add(from.route.name);
    if (to.route !== undefined) matchedAfter.add(to.route.name);
    all += weight;
    const gone = weight * distance(from.shares, to.shares);
    moved += gone;
    if (from.text === to.text && gone === 0) continue;
    const row = rowOf(rows, facts, from, to);
    row.requests += weight;
    row.moved += gone;
  }
  const sorted = [...rows.values()].toSorted((one, other) => other.requests - one.requests);
  const known = new Set(before.routes.map(({ name }) => name));
  return {
    requests: Math.round(all),
    moved: toTenth(moved),
    movedShare: all === 0 ? 0 : moved / all,
    templates: sorted.slice(0, mostRows).map(row => ({
      ...row,
      requests: Math.max(1, Math.round(row.requests)),
      moved: toTenth(row.moved),
    })),
    others: Math.max(0, sorted.length - mostRows),
    writes: sorted.filter(({ method }) => !isSafe(method)).length,
    unmatchedRoutes: after.routes
      .slice(1)
      .map(({ name }) => name)
      .filter(name => !matchedAfter.has(name) && (matchedBefore.has(name) || !known.has(name))),
  };
}

function rowOf(
  rows: Map<string, Row>,
  { method, target }: RequestFacts,
  from: Destination,
  to: Destination,
): Row {
  const pattern = to.pattern ?? from.pattern;
  const template = pattern === undefined ? templateOf(target.path) : nameless(pattern);
  const [text, next] = from.text === to.text ? [withService(from), withService(to)] : [from.text, to.text];
  const key = [method, template, text, next].join('\t');
  const known = rows.get(key);
  if (known !== undefined) return known;
  const row: Row = { template, method, from: text, to: next, requests: 0, moved: 0 };
  rows.set(key, row);
  return row;
}

const toTenth = (number: number): number => Math.round(number * 10) / 10;

const withService = ({ text, route }: Destination): string => `${text} by ${route?.service ?? 'legacy'}`;

/** Half of what the shares differ by: the share of requests that somebody else serves. */
function distance(one: Destination['shares'], other: Destination['shares']): number {
  let sum = 0;
  for (const name of new Set([...one.keys(), ...other.keys()]))
    sum += Math.abs((one.get(name) ?? 0) - (other.get(name) ?? 0));
  return sum / 2;
}

const legacy: Destination['shares'] = new Map([['', 1]]);

function destinationOf({ table }: CompiledRoutes, facts: RequestFacts): Destination {
  const match = table.match(facts);
  if (match.kind === 'route') return toRoute(match, facts);
  const refused = refusalOf(match, facts);
  return refused === undefined
    ? { text: 'unclaimed', shares: legacy, route: undefined, pattern: undefined }
    : {
        text: `refused (${refused})`,
        shares: new Map([['refused', 1]]),
        route: undefined,
        pattern: undefined,
      };
}

function refusalOf(match: Exclude<Match, { kind: 'route' }>, facts: RequestFacts): string | undefined {
  if (match.kind === 'odd') return isRefusedWhenOdd(match.route) ? 'bad-request-target' : undefined;
  if (match.nearMiss === undefined) return undefined;
  return refusalOfNearMiss(match.nearMiss, { method: facts.method, isOverridden: false })?.code;
}

function toRoute({ route, entry }: Extract<Match, { kind: 'route' }>, facts: RequestFacts): Destination {
  const share = shareOf(route, facts.isPreflight === true);
  const stage = route.stage === 'canary' ? `canary ${(route.cohort?.threshold ?? 0) / 100} %` : route.stage;
  return {
    text: `${route.name} (${stage})`,
    shares: new Map([
      ['', 1 - share],
      [`service ${route.service}`, share],
    ]),
    route,
    pattern: route.entries[entry]?.pattern,
  };
}

/** Share of its requests that the service serves. */
function shareOf({ stage, cohort }: Route, isPreflight: boolean): number {
  if (stage === 'canary') return isPreflight ? 0 : (cohort?.threshold ?? 0) / 10_000;
  return stage === 'migrated' || stage === 'done' ? 1 : 0;
}

/**
 * A pattern with names of our own: those of a file that somebody asks about may come from the environment, and must not
 * be read through a preview.
 */
function nameless(pattern: string): string {
  const parts = partsOf(pattern);
  const path = parts.map(part =>
    part.kind === 'literal' ? part.text : part.kind === 'name' ? undefined : '*',
  );
  return spell(path);
}

/** A path that no route has a pattern for, with its values as `:id`. */
const templateOf = (path: string): string => spell(splitPath(path).map(literalOf));

/** @param segments undefined: a value. */
function spell(segments: readonly (string | undefined)[]): string {
  const names: string[] = [];
  return segments
    .map((segment, at) => {
      if (segment !== undefined) return `/${segment}`;
      const name = nameOf(segments[at - 1] ?? '', names);
      names.push(name);
      return `/:${name}`;
    })
    .join('');
}
