import { isCidr } from '../config/address.ts';
import { suggestion } from '../config/nearest.ts';
import type { Finding, KeyPath } from '../config/problem.ts';
import { isSafe } from '../core/vocabulary.ts';
import type { MatchEntryConfig } from '../routing/schema.ts';
import { checkAuth, checkRule } from './auth/checks.ts';
import type { AuthConfig } from './auth/schema.ts';
import { checkCors } from './cors/checks.ts';
import { checkIp } from './ip/checks.ts';
import { checkRate } from './limit/checks.ts';
import type { EdgeConfig, RouteEdgeConfig } from './schema.ts';

interface EdgeParts {
  readonly trust: readonly string[];
  readonly auth?: AuthConfig | undefined;
  readonly edge: EdgeConfig;
  readonly upstreams: Readonly<Record<string, unknown>>;
  readonly routes: Readonly<
    Record<string, RouteEdgeConfig & { readonly match: readonly MatchEntryConfig[] }>
  >;
}

const bad = (path: KeyPath, message: string): Finding => ({
  ...{ severity: 'error', code: 'bad-value', path, message },
});

/** Addresses are addresses, and nobody is trusted by an oversight. */
export function* checkTrust({ trust }: EdgeParts): Generator<Finding> {
  for (const [index, entry] of trust.entries()) {
    const path = ['trust', index];
    if (entry !== 'loopback' && !isCidr(entry))
      yield bad(path, `expected a CIDR such as 10.0.0.0/8, an address or loopback, got ${entry}`);
    else if (/\/0$/.test(entry))
      yield {
        severity: 'warning',
        code: 'trusts-everybody',
        path,
        message: `${entry} lets every client name its own address in X-Forwarded-For`,
        request: 'GET / with X-Forwarded-For: 127.0.0.1',
        fix: 'name the addresses of the proxies in front',
      };
  }
}

/** What guards are told, wherever it stands: for claimed routes, for the rest, for one route. */
export function* checkGuards({ trust, edge, routes, auth, upstreams }: EdgeParts): Generator<Finding> {
  if (auth !== undefined) yield* checkAuth(auth);
  yield* checkRule(edge.unclaimed.auth, ['edge', 'unclaimed', 'auth'], auth);
  yield* checkRules(edge, ['edge'], trust);
  yield* checkRules(edge.unclaimed, ['edge', 'unclaimed'], trust);
  yield* checkRate(edge.total, ['edge', 'total']);
  if (edge.bruteForce !== 'off') yield* checkRate(edge.bruteForce, ['edge', 'bruteForce']);
  for (const [name, route] of Object.entries(routes)) {
    yield* checkRules(route, ['routes', name], trust);
    yield* checkRule(route.auth, ['routes', name, 'auth'], auth);
  }
  const verifier = auth?.session?.verify.upstream;
  if (verifier !== undefined && !Object.hasOwn(upstreams, verifier))
    yield {
      severity: 'error',
      code: 'unknown-upstream',
      path: ['auth', 'session', 'verify', 'upstream'],
      message: `expected the name of an upstream, got ${verifier}${suggestion(verifier, Object.keys(upstreams))}`,
    };
}

const asksForUser = (auth: NonNullable<RouteEdgeConfig['auth']>): boolean =>
  auth !== 'public' && auth !== 'pass';

function* checkRules(
  rules: Pick<RouteEdgeConfig, 'ip' | 'limit' | 'cors'>,
  path: KeyPath,
  trust: readonly string[],
): Generator<Finding> {
  if (rules.ip !== undefined) yield* checkIp(rules.ip, [...path, 'ip'], trust);
  if (rules.cors !== undefined) yield* checkCors(rules.cors, [...path, 'cors']);
  yield* checkRate(rules.limit, [...path, 'limit']);
}

/** A route that lets anybody write at the service. */
export function* checkWrites({ routes, auth }: EdgeParts): Generator<Finding> {
  for (const [name, route] of Object.entries(routes)) {
    if (route.auth === undefined ? auth !== undefined : asksForUser(route.auth)) continue;
    for (const [index, entry] of route.match.entries()) {
      const request = writeOf(entry);
      if (request === undefined) continue;
      yield {
        severity: 'warning',
        code: 'unguarded-write',
        path: ['routes', name, 'match', index],
        message: 'it takes writes, and the gateway asks nobody who they are',
        request,
        fix: 'say auth: required (or scopes), or name only reading methods here',
      };
      break;
    }
  }
}

/** A request by which an entry takes a write; undefined if it only reads. */
function writeOf(entry: MatchEntryConfig): string | undefined {
  const [first = '', rest] = typeof entry === 'string' ? entry.trim().split(/\s+/) : [entry.path];
  const path = rest ?? first;
  const given = typeof entry === 'string' ? (rest === undefined ? undefined : [first]) : entry.method;
  const method = given === undefined ? 'POST' : given.find(each => !isSafe(each.toUpperCase()));
  return method === undefined
    ? undefined
    : `${method} ${path.replaceAll(/:[^/]+/g, '1').replace(/\*$/, '1')}`;
}
