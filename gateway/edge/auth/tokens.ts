import { hash } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';
import { formatSize } from '../../core/units.ts';
import type { Authentication } from './authenticator.ts';
import { credentialsExpired, credentialsInvalid } from './challenge.ts';
import { type ClaimNames, toIdentity } from './claims.ts';
import { type Checked, type Claims, checkToken, claimedIssuer, type Keys, type TokenRules } from './jose.ts';
import type { KeySource } from './key-source.ts';
import { createRecent } from './recent.ts';

/** Verifies bearer tokens of the issuers of one config, and remembers those that were good. */
export interface Tokens {
  /** At once for a token that was verified before under keys that still count. Never rejects. */
  authenticate(token: string): Authentication | Promise<Authentication>;
}

export interface Issuer {
  readonly rules: TokenRules;
  readonly claims: ClaimNames;
  readonly keys: KeySource;
}

interface Verified {
  readonly authentication: Authentication;
  /** Wall clock, milliseconds. Beyond it the token is verified anew, which says whether and why it is refused. */
  readonly until: number;
  readonly source: KeySource;
  /** What it was verified with. */
  readonly keys: Keys;
}

/** RFC 6750 §2.1: `b64token`. */
const tokenPattern = /^[A-Za-z0-9._~+/-]+=*$/;
/** Characters; a longer token is refused unread. */
const maxLength = 8 * 1024;
/** Tokens remembered: about 10 MB with their identities. */
const maxRemembered = 20_000;

/**
 * Only good tokens are remembered, by their SHA-256. A refused one is looked at anew each time: its key may be known
 * a second later, and nobody can push out good tokens by sending bad ones.
 */
export function createTokens(issuers: readonly Issuer[], clock: Clock): Tokens {
  const byName = new Map(issuers.map(issuer => [issuer.rules.issuer, issuer]));
  const verified = createRecent<Verified>(maxRemembered);

  const verify = async (token: string, digest: string, issuer: Issuer): Promise<Authentication> => {
    const { rules, keys: source } = issuer;
    let keys = source.current ?? (await source.first());
    if (keys === undefined) return unreachable(rules.issuer);
    const check = (): Promise<Checked> => checkToken(token, keys as Keys, rules, new Date(clock.wall()));
    let checked = await check();
    if (checked.kind === 'unknown-key') {
      const newest = await source.again();
      if (newest !== keys) {
        keys = newest;
        checked = await check();
      }
    }
    if (checked.kind !== 'good') return refusedBearer(checked.detail, checked.kind);
    const identity = toIdentity(checked.claims, issuer.claims);
    if (identity === undefined) return refusedBearer(`the token has no usable ${issuer.claims.user}`);
    const authentication = { kind: 'identified', source: 'bearer', identity } as const;
    verified.set(digest, {
      ...{ authentication, source, keys: keys as Keys },
      until: goodUntil(checked.claims, rules),
    });
    return authentication;
  };

  return {
    authenticate(token) {
      if (token.length > maxLength)
        return refusedBearer(
          `the token has ${token.length} characters, the bound is ${formatSize(maxLength)}`,
        );
      const digest = hash('sha256', token, 'base64');
      const known = verified.get(digest);
      if (known !== undefined && known.keys === known.source.current && clock.wall() < known.until)
        return known.authentication;
      if (!tokenPattern.test(token)) return malformed;
      const issuer = byName.get(claimedIssuer(token) ?? '');
      return issuer === undefined
        ? refusedBearer('the token is malformed, or of an issuer that is not known here')
        : verify(token, digest, issuer);
    },
  };
}

export function refusedBearer(detail: string, kind: Checked['kind'] = 'invalid'): Authentication {
  const refusal = kind === 'expired' ? credentialsExpired(detail) : credentialsInvalid(detail);
  return { kind: 'refused', source: 'bearer', refusal };
}

const malformed = refusedBearer('the token is malformed');

/** Nobody can say whether the token is good: that is no fault of the client's. */
const unreachable = (issuer: string): Authentication => ({
  kind: 'refused',
  source: 'bearer',
  refusal: new Refusal('issuer-unreachable', `no keys of ${issuer} could be fetched yet`, [
    ...['retry-after', '5'],
  ]),
});

/** `exp` is a number: it was checked. */
function goodUntil(claims: Claims, { maxAge, clockTolerance }: TokenRules): number {
  const expiry = Number(claims.exp) * 1000;
  const aged = maxAge === undefined ? Number.POSITIVE_INFINITY : Number(claims.iat) * 1000 + maxAge;
  return Math.min(expiry, aged) + clockTolerance;
}
