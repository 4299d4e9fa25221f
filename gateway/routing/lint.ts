import type { Finding } from '../config/problem.ts';
import { lintSettings, warning } from './lint-settings.ts';
import { partsOf } from './pattern.ts';
import {
  covers,
  firstBefore,
  groupBy,
  type Placed,
  rankOf,
  sample,
  sampleMethod,
  samplePath,
  sharedMethod,
} from './places.ts';
import type { RoutingConfig } from './schema.ts';

/** What is legal but looks wrong. */
export function lintRouting(config: RoutingConfig, placed: readonly Placed[]): Finding[] {
  return [...findUnreachable(config, placed), ...findLookalikes(config, placed), ...lintSettings(config)];
}

/** An entry of which another one takes every request: one of its own route, or everything below a `*` by `:name/*`. */
function* findUnreachable(config: RoutingConfig, placed: readonly Placed[]): Generator<Finding> {
  const groups = groupBy(placed, one => one.place);
  const byPlace = new Map(groups.map(group => [group[0]?.place ?? '', group]));
  const winnerAt = (place: string, loser: Placed): Placed | undefined =>
    byPlace.get(place)?.find(one => covers(one.entry, loser.entry));
  for (const group of groups) {
    for (const one of group) {
      const twin = firstBefore(
        group,
        one,
        before =>
          before.route === one.route &&
          rankOf(before.entry) === rankOf(one.entry) &&
          covers(before.entry, one.entry),
      );
      const winner = twin ?? (one.place.endsWith('/*') ? coveredRest(one, config, winnerAt) : undefined);
      if (winner === undefined) continue;
      yield warning(
        'unreachable',
        ['routes', one.route, 'match', one.index],
        `${one.entry.text} matches nothing: ${winner.entry.text} of route ${winner.route} always wins`,
        { request: sample(sampleMethod(one.entry), one.entry), fix: 'remove it' },
      );
    }
  }
}

/** `/x/*` has nothing left where `/x`, `/x/` and `/x/:name/*` are all claimed. */
function coveredRest(
  one: Placed,
  config: RoutingConfig,
  winnerAt: (place: string, loser: Placed) => Placed | undefined,
): Placed | undefined {
  const base = one.place.slice(0, -2);
  const slashed = config.paths.trailingSlash === 'same' ? base : `${base}/`;
  const isTaken = [one.entry.pattern === '/*' ? slashed : base, slashed].every(place => winnerAt(place, one));
  return isTaken ? winnerAt(`${base}/:/*`, one) : undefined;
}

/** Paths that differ only in what a lenient server does not see, or a literal beside a `:name`, in routes that part ways. */
function* findLookalikes(config: RoutingConfig, placed: readonly Placed[]): Generator<Finding> {
  for (const group of groupBy(placed, one => one.folded)) {
    for (const one of group) {
      const other = firstBefore(
        group,
        one,
        before =>
          before.place !== one.place &&
          before.route !== one.route &&
          sharedMethod(before.entry, one.entry) !== undefined,
      );
      if (other === undefined) continue;
      yield warning(
        'near-miss',
        ['routes', one.route, 'match', one.index],
        `${one.entry.pattern} and ${other.entry.pattern} of route ${other.route} differ only by case, a trailing slash or parameters`,
        {
          request: sample(sampleMethod(one.entry), one.entry),
          fix: 'claim both spellings in one route, or set paths: { case: same, trailingSlash: same }',
        },
      );
    }
  }
  yield* findLiteralsBesideNames(config, placed);
}

/** `/orders/new` in one route and `/orders/:id` in another: a near miss of the first is a match of the second. */
function* findLiteralsBesideNames(config: RoutingConfig, placed: readonly Placed[]): Generator<Finding> {
  if (config.paths.case === 'same') return;
  const byPlace = new Map(groupBy(placed, one => one.place).map(group => [group[0]?.place ?? '', group]));
  for (const one of placed) {
    const last = partsOf(one.entry.pattern).at(-1);
    if (last?.kind !== 'literal' || !/[a-z]/i.test(last.text)) continue;
    const beside = byPlace.get(`${one.place.slice(0, one.place.lastIndexOf('/'))}/:`);
    const other = beside?.find(
      name => partsWays(config, one.route, name.route) && sharedMethod(one.entry, name.entry) !== undefined,
    );
    if (other === undefined) continue;
    const path = samplePath(one.entry.pattern);
    const cut = path.lastIndexOf('/');
    const swapped =
      path.slice(cut) === path.slice(cut).toUpperCase()
        ? path.slice(cut).toLowerCase()
        : path.slice(cut).toUpperCase();
    yield warning(
      'near-miss',
      ['routes', one.route, 'match', one.index],
      `another case of ${one.entry.pattern} is claimed by ${other.entry.pattern} of route ${other.route}, which goes another way`,
      {
        request: `${sharedMethod(one.entry, other.entry)} ${path.slice(0, cut)}${swapped}`,
        fix: 'set paths: { case: same } if the monolith does not tell case apart',
      },
    );
  }
}

/** Whether two routes can send a client to different places. */
function partsWays(config: RoutingConfig, a: string, b: string): boolean {
  const one = config.routes[a];
  const other = config.routes[b];
  return a !== b && (one?.stage !== other?.stage || one?.service !== other?.service);
}
