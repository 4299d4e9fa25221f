import type { Finding, KeyPath } from '../config/problem.ts';
import { stages } from '../core/vocabulary.ts';
import { isMalformed, parseMatch } from './pattern.ts';
import { sample, sampleMethod } from './places.ts';
import { parseRouteTest } from './route-tests.ts';
import type { CohortConfig, RoutingConfig, RoutingRouteConfig } from './schema.ts';

/** Settings that are legal but do not do what they seem to. */
export function lintSettings(config: RoutingConfig): Finding[] {
  return [
    ...findShiftingKeys(config),
    ...Object.entries(config.routes).flatMap(([name, route]) => [...findIgnored(name, route)]),
    ...findUnknownExpectations(config),
  ];
}

interface Advice {
  readonly request: string;
  readonly fix: string;
}

export const warning = (code: string, path: KeyPath, message: string, advice: Advice): Finding => ({
  severity: 'warning',
  code,
  path,
  message,
  ...advice,
});

/** A request of the route, to show a warning with. */
function requestOf(route: RoutingRouteConfig): string {
  const entry = route.match.map(parseMatch).find(one => !isMalformed(one));
  return entry === undefined || isMalformed(entry) ? '' : sample(sampleMethod(entry), entry);
}

/** A client must not change sides by logging in: `user` is absent before, and something else is the key until then. */
function* findShiftingKeys(config: RoutingConfig): Generator<Finding> {
  for (const [name, cohort] of Object.entries(config.cohorts)) {
    const open = Object.values(config.routes).find(route => route.cohort === name && isOpen(config, route));
    if (open !== undefined) yield* judgeKey(cohort, ['cohorts', name, 'by'], requestOf(open));
  }
  for (const [name, route] of Object.entries(config.routes)) {
    if (isOpen(config, route)) yield* judgeKey(route, ['routes', name, 'by'], requestOf(route));
  }
}

/** Whether somebody who is not logged in may ask. */
const isOpen = (config: RoutingConfig, { auth }: RoutingRouteConfig): boolean =>
  config.auth === undefined || auth === 'public';

function* judgeKey({ by = [] }: CohortConfig, path: KeyPath, request: string): Generator<Finding> {
  const user = by.indexOf('user');
  const address = by.indexOf('ip');
  if (address !== -1 && address < by.length - 1) {
    const message = `ip is always there, so ${by.slice(address + 1).join(', ')} after it never counts`;
    yield warning('key-ignored', [...path, address + 1], message, {
      request,
      fix: 'put ip last, or leave it away',
    });
  }
  if (user === -1 || (address !== -1 && address < user)) return;
  const before = by[user + 1] ?? 'the address';
  const message = `the key changes when a client logs in, from ${before} to user, and the client may change sides`;
  yield warning('key-changes-at-login', [...path, user], message, {
    request,
    fix: 'split by a cookie that stays the same over a login, such as by: [cookie:NAME]',
  });
}

/** Settings that the stage of the route does not know. */
function* findIgnored(name: string, route: RoutingRouteConfig): Generator<Finding> {
  const ignored = function* (
    key: 'percent' | 'fallback' | 'tripwire' | 'data',
    why: string,
  ): Generator<Finding> {
    yield {
      ...warning('ignored-setting', ['routes', name, key], `${key} is ignored: ${why}`, {
        request: requestOf(route),
        fix: `remove ${key}`,
      }),
      atKey: true,
    };
  };
  if (route.percent !== undefined && route.stage !== 'canary') {
    yield* ignored('percent', `it counts in canary, and the route is in ${route.stage}`);
  }
  if (route.stage === 'done') {
    for (const key of ['fallback', 'tripwire'] as const) {
      if (route[key] !== undefined && route[key] !== 'off') yield* ignored(key, 'the route is done');
    }
  }
  if (route.data === 'service' && stages.indexOf(route.stage) < stages.indexOf('migrated')) {
    yield warning(
      'data-too-early',
      ['routes', name, 'data'],
      `the service can own the data from migrated on, and in ${route.stage} legacy still serves`,
      { request: requestOf(route), fix: 'data: synced, until the route is migrated' },
    );
  }
}

function* findUnknownExpectations(config: RoutingConfig): Generator<Finding> {
  for (const [index, test] of (config.tests ?? []).entries()) {
    const expect = parseRouteTest(test)?.expect;
    if (expect === undefined || expect === 'unclaimed' || expect === 'bad-request-target') continue;
    if (config.routes[expect] !== undefined) continue;
    const path = typeof test === 'string' ? ['tests', index] : ['tests', index, 'expect'];
    yield warning('unknown-route', path, `there is no route ${expect}`, {
      request: typeof test === 'string' ? (test.split(' ->')[0] ?? '') : test.request,
      fix: 'name a route, or unclaimed',
    });
  }
}
