import type { Refusal } from '../../core/errors.ts';
import type { Exchange, Identity } from '../../core/exchange.ts';

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
