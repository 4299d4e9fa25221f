/** Who calls: access tokens (RFC 6750, RFC 7519) held against the keys of their issuers. The estate's verifier knows jose here. */
import { createLocalJWKSet, decodeJwt, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { type JsonWebKeySet, type KeySource, openKeySource } from './key-source.ts';
import { Problem } from './problem.ts';
import type { Tls } from './tls.ts';

/** Whom a token speaks for. */
export interface Caller {
  /** A user's id, or `service:<name>`; empty for `anonymous`. */
  readonly sub: string;
  /** The OAuth2 client of a service token. */
  readonly client: string | undefined;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** As it came, to be passed on to a service that acts for the same caller; empty for `anonymous`. */
  readonly token: string;
}

export const anonymous: Caller = { sub: '', client: undefined, scopes: [], roles: [], token: '' };

export interface Authority {
  /**
   * The caller that an `Authorization: Bearer` field names. Throws the Problem 401 `token-missing`, `token-invalid` or
   * `token-expired`, each with `WWW-Authenticate`, and 503 `issuer-unreachable` while no key of the issuer is known.
   */
  identify(authorization: string | undefined): Promise<Caller>;
  close(): void;
}

export interface IssuerOptions {
  /** What `iss` has to be. */
  readonly issuer: string;
  readonly audience: string;
  /** Where its keys are published. */
  readonly jwksUrl?: string;
  /** Or the keys themselves, or how to get at them: for the issuer's own process. */
  readonly jwks?: JsonWebKeySet | (() => JsonWebKeySet | Promise<JsonWebKeySet>);
}

export interface AuthorityOptions {
  readonly issuers: readonly IssuerOptions[];
  /** For fetching keys. */
  readonly tls?: Tls | undefined;
  readonly clock?: Clock;
}

/** Seconds by which clocks may differ. */
const clockTolerance = 5;
const maxToken = 8192;

/** Tokens are ES256, must have `exp` and `sub`, and `iss` and `aud` as configured. Keys are fetched at the first token. */
export function createAuthority({ issuers, tls, clock = systemClock }: AuthorityOptions): Authority {
  const known = new Map(
    issuers.map(options => [options.issuer, { ...options, source: toSource(options, tls, clock) }]),
  );
  return {
    async identify(authorization) {
      const token = bearerOf(authorization);
      const issuer = known.get(claimedIssuer(token));
      if (!issuer) throw invalid('the token is of no issuer that is trusted here');
      const rules = {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: ['ES256'],
        requiredClaims: ['exp', 'sub'],
        clockTolerance,
        currentDate: new Date(clock.wall()),
      };
      return toCaller(await verify(token, issuer.source, rules), token);
    },
    close() {
      for (const { source } of known.values()) source.close();
    },
  };
}

function toSource({ jwks, jwksUrl }: IssuerOptions, tls: Tls | undefined, clock: Clock): KeySource {
  if (jwks !== undefined) {
    const keys = async (): Promise<JsonWebKeySet> => (typeof jwks === 'function' ? jwks() : jwks);
    return { keys, again: keys, close() {} };
  }
  if (jwksUrl === undefined) throw new TypeError('an issuer needs jwksUrl or jwks');
  return openKeySource(jwksUrl, { tls, clock });
}

function bearerOf(authorization: string | undefined): string {
  const token = /^Bearer +([\w.~+/-]+=*) *$/i.exec(authorization ?? '')?.[1];
  if (token !== undefined && token.length <= maxToken) return token;
  if (authorization !== undefined && /^Bearer\b/i.test(authorization))
    throw invalid('the token is malformed');
  const headers = { 'www-authenticate': 'Bearer realm="shop"' };
  throw new Problem(401, 'token-missing', 'this needs Authorization: Bearer with an access token', {
    headers,
  });
}

/** Before anybody has verified it: good for finding the keys, for nothing else. */
function claimedIssuer(token: string): string {
  try {
    return String(decodeJwt(token).iss);
  } catch {
    throw invalid('the token is malformed');
  }
}

type Rules = NonNullable<Parameters<typeof jwtVerify>[2]>;

async function verify(token: string, source: KeySource, rules: Rules): Promise<JWTPayload> {
  const keys = await source.keys();
  if (!keys) throw unreachable();
  try {
    return (await jwtVerify(token, toJoseKeys(keys), rules)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw toProblem(error);
  }
  // Perhaps a key that is younger than our copy.
  const newer = await source.again();
  try {
    return (await jwtVerify(token, toJoseKeys(newer ?? keys), rules)).payload;
  } catch (error) {
    throw toProblem(error);
  }
}

const toJoseKeys = (keys: JsonWebKeySet) =>
  createLocalJWKSet(keys as unknown as Parameters<typeof createLocalJWKSet>[0]);

function toProblem(error: unknown): Problem {
  if (error instanceof errors.JWTExpired) return refused('token-expired', 'the token has expired');
  if (error instanceof errors.JWTClaimValidationFailed) {
    return invalid(`the ${knownClaim(error.claim)} of the token is not what it has to be here`);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return invalid('the token is signed with none of the keys of its issuer');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return invalid('the signature of the token does not verify');
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return invalid('the algorithm of the token is not ES256');
  return invalid('the token is malformed');
}

/** None of the token's own words gets into a message. */
const knownClaim = (claim: string): string =>
  ['aud', 'exp', 'iat', 'iss', 'nbf', 'sub'].includes(claim) ? claim : 'content';

const invalid = (detail: string): Problem => refused('token-invalid', detail);

const refused = (code: string, detail: string): Problem =>
  new Problem(401, code, detail, {
    headers: {
      'www-authenticate': `Bearer realm="shop", error="invalid_token", error_description="${detail}"`,
    },
  });

const unreachable = (): Problem =>
  new Problem(503, 'issuer-unreachable', 'the keys of the issuer of the token cannot be fetched now', {
    headers: { 'retry-after': '2' },
  });

function toCaller(claims: JWTPayload, token: string): Caller {
  const { sub = '', client_id: client, scope, roles } = claims;
  if (sub === '') throw invalid('the sub of the token is not what it has to be here');
  return {
    sub,
    client: typeof client === 'string' ? client : undefined,
    scopes: typeof scope === 'string' ? scope.split(' ').filter(Boolean) : [],
    roles: Array.isArray(roles) ? roles.filter(role => typeof role === 'string') : [],
    token,
  };
}

/** Throws the Problem 403 `scope-missing`, which names those that are missing. */
export function requireScopes(caller: Caller, scopes: readonly string[]): void {
  const missing = scopes.filter(scope => !caller.scopes.includes(scope));
  if (missing.length === 0) return;
  const challenge = `Bearer realm="shop", error="insufficient_scope", scope="${scopes.join(' ')}"`;
  throw new Problem(403, 'scope-missing', `the token lacks the scope ${missing.join(' ')}`, {
    headers: { 'www-authenticate': challenge },
  });
}

/** Throws the Problem 403 `role-missing`. */
export function requireRole(caller: Caller, role: string): void {
  if (!caller.roles.includes(role)) {
    throw new Problem(403, 'role-missing', `this is for the role ${role}`);
  }
}
