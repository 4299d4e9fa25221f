import {
  duration,
  either,
  exactly,
  type Infer,
  list,
  oneOf,
  secret,
  sha256,
  shape,
  text,
} from '../../config/define.ts';
import { mode } from '../mode.ts';

const issuer = shape({
  issuer: text('an issuer'),
  audience: either([text('an audience'), list(text('an audience')).min(1)]).optional(),
  jwks: text('an address').optional(),
  secret: secret().optional(),
  publicKey: secret().optional(),
  algorithms: list(text('an algorithm')).min(1),
  clockTolerance: duration().default(5000),
  maxAge: duration().optional(),
  claims: shape({
    user: text('a claim').default('sub'),
    scopes: text('a claim').default('scope'),
    roles: text('a claim').default('roles'),
  }).optional(),
});

const apiKeys = shape({
  header: text('a header name').default('x-api-key'),
  keys: list(
    shape({
      id: text('an id'),
      sha256: sha256(),
      scopes: list(text('a scope')).default([]),
      roles: list(text('a role')).default([]),
    }),
  ),
});

const session = shape({
  cookie: text('a cookie name'),
  verify: shape({ upstream: text('the name of an upstream'), path: text('a path') }),
  cache: duration().default(30_000),
  login: text('a path').optional(),
});

const mint = shape({
  issuer: text('an issuer'),
  audience: text('an audience'),
  ttl: duration().default(60_000),
  keys: list(secret()).min(1),
});

/** The top-level `auth:`. */
export const auth = shape({
  jwt: either([issuer, list(issuer).min(1)]).optional(),
  apiKeys: apiKeys.optional(),
  session: session.optional(),
  mint: mint.optional(),
});

/** `auth:` of a route. */
export const routeAuth = either([
  oneOf(['public', 'required', 'pass']),
  shape({
    scopes: list(text('a scope')).optional(),
    roles: list(text('a role')).optional(),
    mode: mode().optional(),
  }),
]);

/** `auth:` of unclaimed traffic. */
export const unclaimedAuth = either([exactly('pass'), exactly('required'), exactly('public')]);

export type AuthConfig = Infer<typeof auth>;
export type RouteAuthConfig = Infer<typeof routeAuth>;
