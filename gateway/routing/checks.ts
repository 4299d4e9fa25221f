import type { Finding, KeyPath } from '../config/problem.ts';
import { isSafe, stages } from '../core/vocabulary.ts';
import { lintRouting } from './lint.ts';
import { isMalformed, parseMatch, parsePattern } from './pattern.ts';
import { firstBefore, groupBy, type Placed, placeEntries, rankOf, sample, sharedMethod } from './places.ts';
import { parseRouteTest } from './route-tests.ts';
import type { CohortConfig, RoutingConfig, RoutingRouteConfig } from './schema.ts';
import { parseKeySource, parsePin } from './split.ts';
import { parseTemplate } from './template.ts';

/** All that is wrong with the routes, cohorts and tests of a config, and what looks wrong. */
export function checkRouting(config: RoutingConfig): Finding[] {
  const placed = placeEntries(config);
  return [
    ...Object.entries(config.cohorts).flatMap(([name, cohort]) => [...checkSplit(cohort, ['cohorts', name])]),
    ...Object.entries(config.routes).flatMap(([name, route]) => [
      ...checkMatch(name, route),
      ...checkRewrite(name, route),
      ...checkSplit(route, ['routes', name]),
      ...checkCohort(name, route, config),
      ...checkData(name, route),
    ]),
    ...findOverlaps(placed),
    ...checkTests(config),
    ...lintRouting(config, placed),
  ];
}

const error = (code: string, path: KeyPath, message: string, fix?: string): Finding => ({
  severity: 'error',
  code,
  path,
  message,
  ...(fix === undefined ? {} : { fix }),
});

function* checkMatch(name: string, route: RoutingRouteConfig): Generator<Finding> {
  if (name === 'unclaimed') {
    yield {
      ...error('bad-name', ['routes', name], 'unclaimed is what no route matches; choose another name'),
      atKey: true,
    };
  }
  for (const [index, config] of route.match.entries()) {
    const entry = parseMatch(config);
    if (isMalformed(entry))
      yield error('bad-match', ['routes', name, 'match', index, ...entry.at], entry.problem);
  }
}

/** Every key of the map is one of the route's patterns, and each template takes only what its pattern has. */
function* checkRewrite(name: string, route: RoutingRouteConfig): Generator<Finding> {
  const { rewrite } = route;
  if (rewrite === undefined) return;
  const patterns = new Set<string>();
  for (const match of route.match) {
    const entry = parseMatch(match);
    if (!isMalformed(entry)) patterns.add(entry.pattern);
  }
  const path = ['routes', name, 'rewrite'];
  const pairs =
    typeof rewrite === 'string'
      ? [...patterns].map(pattern => ({ pattern, template: rewrite, path }))
      : Object.entries(rewrite).map(([pattern, template]) => ({
          pattern,
          template,
          path: [...path, pattern],
        }));
  for (const pair of pairs) {
    const parts = parsePattern(pair.pattern);
    if (isMalformed(parts) || !patterns.has(pair.pattern)) {
      const known = [...patterns].join(', ');
      const message = `${pair.pattern} is not a pattern of this route; it has ${known}`;
      yield { ...error('bad-rewrite', pair.path, message), atKey: true };
      continue;
    }
    const template = parseTemplate(pair.template, parts);
    if (isMalformed(template)) yield error('bad-rewrite', pair.path, `${template.problem} (${pair.pattern})`);
  }
}

function* checkSplit(split: CohortConfig, path: KeyPath): Generator<Finding> {
  for (const [index, text] of (split.by ?? []).entries()) {
    if (parseKeySource(text) !== undefined) continue;
    const message = `expected user, ip, cookie:NAME or header:NAME, got ${JSON.stringify(text)}`;
    yield error('bad-key', [...path, 'by', index], message);
  }
  for (const side of ['service', 'legacy'] as const) {
    for (const [index, text] of (split.pin?.[side] ?? []).entries()) {
      if (parsePin(text) !== undefined) continue;
      const message = `expected a pin such as user:alice, role:staff, ip:ADDRESS, cookie:NAME=VALUE or header:NAME=VALUE, got ${JSON.stringify(text)}`;
      yield error('bad-pin', [...path, 'pin', side, index], message);
    }
  }
}

function* checkCohort(name: string, route: RoutingRouteConfig, config: RoutingConfig): Generator<Finding> {
  const path = ['routes', name];
  const own = (['percent', 'by', 'pin'] as const).filter(key => route[key] !== undefined);
  const cohort = route.cohort === undefined ? undefined : config.cohorts[route.cohort];
  if (route.cohort !== undefined && cohort === undefined) {
    const known = Object.keys(config.cohorts).join(', ') || 'none';
    yield error('unknown-cohort', [...path, 'cohort'], `there is no cohort ${route.cohort}; known: ${known}`);
    return;
  }
  for (const key of route.cohort === undefined ? [] : own) {
    const message = `${key} is the cohort's to say: the route is in cohort ${route.cohort}`;
    yield { ...error('split-twice', [...path, key], message, `remove ${key} or cohort`), atKey: true };
  }
  if (route.stage !== 'canary') return;
  const split = cohort ?? route;
  const where = cohort === undefined ? path : ['cohorts', route.cohort ?? ''];
  if (split.percent === undefined) {
    yield error(
      'canary-without-percent',
      where,
      `route ${name} is in canary, which needs percent`,
      'percent: 0',
    );
  }
  if (split.by === undefined) {
    const message = `route ${name} is in canary, which needs by: what tells one client from another`;
    yield error('canary-without-key', where, message, 'by: [cookie:NAME]');
  }
}

/** From canary on somebody must have thought about who owns the data that unsafe methods write. */
function* checkData(name: string, route: RoutingRouteConfig): Generator<Finding> {
  if (route.data !== undefined || stages.indexOf(route.stage) < stages.indexOf('canary')) return;
  const entry = route.match
    .map(parseMatch)
    .find(one => !isMalformed(one) && !(one.methods ?? ['']).every(isSafe));
  if (entry === undefined || isMalformed(entry)) return;
  const message = `it takes unsafe methods (${entry.text}) and is in ${route.stage}: say who owns the data`;
  yield error('data-missing', ['routes', name], message, 'data: legacy, synced or service');
}

/** Two routes that can both match with equal rank. That implies one place, so only neighbours there are compared. */
function* findOverlaps(placed: readonly Placed[]): Generator<Finding> {
  for (const group of groupBy(placed, one => `${one.place} ${rankOf(one.entry)}`)) {
    for (const later of group) {
      const earlier = firstBefore(
        group,
        later,
        one => one.route !== later.route && sharedMethod(one.entry, later.entry) !== undefined,
      );
      if (earlier === undefined) continue;
      const method = sharedMethod(earlier.entry, later.entry) ?? 'GET';
      const message = `${later.entry.text} and ${earlier.entry.text} of route ${earlier.route} match the same requests with equal rank`;
      const fix = 'give one of them a method, a host or a condition that the other one lacks';
      const path = ['routes', later.route, 'match', later.index];
      yield {
        ...error('routes-overlap', path, message, fix),
        request: sample(method, earlier.entry, later.entry),
      };
    }
  }
}

function* checkTests(config: RoutingConfig): Generator<Finding> {
  for (const [index, test] of (config.tests ?? []).entries()) {
    const read = parseRouteTest(test);
    if (read === undefined) {
      const got = JSON.stringify(typeof test === 'string' ? test : test.request);
      const path = typeof test === 'string' ? ['tests', index] : ['tests', index, 'request'];
      yield error('bad-test', path, `expected a test such as GET /orders/42 -> orders-read, got ${got}`);
    }
  }
}
