import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../gateway/core/errors.ts';
import type { Stage } from '../../gateway/core/vocabulary.ts';
import { checkRouting } from '../../gateway/routing/checks.ts';
import { compileAtOnce } from '../../gateway/routing/compile.ts';
import { decide } from '../../gateway/routing/decide.ts';
import { explain } from '../../gateway/routing/explain.ts';
import { matchOf } from '../../gateway/routing/pattern.ts';
import type { Match, MatchEntry, RequestFacts } from '../../gateway/routing/route.ts';
import type { RoutingConfig, RoutingRouteConfig } from '../../gateway/routing/schema.ts';
import { asked, routing, stranger } from '../kit/routes.ts';

const word = fc.constantFrom('a', 'b', 'c');
const pattern = fc
  .tuple(
    fc.array(fc.oneof(word, fc.constantFrom(':x', 'A')), { maxLength: 3 }),
    fc.constantFrom('', '/', '/*'),
  )
  .map(([segments, end]) => {
    const named = segments.map((segment, at) => (segment.startsWith(':') ? `:x${at}` : segment));
    return named.length === 0 ? (end === '' ? '/' : end) : `/${named.join('/')}${end}`;
  });
const entry = fc
  .record({
    path: pattern,
    method: fc.option(fc.uniqueArray(fc.constantFrom('GET', 'POST', 'HEAD'), { minLength: 1 }), {
      nil: undefined,
    }),
    host: fc.option(fc.constantFrom('h1', 'h2'), { nil: undefined }),
    headers: fc.option(fc.constantFrom({ v: '1' }, { v: '2' }, { w: '1' }), { nil: undefined }),
    query: fc.option(fc.constantFrom({ q: '1' }, { q: '2' }), { nil: undefined }),
  })
  .map(({ path, ...rest }) => ({
    path,
    ...Object.fromEntries(Object.entries(rest).filter(([, value]) => value)),
  }));
const stage = fc.constantFrom<Stage>('legacy', 'shadow', 'canary', 'migrated', 'done');
const rules = fc.record({ match: fc.array(entry, { minLength: 1, maxLength: 3 }), stage }).map(
  ({ match, stage }): RoutingRouteConfig => ({
    match,
    stage,
    service: 's',
    data: 'service',
    ...(stage === 'canary' ? { percent: 50, by: ['header:w'] } : {}),
  }),
);
/** Random tables in which no two routes overlap. */
const table = fc
  .array(rules, { minLength: 1, maxLength: 6 })
  .map(all => routing(Object.fromEntries(all.map((one, at) => [`r${at}`, one]))))
  .filter(config => !checkRouting(config).some(finding => finding.severity === 'error'));

const spelled = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(word) },
  { weight: 1, arbitrary: fc.constantFrom(['%61'], ['A'], ['d'], ['a;p'], ['']) },
);
const oddity = fc.constantFrom('', '', '', '', '', '/..', '//', '/%2e', '/a%2fb');
const request = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'HEAD', 'PUT'),
    segments: fc.array(spelled, { maxLength: 4 }),
    odd: oddity,
    query: fc.constantFrom('', '?q=1', '?q=2', '?x&q=%31'),
    host: fc.constantFrom('', 'h1', 'h2', 'h3'),
    headers: fc.constantFrom<Record<string, string>>(
      {},
      { v: '1' },
      { v: '2' },
      { v: '1', w: '1' },
      { w: '1' },
    ),
  })
  .map(({ method, segments, odd, query, host, headers }) =>
    asked(`${method} ${odd}/${segments.flat().join('/')}${query}`, headers, host),
  );

interface Ranked {
  readonly route: string;
  readonly index: number;
  readonly rank: readonly number[];
}

/** The contract's sentence about which route wins, word by word, without a trie. Undefined for unclaimed. */
function winner(config: RoutingConfig, facts: RequestFacts): Ranked | undefined {
  const fitting = Object.entries(config.routes).flatMap(([route, { match }]) =>
    match.map(matchOf).flatMap((one, index): Ranked[] => {
      const rank = rankOf(one, facts);
      return rank === undefined ? [] : [{ route, index, rank }];
    }),
  );
  return fitting.sort((a, b) => compare(b.rank, a.rank) || a.index - b.index)[0];
}

const compare = (a: readonly number[], b: readonly number[]): number => {
  for (const [at, value] of a.entries()) if (value !== b[at]) return value - (b[at] ?? 0);
  return 0;
};

