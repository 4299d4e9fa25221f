import type { IncomingMessage, ServerResponse } from 'node:http';
import { Refusal } from '../../core/errors.ts';
import type { Role } from '../../core/vocabulary.ts';
import { type Caller, findToken, toCaller } from '../caller.ts';
import type { AdminDeps } from '../deps.ts';
import type { Attempts } from './attempts.ts';
import { type Sessions, toSessionCookie } from './sessions.ts';

/** Who the page speaks for, and what it may offer them. */
export interface SessionView {
  readonly id: string;
  readonly role: Role;
  /** Patterns of the routes it is limited to; null: all. */
  readonly routes: readonly string[] | null;
  /** Tokens are set: there is something to log out of. */
  readonly hasTokens: boolean;
}

interface Asked {
  readonly deps: AdminDeps;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly sessions: Sessions;
}

/** A token for a cookie that scripts cannot read. The token itself is kept nowhere. */
export function logIn({ deps, req, res, sessions }: Asked, token: string, attempts: Attempts): SessionView {
  const { tokens } = deps.settings();
  if (tokens.length === 0)
    return toSessionView({ id: 'loopback', role: 'admin', routes: undefined }, { hasTokens: false });
  const address = req.socket.remoteAddress ?? 'unknown';
  attempts.requireRoom(address);
  const found = findToken(token, tokens);
  if (found === undefined) {
    attempts.fail(address);
    throw new Refusal('token-invalid', 'the admin token is not known');
  }
  sessions.end(req);
  res.setHeader('set-cookie', toSessionCookie(req, sessions.begin(found.sha256)));
  return toSessionView(toCaller(found), { hasTokens: true });
}

export function logOut({ req, res, sessions }: Asked): object {
  sessions.end(req);
  res.setHeader('set-cookie', toSessionCookie(req, undefined));
  return { isEnded: true };
}

export const toSessionView = (
  { id, role, routes }: Caller,
  { hasTokens }: Pick<SessionView, 'hasTokens'>,
): SessionView => ({ id, role, routes: routes ?? null, hasTokens });
