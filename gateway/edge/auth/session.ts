import type { Refusal } from '../../core/errors.ts';
import type { Exchange, Identity } from '../../core/exchange.ts';

/** Whose session it is: an identity; 401 `token-invalid`; or 503 `session-unreachable` if the monolith cannot say. */
export type Found = Identity | Refusal;

/** What a question to the monolith is traced by. */
export type Trace = Pick<Exchange, 'id' | 'traceparent'>;

/** Old logins reach new services: the monolith's cookie is exchanged for who it belongs to. */
export interface SessionBridge {
  /** Name of the cookie. */
  readonly cookie: string;
  /** At once for a session that is cached. Never rejects. */
  find(value: string, trace: Trace): Found | Promise<Found>;
}
