import {
  duration,
  either,
  type Infer,
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
    path: text('a path'),
    method: list(text('a method')).min(1).optional(),
    host: text('a host').optional(),
    headers: mapping(text('a value')).optional(),
    query: mapping(text('a value')).optional(),
  }),
]);

const pins = shape({
  service: list(text('a pin such as user:alice')).default([]),
  legacy: list(text('a pin such as user:alice')).default([]),
});

/** How clients are split: by one key and one percent. */
const split = {
  percent: percent().optional(),
  by: list(text('user, ip, cookie:NAME or header:NAME')).min(1).optional(),
  pin: pins.optional(),
};

export const cohort = shape(split);

export const routeFields = {
  owner: text('an owner').optional(),
  match: list(matchEntry).min(1, { error: 'expected at least one match, got none' }),
  service: text('the name of an upstream'),
  rewrite: either([text('a path'), mapping(text('a path'))]).optional(),
  stage: oneOf(stages),
  cohort: text('the name of a cohort').optional(),
  ...split,
  data: oneOf(['legacy', 'synced', 'service']).optional(),
  quiet: duration().optional(),
  deprecation: shape({
    since: text('a date'),
    sunset: text('a date').optional(),
    link: text('an address').optional(),
  }).optional(),
};

export const paths = shape({
  case: oneOf(['exact', 'same']).default('exact'),
  trailingSlash: oneOf(['exact', 'same']).default('exact'),
});

export const routeTest = either([
  text('a test such as GET /orders/42 -> orders-read'),
  shape({
    request: text('a request such as GET /orders/42'),
    host: text('a host').optional(),
    headers: mapping(text('a value')).optional(),
    user: text('a user').optional(),
    expect: text('the name of a route, or unclaimed'),
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
