import type { Identity } from '../../core/exchange.ts';

/** Makes the tokens by which services know who is behind a session cookie or an API key. */
export interface Mint {
  /**
   * A signed token for this caller: at once if one is cached. It is cached by the object, so a source hands out the
   * same identity for the same caller. Rejects only if the runtime cannot sign.
   */
  token(identity: Identity): string | Promise<string>;
  /** The JWK Set (RFC 7517 §5) of all keys, as JSON. */
  keys(): string;
}
