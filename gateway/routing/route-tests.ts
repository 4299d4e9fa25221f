import { Refusal } from '../core/errors.ts';
import type { CompiledRoutes } from './compile.ts';
import { isRefusedWhenOdd } from './explain.ts';
import type { Match } from './route.ts';
import type { RouteTestConfig } from './schema.ts';
import { parseTarget } from './target.ts';

/** One line of `tests:`, read. */
export interface RouteTest {
  readonly text: string;
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expect: string;
}

export interface RouteTestResult {
  readonly text: string;
  readonly isPassed: boolean;
  readonly expected: string;
  /** The name of a route, `unclaimed`, or the code of a refusal. */
  readonly got: string;
  /** What helps to understand it: the near miss, why it is refused; empty if nothing does. */
  readonly note: string;
}

export interface Coverage {
  readonly entries: number;
  readonly exercised: number;
  /** 0 to 100; 100 where there is nothing to exercise. */
  readonly percent: number;
  readonly missing: readonly { readonly route: string; readonly entry: string }[];
}

export interface RouteTestReport {
  readonly results: readonly RouteTestResult[];
  readonly coverage: Coverage;
}

/** Runs `tests:` against the table. Coverage counts match entries that at least one test arrived at. */
export function runRouteTests(compiled: CompiledRoutes, tests: readonly RouteTestConfig[]): RouteTestReport {
  const seen = new Set<string>();
  const results = tests.map(test => runOne(compiled, test, seen));
  const all = compiled.routes.flatMap(({ name, entries }) =>
    entries.map((entry, at) => ({ route: name, entry: entry.text, key: `${name} ${at}` })),
  );
  const missing = all.filter(({ key }) => !seen.has(key)).map(({ route, entry }) => ({ route, entry }));
  const exercised = all.length - missing.length;
  const percent = all.length === 0 ? 100 : Math.floor((exercised / all.length) * 1000) / 10;
  return { results, coverage: { entries: all.length, exercised, percent, missing } };
}

function runOne(compiled: CompiledRoutes, config: RouteTestConfig, seen: Set<string>): RouteTestResult {
  const test = parseRouteTest(config);
  if (test === undefined) throw new TypeError('a route test was not checked before it was run');
  const { got, note } = runRequest(compiled, test, seen);
  return { text: test.text, isPassed: got === test.expect, expected: test.expect, got, note };
}

function runRequest(
  compiled: CompiledRoutes,
  test: RouteTest,
  seen: Set<string>,
): { got: string; note: string } {
  try {
    const target = parseTarget(test.target);
    const { method, host, headers } = test;
    const match = compiled.table.match({ method, host, target, headers });
    if (match.kind === 'route') seen.add(`${match.route.name} ${match.entry}`);
    return describe(match);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { got: error.code, note: error.message };
  }
}

function describe(match: Match): { got: string; note: string } {
  switch (match.kind) {
    case 'route':
      return { got: match.route.name, note: '' };
    case 'unclaimed':
      return { got: 'unclaimed', note: match.nearMiss ? `near miss of ${match.nearMiss.name}` : '' };
    case 'odd': {
      const { name } = match.route;
      const note = `the target is odd, and can be read as one of ${name}`;
      return isRefusedWhenOdd(match.route) ? { got: 'bad-request-target', note } : { got: name, note };
    }
  }
}

const requestPattern = /^([A-Z][A-Z-]*) (\/\S*|\*)$/;

/** Both forms; undefined where it is neither. */
export function parseRouteTest(config: RouteTestConfig): RouteTest | undefined {
  if (typeof config === 'string') {
    const [request = '', expect = '', ...more] = config.split(/\s+->\s+/);
    return more.length > 0 ? undefined : toTest(config, request, expect.trim(), '', {});
  }
  const headers = Object.entries(config.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const host = (config.host ?? '').toLowerCase().replace(/:\d+$/, '');
  return toTest(
    `${config.request} -> ${config.expect}`,
    config.request,
    config.expect,
    host,
    Object.fromEntries(headers),
  );
}

function toTest(
  text: string,
  request: string,
  expect: string,
  host: string,
  headers: Readonly<Record<string, string>>,
): RouteTest | undefined {
  const [, method, target] = requestPattern.exec(request.trim()) ?? [];
  if (method === undefined || target === undefined || expect === '') return undefined;
  return { text, method, target, host, headers, expect };
}
