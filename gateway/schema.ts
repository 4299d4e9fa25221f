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
import { checkRedis } from './edge/limit/checks.ts';
import * as edge from './edge/schema.ts';
import { checkNotYet } from './not-yet.ts';
import { checkListen, checkUpstreams } from './proxy/checks.ts';
import * as proxy from './proxy/schema.ts';
import { checkRouting } from './routing/checks.ts';
import * as routing from './routing/schema.ts';
import { checkStore } from './store/checks.ts';
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
  listen: proxy.listen.prefault({}).describe('The public port'),
  admin: admin.admin.prefault({}).describe('The admin port'),
  trust: list(text('a CIDR, an address or loopback'))
    .default([])
    .describe(
      'CIDRs, addresses or `loopback` of proxies in front, whose X-Forwarded-* and X-Request-Id are believed',
    ),
  debugHeaders: flag()
    .default(false)
    .describe('`x-figway` on answers says which route and side served, and why'),
  monolith: text('the name of an upstream').describe('Which upstream it is: there is always somewhere to go'),
  include: list(text('a file or a pattern'))
    .default([])
    .describe(
      'More `routes:`, `cohorts:` and `upstreams:`, relative to this file; each file has an `owner:`',
    ),
  paths: routing.paths.prefault({}).describe('Which spellings of a path are the same'),
  upstreams: named(proxy.upstream).describe('Named addresses that are forwarded to'),
  auth: edge.auth.optional().describe('How clients prove who they are'),
  edge: edge.edge.prefault({}).describe('Defaults of the guards for claimed routes'),
  store: store.store
    .prefault({ path: 'data/figway.db' })
    .describe('What survives a restart: holds, moves, last good, comparisons, evidence, progress'),
  redis: maybeEmpty()
    .optional()
    .describe(
      "Address of Redis, `redis://user:password@host:6379/0`: gateways with the same one share limits, and holds are announced; empty: this gateway's own processes alone",
    ),
  drain: proxy.drain.prefault({}).describe('How the gateway stops'),
  log: telemetry.log.prefault({}).describe('The access record'),
  moves: oneOf(['file', 'propose'])
    .default('file')
    .describe('`file`: promote edits this file; `propose`: it prints the patch'),
  revision: maybeEmpty().optional().describe('Shown with every move, metric and status'),
  cohorts: named(routing.cohort).default({}).describe('Routes whose clients are split together'),
  routes: named(route).default({}).describe('What is claimed, and how far it has come'),
  tests: list(routing.routeTest)
    .default([])
    .describe('What `figway test` checks: `GET /orders/42 -> orders-read`'),
});

/** What was asked for: parsed, with defaults, frozen. What runs is the `Snapshot`. */
export type Config = Infer<typeof routesFile>;
export type RouteConfig = Config['routes'][string];

const definition: Definition<Config> = {
  main: routesFile,
  included,
  checks: [
    checkUpstreams,
    checkRouting,
    checkListen,
    checkTrust,
    checkGuards,
    checkRedis,
    checkStore,
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
