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
import { tlsTo } from '../../config/tls.ts';
import { mode } from '../mode.ts';

const issuer = shape({
  issuer: text('an issuer').describe('`iss` that a token must carry'),
  audience: either([text('an audience'), list(text('an audience')).min(1)])
    .optional()
    .describe('`aud` that a token must carry'),
  jwks: text('an address')
    .optional()
    .describe("Address of the issuer's keys, https outside loopback; or `secret`, or `publicKey`"),
  tls: tlsTo().optional().describe('How to speak TLS to the address of `jwks`'),
  secret: secret().optional().describe('Shared secret of HMAC tokens, at least as long as the hash'),
  publicKey: secret().optional().describe('Public key, in PEM (a certificate too) or as a JWK'),
  algorithms: list(text('an algorithm'))
    .min(1)
    .describe('Algorithms that are accepted: `HS…` with a secret, all others with public keys'),
  clockTolerance: duration().prefault('5s').describe('How far clocks may differ'),
  maxAge: duration().optional().describe('Oldest `iat` that is accepted'),
  claims: shape({
    user: text('a claim').default('sub').describe('Claim of the user; a token without it is refused'),
    scopes: text('a claim')
      .default('scope')
      .describe('Claim of the scopes: words with spaces between them, or a list'),
    roles: text('a claim').default('roles').describe('Claim of the roles: a list, or one'),
  })
    .optional()
    .describe('Where user, scopes and roles stand in a token: `sub`, or a path such as `realm_access.roles`'),
});

const apiKeys = shape({
  header: text('a header name')
    .default('x-api-key')
    .describe('Request field with the key; services do not get it'),
  keys: list(
    shape({
      id: text('an id').describe('Name of the client'),
      sha256: sha256().describe('SHA-256 of the key, in hex'),
      scopes: list(text('a scope')).default([]).describe('Scopes that it has'),
      roles: list(text('a role')).default([]).describe('Roles that it has'),
    }),
  ).describe('Keys by the hash of their secret'),
});

const session = shape({
  cookie: text('a cookie name').describe("The monolith's session cookie"),
  verify: shape({
    upstream: text('the name of an upstream').describe('Usually the monolith'),
    path: text('a path').describe('GET there with the cookie alone answers who it is'),
  }).describe('Where the monolith tells whose session it is'),
  cache: duration().prefault('30s').describe('How long its answer is believed'),
  login: text('a path').optional().describe('Path of the login page: a redirect there counts as 401'),
});

const mint = shape({
  issuer: text('an issuer').describe('`iss` of the tokens that services get'),
  audience: text('an audience').describe('`aud` of those'),
  ttl: duration().prefault('60s').describe('How long they live'),
  keys: list(secret())
    .min(1)
    .optional()
    .describe(
      'ES256 keys: the first signs, all are published. Default: one that this process makes for itself, which several gateways cannot share',
    ),
});

/** The top-level `auth:`. */
export const auth = shape({
  jwt: either([issuer, list(issuer).min(1)])
    .optional()
    .describe('One issuer of tokens, or a list'),
  apiKeys: apiKeys.optional().describe('Clients with a key'),
  session: session.optional().describe('People who are logged in at the monolith'),
  mint: mint.optional().describe('Tokens that the gateway makes for services'),
});

/** `auth:` of a route. */
export const routeAuth = either([
  oneOf(['public', 'required', 'pass']),
  shape({
    scopes: list(text('a scope')).optional().describe('All of these'),
    roles: list(text('a role')).optional().describe('One of these'),
    mode: mode().optional(),
  }),
]);

/** `auth:` of unclaimed traffic. */
export const unclaimedAuth = either([exactly('pass'), exactly('required'), exactly('public')]);

export type AuthConfig = Infer<typeof auth>;
export type SessionConfig = Infer<typeof session>;
export type MintConfig = Infer<typeof mint>;
export type RouteAuthConfig = Infer<typeof routeAuth>;

export type IssuerConfig = Exclude<NonNullable<AuthConfig['jwt']>, readonly unknown[]>;

/** One issuer may be written without a list. */
export const issuersOf = (jwt: AuthConfig['jwt']): readonly IssuerConfig[] =>
  jwt === undefined ? [] : Array.isArray(jwt) ? jwt : [jwt as IssuerConfig];
