import {
  date,
  duration,
  either,
  type Infer,
  link,
  list,
  mapping,
  oneOf,
  percent,
  shape,
  text,
} from '../config/define.ts';
import { stages } from '../core/vocabulary.ts';

/** `GET /orders/:id`, `/orders/*`, or the long form with host, headers and query. */
export const matchEntry = either([
  text('a match such as GET /orders/:id'),
  shape({
    path: text('a path').describe('Literal segments, `:name` for one segment, a final `*` for the rest'),
    method: list(text('a method'))
      .min(1)
      .optional()
      .describe('Methods; none given means any. HEAD follows GET'),
    host: text('a host').optional().describe('Only for this host'),
    headers: mapping(text('a value'))
      .optional()
      .describe('Request fields and their values; all must be there'),
    query: mapping(text('a value'))
      .optional()
      .describe('Query parameters and their values; all must be there'),
  }),
]);

const pins = shape({
  service: list(text('a pin such as user:alice'))
    .default([])
    .describe(
      'Always the service: `user:NAME`, `role:NAME`, `header:NAME=VALUE`, `cookie:NAME=VALUE`, `ip:ADDRESS`',
    ),
  legacy: list(text('a pin such as user:alice')).default([]).describe('Always legacy'),
});

/** How clients are split: by one key and one percent. */
const split = {
  percent: percent()
    .optional()
    .describe('Share of clients that the service serves in canary, in steps of 0.01'),
  by: list(text('user, ip, cookie:NAME or header:NAME'))
    .min(1)
    .optional()
    .describe(
      'Whose the share is: `user`, `ip`, `cookie:NAME` or `header:NAME`, the first present; mandatory in canary',
    ),
  pin: pins.optional().describe('Clients that stay on one side'),
};

export const cohort = shape(split);

export const routeFields = {
  owner: text('an owner').optional().describe('The team it belongs to'),
  match: list(matchEntry)
    .min(1, { error: 'expected at least one match, got none' })
    .describe('What it claims; which route wins never depends on order'),
  service: text('the name of an upstream').describe('The upstream that takes over'),
  rewrite: either([text('a path'), mapping(text('a path'))])
    .optional()
    .describe('Path at the service: one for all, or one for each pattern'),
  stage: oneOf(stages).describe('How far it has come from the monolith to the service'),
  cohort: text('the name of a cohort')
    .optional()
    .describe('Splits its clients together with other routes; or `percent`, `by` and `pin` here'),
  ...split,
  data: oneOf(['legacy', 'synced', 'service'])
    .optional()
    .describe('Who owns the data; mandatory from canary on where unsafe methods are claimed'),
  quiet: duration()
    .optional()
    .describe('How long legacy must have done nothing for it before `done`; default 14d'),
  deprecation: shape({
    since: date().describe('Date from which it is deprecated'),
    sunset: date().optional().describe('Date from which it may be gone'),
    link: link().optional().describe('Where to read about it'),
  })
    .optional()
    .describe('Fields that tell clients of its end (RFC 9745, RFC 8594)'),
};

export const paths = shape({
  case: oneOf(['exact', 'same']).default('exact').describe('`same`: paths match whatever their case'),
  trailingSlash: oneOf(['exact', 'same'])
    .default('exact')
    .describe('`same`: a trailing slash changes nothing'),
});

export const routeTest = either([
  text('a test such as GET /orders/42 -> orders-read'),
  shape({
    request: text('a request such as GET /orders/42').describe('Method and target'),
    host: text('a host').optional().describe('Its host'),
    headers: mapping(text('a value')).optional().describe('Its fields'),
    user: text('a user').optional().describe('Who sends it'),
    expect: text('the name of a route, or unclaimed').describe('The route that must win, or `unclaimed`'),
  }),
]);

export type MatchEntryConfig = Infer<typeof matchEntry>;
export type CohortConfig = Infer<typeof cohort>;
export type PathsConfig = Infer<typeof paths>;
export type RouteTestConfig = Infer<typeof routeTest>;
const routeShape = shape(routeFields);
/** The part of a route that routing knows. */
export type RouteRules = Infer<typeof routeShape>;

/** What routing reads of routes.yaml. The whole `Config` fits it; fields of other rooms are named as far as the decision needs them. */
export interface RoutingConfig {
  readonly paths: PathsConfig;
  readonly cohorts: Readonly<Record<string, CohortConfig>>;
  readonly routes: Readonly<Record<string, RoutingRouteConfig>>;
  readonly tests?: readonly RouteTestConfig[] | undefined;
  /** Present: a route needs credentials unless it says otherwise. */
  readonly auth?: unknown;
}

export type RoutingRouteConfig = RouteRules & {
  readonly fallback?: string | { readonly stale: boolean } | undefined;
  readonly tripwire?: unknown;
  readonly compare?: { readonly reverse: boolean } | undefined;
  readonly auth?: unknown;
};
