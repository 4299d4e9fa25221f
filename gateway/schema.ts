/** The whole of routes.yaml, put together from the slices of the rooms. */
import { checkAdmin } from './admin/checks.ts';
import * as admin from './admin/schema.ts';
import { checkCompare } from './compare/checks.ts';
import * as compare from './compare/schema.ts';
import { flag, type Infer, list, maybeEmpty, named, oneOf, shape, text } from './config/define.ts';
import type { Environment } from './config/environment.ts';
import { disk, type Files } from './config/files.ts';
import { type Definition, type Loaded, loadDefinition } from './config/load.ts';
import { checkGuards, checkTrust, checkWrites } from './edge/checks.ts';
import * as edge from './edge/schema.ts';
import { checkNotYet } from './not-yet.ts';
import { checkListen, checkUpstreams } from './proxy/checks.ts';
import * as proxy from './proxy/schema.ts';
import * as routing from './routing/schema.ts';
import * as store from './store/schema.ts';
import * as telemetry from './telemetry/schema.ts';

const route = shape({
  ...routing.routeFields,
  ...proxy.routeFields,
  ...edge.routeFields,
  ...compare.routeFields,
});

/** What a file named by `include:` may hold. */
export const included = shape({
  $schema: text().optional(),
  owner: text('the team that owns what stands here'),
  upstreams: named(proxy.upstream).default({}),
  cohorts: named(routing.cohort).default({}),
  routes: named(route).default({}),
});

export const routesFile = shape({
  $schema: text().optional(),
  listen: proxy.listen.prefault({}),
  admin: admin.admin.prefault({}),
  trust: list(text('a CIDR, an address or loopback')).default([]),
  debugHeaders: flag().default(false),
  monolith: text('the name of an upstream'),
  include: list(text('a file or a pattern')).default([]),
  paths: routing.paths.prefault({}),
  upstreams: named(proxy.upstream),
  auth: edge.auth.optional(),
  edge: edge.edge.prefault({}),
  store: store.store.prefault({ path: 'data/figway.db' }),
  redis: maybeEmpty().optional(),
  drain: proxy.drain.prefault({}),
  log: telemetry.log.prefault({}),
  moves: oneOf(['file', 'propose']).default('file'),
  revision: maybeEmpty().optional(),
  cohorts: named(routing.cohort).default({}),
  routes: named(route).default({}),
  tests: list(routing.routeTest).default([]),
});

/** What was asked for: parsed, with defaults, frozen. What runs is the `Snapshot`. */
export type Config = Infer<typeof routesFile>;
export type RouteConfig = Config['routes'][string];

const definition: Definition<Config> = {
  main: routesFile,
  included,
  checks: [
    checkUpstreams,
    checkListen,
    checkTrust,
    checkGuards,
    checkAdmin,
    checkCompare,
    checkWrites,
    checkNotYet,
  ],
};

/** Reads routes.yaml with all files that it names; `config` is undefined if, and only if, there is an error. */
export const loadConfig = (
  file: string,
  env: Environment,
  options: Partial<Files> = {},
): Promise<Loaded<Config>> => loadDefinition(definition, file, env, { ...disk, ...options });
