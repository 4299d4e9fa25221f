import type { Identity } from '../../core/exchange.ts';
import type { Claims } from './jose.ts';

/** Where user, scopes and roles stand in a token. */
export interface ClaimNames {
  readonly user: string;
  readonly scopes: string;
  readonly roles: string;
}

export const usualClaims: ClaimNames = { user: 'sub', scopes: 'scope', roles: 'roles' };

/** Undefined if the token names no user. */
export function toIdentity(claims: Claims, names: ClaimNames): Identity | undefined {
  const user = toUser(claimAt(claims, names.user));
  if (user === undefined) return undefined;
  const scopes = claimAt(claims, names.scopes);
  const roles = claimAt(claims, names.roles);
  return {
    user,
    key: undefined,
    // RFC 8693 §4.2: words with spaces between them; some issuers write a list.
    scopes: typeof scopes === 'string' ? scopes.split(' ').filter(word => word !== '') : toTexts(scopes),
    // A role may have a space in its name: cut up, it would be other roles.
    roles: typeof roles === 'string' ? [roles] : toTexts(roles),
  };
}

/** The claim of that very name (some have dots: `https://shop.example.com/roles`), else by its dotted path. */
export function claimAt(claims: Claims, name: string): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  let at: unknown = claims;
  for (const key of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Claims)[key];
  }
  return at;
}

function toUser(value: unknown): string | undefined {
  if (Number.isSafeInteger(value)) return String(value);
  return isUserName(value) ? value : undefined;
}

/**
 * Text without controls and without white space around it: a service trims field values, so ` alice` would arrive
 * there as somebody else.
 */
export const isUserName = (value: unknown): value is string =>
  typeof value === 'string' && /^(?!\s)[^\p{Cc}\p{Cs}]{1,255}(?<!\s)$/u.test(value);

const toTexts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
