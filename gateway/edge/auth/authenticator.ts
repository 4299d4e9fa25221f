import { Refusal } from '../../core/errors.ts';
import type { Exchange, Identity } from '../../core/exchange.ts';
import { cookieValues } from '../../routing/cookie.ts';
import type { ApiKeys } from './api-keys.ts';
import { credentialsInvalid } from './challenge.ts';
import type { SessionBridge } from './session.ts';
import { refusedBearer, type Tokens } from './tokens.ts';

/** Says who sent a request. The first source that is present decides alone: Bearer token, API key, session cookie. */
export interface Authenticator {
  /** At once for keys and for tokens and sessions that are known already. Never rejects. */
  authenticate(exchange: Exchange): Authentication | Promise<Authentication>;
}

export type CredentialSource = 'bearer' | 'key' | 'session';

export type Authentication =
  | { readonly kind: 'absent' }
  | { readonly kind: 'identified'; readonly source: CredentialSource; readonly identity: Identity }
  | { readonly kind: 'refused'; readonly source: CredentialSource; readonly refusal: Refusal };

/** The sources of a config; undefined where it has none of that kind. */
export interface Sources {
  readonly tokens: Tokens | undefined;
  readonly keys: ApiKeys | undefined;
  readonly session: SessionBridge | undefined;
}

const absent: Authentication = { kind: 'absent' };
const twice = refusedBearer('the request has two Authorization fields');

export function createAuthenticator({ tokens, keys, session }: Sources): Authenticator {
  return {
    authenticate(exchange) {
      const { headers, rawHeaders } = exchange.req;
      if (tokens !== undefined && headers.authorization !== undefined) {
        if (isRepeated(rawHeaders, 'authorization')) return twice;
        const token = bearerToken(headers.authorization);
        if (token !== undefined) return tokens.authenticate(token);
      }
      if (keys !== undefined) {
        const key = headers[keys.header];
        if (key !== undefined) return keys.authenticate(String(key));
      }
      return session === undefined || headers.cookie === undefined
        ? absent
        : bySession(session, headers.cookie, exchange);
    },
  };
}

/** What stands behind `Bearer`, in any case (RFC 9110 §11.1); undefined for another scheme. */
function bearerToken(field: string): string | undefined {
  if (field.length < 6 || field.slice(0, 6).toLowerCase() !== 'bearer') return undefined;
  if (field.length === 6) return '';
  return field[6] === ' ' ? field.slice(7).trim() : undefined;
}

/** node:http keeps the first of two Authorization fields; whoever reads the other sees somebody else. */
function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let count = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const at = rawHeaders[i] as string;
    if (at.length === name.length && at.toLowerCase() === name) count++;
  }
  return count > 1;
}

function bySession(
  session: SessionBridge,
  field: string,
  exchange: Exchange,
): Authentication | Promise<Authentication> {
  const values = cookieValues(field, session.cookie);
  const [value] = values;
  if (value === undefined) return absent;
  if (values.length > 1)
    return refusedSession(credentialsInvalid(`the request has two cookies named ${session.cookie}`));
  const found = session.find(value, exchange);
  return found instanceof Promise ? found.then(toAuthentication) : toAuthentication(found);
}

const toAuthentication = (found: Identity | Refusal): Authentication =>
  found instanceof Refusal
    ? refusedSession(found)
    : { kind: 'identified', source: 'session', identity: found };

const refusedSession = (refusal: Refusal): Authentication => ({
  kind: 'refused',
  source: 'session',
  refusal,
});
