/** Tokens (RFC 7519): those of others held against keys and rules, and the gateway's own. The only file that knows jose. */
import type { KeyObject } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, errors, jwtVerify, SignJWT } from 'jose';
import { formatDuration } from '../../core/units.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** A JSON Web Key Set (RFC 7517 §5) that finds the key of a token by its `kid`, algorithm and use. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

/** What a token is verified with. */
export type Keys = KeyObject | KeySet;

/** What a token must say. Durations in milliseconds. */
export interface TokenRules {
  readonly issuer: string;
  /** One of these; undefined: any, or none. */
  readonly audience: readonly string[] | undefined;
  readonly algorithms: readonly string[];
  readonly clockTolerance: number;
  /** Oldest `iat`; undefined: any, or none. */
  readonly maxAge: number | undefined;
}

export type Checked =
  | { readonly kind: 'good'; readonly claims: Claims }
  | { readonly kind: 'invalid' | 'expired'; readonly detail: string }
  /** No key fits by its `kid`; or none verifies the signature, and the token names none. */
  | { readonly kind: 'unknown-key'; readonly detail: string };

/** @throws for what is no key set. */
export const toKeySet = (value: unknown): KeySet =>
  createLocalJWKSet(value as Parameters<typeof createLocalJWKSet>[0]);

/** What a token says about its issuer, before anybody has verified it: good for finding the rules, for nothing else. */
export function claimedIssuer(token: string): string | undefined {
  try {
    const { iss } = decodeJwt(token);
    return typeof iss === 'string' ? iss : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Signature, algorithm, `crit`, `iss`, `aud`, `exp` (mandatory), `nbf` and age. The header's `jwk`, `jku`, `x5c` and
 * `x5u` are never looked at. Never rejects.
 */
export async function checkToken(token: string, keys: Keys, rules: TokenRules, now: Date): Promise<Checked> {
  const options = {
    issuer: rules.issuer,
    algorithms: [...rules.algorithms],
    requiredClaims: ['exp'],
    clockTolerance: rules.clockTolerance / 1000,
    currentDate: now,
    ...(rules.audience === undefined ? {} : { audience: [...rules.audience] }),
    ...(rules.maxAge === undefined ? {} : { maxTokenAge: rules.maxAge / 1000 }),
  };
  try {
    return { kind: 'good', claims: await verify(token, keys, options) };
  } catch (error) {
    return toChecked(error, rules);
  }
}

type VerifyOptions = NonNullable<Parameters<typeof jwtVerify>[2]>;

async function verify(token: string, keys: Keys, options: VerifyOptions): Promise<Claims> {
  if (typeof keys !== 'function') return (await jwtVerify(token, keys, options)).payload;
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    return verifyWithAny(token, error, options);
  }
}

/** The token names no key, and several fit. Only a signature that does not verify lets the next one try. */
async function verifyWithAny(
  token: string,
  keys: errors.JWKSMultipleMatchingKeys,
  options: VerifyOptions,
): Promise<Claims> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWKSNoMatchingKey();
}

function toChecked(error: unknown, rules: TokenRules): Checked {
  const invalid = (detail: string): Checked => ({ kind: 'invalid', detail });
  if (error instanceof errors.JWTExpired)
    return {
      kind: 'expired',
      detail: error.claim === 'iat' ? tooOld(rules.maxAge) : 'the token has expired',
    };
  if (error instanceof errors.JWTClaimValidationFailed) return invalid(claimDetail(error));
  if (error instanceof errors.JWKSNoMatchingKey)
    return { kind: 'unknown-key', detail: 'the token is signed with none of the keys of its issuer' };
  if (error instanceof errors.JOSEAlgNotAllowed)
    return invalid('the algorithm of the token is not one of those that are accepted');
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return invalid('the signature of the token does not verify');
  if (error instanceof errors.JOSENotSupported)
    return invalid('the token asks for an extension that is not supported');
  return invalid('the token is malformed');
}

const tooOld = (maxAge: number | undefined): string =>
  `the token was issued more than ${formatDuration(maxAge ?? 0)} ago`;

/** The claim is one of those in the rules: none of the token's own words gets into a message. */
function claimDetail({ claim, reason }: errors.JWTClaimValidationFailed): string {
  if (reason === 'missing') return `the token has no ${claim}`;
  if (reason !== 'check_failed') return `the ${claim} of the token is not what it has to be`;
  switch (claim) {
    case 'aud':
      return 'the token is for another audience';
    case 'iss':
      return 'the token is of another issuer';
    case 'nbf':
      return 'the token is not valid yet';
    default:
      return `the ${claim} of the token is not acceptable`;
  }
}

/** A token of the gateway's own, in compact form, signed with ES256. */
export const signToken = (
  key: { readonly id: string; readonly privateKey: KeyObject },
  claims: Claims,
): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: key.id, typ: 'JWT' })
    .sign(key.privateKey);
