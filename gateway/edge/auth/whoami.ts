import type { Identity } from '../../core/exchange.ts';
import { isUserName } from './claims.ts';

/** Most scopes, and most roles, of one session. */
const mostWords = 256;

/**
 * Reads `{ "sub", "scopes", "roles" }`, the monolith's answer to whose session it is. Other keys are passed over;
 * `scopes` and `roles` may be missing. Returns what is wrong with it, for people, and nothing of what stands in it.
 */
export function parseWhoami(body: Buffer): Identity | string {
  const value = parseJson(body);
  if (typeof value !== 'object' || value === null) return 'expected a JSON object, got something else';
  const { sub, scopes = [], roles = [] } = value as Readonly<Record<string, unknown>>;
  if (!isUserName(sub)) return 'expected `sub` to be a text of 1 to 255 characters';
  // Else a user of that name would be the client with that API key to services that read minted tokens.
  if (sub.startsWith('key:')) return 'expected `sub` not to begin with `key:`, as API keys do';
  if (!isWords(scopes)) return `expected \`scopes\` to be up to ${mostWords} words`;
  if (!isWords(roles)) return `expected \`roles\` to be up to ${mostWords} words`;
  return { user: sub, key: undefined, scopes, roles };
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** Each as a scope is written (RFC 6749 §3.3), so that it can stand in a list separated by spaces. */
const isWords = (value: unknown): value is string[] =>
  Array.isArray(value) &&
  value.length <= mostWords &&
  value.every(word => typeof word === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/.test(word));