function rankOf(one: MatchEntry, facts: RequestFacts): readonly number[] | undefined {
  const path = facts.target.path.slice(1).split('/').map(decodeURIComponent);
  const places = one.pattern.slice(1).split('/');
  const isOpen = places.at(-1) === '*';
  const fixed = isOpen ? places.slice(0, -1) : places;
  if (isOpen ? path.length < fixed.length : path.length !== fixed.length) return undefined;
  if (!fixed.every((place, at) => (place.startsWith(':') ? path[at] !== '' : path[at] === place)))
    return undefined;
  const methods = one.methods?.includes('GET') ? [...one.methods, 'HEAD'] : one.methods;
  const query = new URLSearchParams(facts.target.query);
  const holds =
    (one.host === undefined || one.host === facts.host) &&
    (methods === undefined || methods.includes(facts.method)) &&
    one.headers.every(([name, value]) => facts.headers[name] === value) &&
    one.query.every(([name, value]) => query.get(name) === value);
  if (!holds) return undefined;
  // A segment's worth: end of the pattern or literal 3, name 2, rest 1.
  const worth = [0, 1, 2, 3, 4, 5].map(at =>
    at < fixed.length ? (fixed[at]?.startsWith(':') ? 2 : 3) : isOpen && at === fixed.length ? 1 : 3,
  );
  return [
    Number(one.host !== undefined),
    ...worth,
    Number(methods !== undefined),
    one.headers.length + one.query.length,
  ];
}

const nameOf = (match: Match): string => {
  if (match.kind === 'unclaimed') return `unclaimed ${match.nearMiss?.name}`;
  return match.kind === 'odd'
    ? `odd ${match.route.name}`
    : `${match.route.name} ${match.entry} ${match.params}`;
};

describe('the table', () => {
  it('chooses what the rules of rank say, read word by word', () => {
    fc.assert(
      fc.property(table, fc.array(request, { minLength: 10, maxLength: 30 }), (config, requests) => {
        const { table } = compileAtOnce(config);
        for (const facts of requests.filter(one => !one.target.isOdd)) {
          const match = table.match(facts);
          const expected = winner(config, facts);
          expect(match.kind === 'route' ? `${match.route.name} ${match.entry}` : 'none').toBe(
            expected === undefined ? 'none' : `${expected.route} ${expected.index}`,
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  it('does not depend on the order of routes, near misses and odd targets included', () => {
    fc.assert(
      fc.property(table, fc.array(request, { minLength: 10, maxLength: 20 }), (config, requests) => {
        const backwards = { ...config, routes: Object.fromEntries(Object.entries(config.routes).reverse()) };
        const there = compileAtOnce(config).table;
        const back = compileAtOnce(backwards).table;
        for (const facts of requests) expect(nameOf(back.match(facts))).toBe(nameOf(there.match(facts)));
      }),
      { numRuns: 200 },
    );
  });

  it('cannot be walked around by encoding or by odd segments', () => {
    const encode = (text: string, mask: number): string =>
      [...text].map((char, at) => ((mask >> at) & 1 ? `%${char.charCodeAt(0).toString(16)}` : char)).join('');
    const detour = fc.constantFrom('', '/.', '/x/..', '/%2e', '/x/%2E%2e', '/x/..;y', '/', '/x/.%2e');
    const { table } = compileAtOnce(
      routing({ orders: { match: ['/orders/:id/lines'], stage: 'migrated', data: 'synced' } }),
    );
    fc.assert(
      fc.property(
        fc.nat(63),
        fc.nat(31),
        fc.tuple(detour, detour, detour),
        fc.constantFrom('/', '%2f', '\\', '%5C'),
        (one, two, detours, slash) => {
          const path = `${detours[0]}/${encode('orders', one)}${detours[1]}${slash}7${detours[2]}/${encode('lines', two)}`;
          expect(['route', 'odd']).toContain(table.match(asked(`GET ${path}`)).kind);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is explained by explain as it matches and decides', () => {
    const hold = { route: 'r0', by: 'alice', reason: 'errors', since: 0, until: undefined, released: 0 };
    fc.assert(
      fc.property(
        table,
        fc.array(request, { minLength: 5, maxLength: 15 }),
        fc.boolean(),
        (config, requests, isHeld) => {
          const compiled = compileAtOnce(config);
          for (const facts of requests) {
            const asker = stranger({ headers: facts.headers });
            const match = compiled.table.match(facts);
            const told = explain(compiled, facts, asker, isHeld ? hold : undefined);
            expect(told.outcome).toBe(match.kind);
            expect(JSON.parse(JSON.stringify(told))).toMatchObject({ route: told.route });
            if (match.kind !== 'route') continue;
            expect(told.route).toBe(match.route.name);
            expect(told.params.map(({ value }) => value)).toEqual(match.params);
            let decided: unknown;
            try {
              decided = decide(
                match.route,
                { method: facts.method, isOverridden: false },
                asker,
                isHeld ? hold : undefined,
              );
            } catch (error) {
              expect(error).toBeInstanceOf(Refusal);
            }
            expect(told.decision).toEqual(decided);
            expect(told.others.every(other => other.why !== '')).toBe(true);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
