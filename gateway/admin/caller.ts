import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refusal } from '../core/errors.ts';
import { isSafe, type Role } from '../core/vocabulary.ts';
import type { Sessions } from './dashboard/sessions.ts';
import type { AdminConfig } from './schema.ts';

/** Who calls the admin port, and what they may do. */
export interface Caller {
  /** The token's id; `loopback` where no token is set. */
  readonly id: string;
  readonly role: Role;
  /** Patterns of the routes it may move; undefined: all. */
  readonly routes: readonly string[] | undefined;
}

type Tokens = AdminConfig['tokens'];

/** What may stand behind a call. */
export interface Credentials {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
}

/**
 * Finds out who calls. With tokens only a known one counts, or a session that one has begun; without, only a loopback
 * peer that no proxy speaks for. Throws a Refusal for everybody else.
 */
export function identify(req: IncomingMessage, credentials: Credentials): Caller {
  const { tokens } = credentials;
  if (tokens.length === 0) {
    requireLoopback(req);
    return { id: 'loopback', role: 'admin', routes: undefined };
  }
  if (req.headers.authorization === undefined) {
    const token = tokenOfSession(req, credentials);
    if (token !== undefined) {
      requireBrowser(req);
      return toCaller(token);
    }
  }
  const challenge = ['www-authenticate', 'Bearer realm="figway admin"'];
  const given = /^Bearer +([\w.~+/-]+=*) *$/i.exec(req.headers.authorization ?? '')?.[1];
  if (given === undefined)
    throw new Refusal('token-missing', 'the admin port needs Authorization: Bearer with a token', challenge);
  const token = findToken(given, tokens);
  if (token === undefined) throw new Refusal('token-invalid', 'the admin token is not known', challenge);
  return toCaller(token);
}

export const toCaller = ({ id, role, routes }: Tokens[number]): Caller => ({
  id,
  role,
  routes: role === 'admin' ? undefined : routes,
});

/** Undefined too for a session whose token has left the config. */
function tokenOfSession(req: IncomingMessage, { tokens, sessions }: Credentials): Tokens[number] | undefined {
  const found = sessions.tokenOf(req);
  return found === undefined ? undefined : tokens.find(({ sha256 }) => sha256 === found);
}

/** Whether anything in the call says who it is. A session that has ended says nothing: its owner may log in again. */
export const hasCredential = (req: IncomingMessage, credentials: Credentials): boolean =>
  credentials.tokens.length === 0 ||
  req.headers.authorization !== undefined ||
  tokenOfSession(req, credentials) !== undefined;

/** A cookie comes by itself: with it a changing call must say where it comes from, and `requireSameOrigin` looks at that. */
function requireBrowser({ method = '', headers }: IncomingMessage): void {
  if (isSafe(method) || headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) return;
  throw new Refusal('origin-denied', 'a changing call by cookie needs Origin or Sec-Fetch-Site');
}

/** Where no token is set, being on this machine is the credential: a proxy's word is not. */
export function requireLoopback({ socket, headers }: IncomingMessage): void {
  const peer = socket.remoteAddress ?? 'unknown';
  if (!isLoopback(peer))
    throw new Refusal(
      'address-denied',
      `without admin.tokens this port answers on loopback only, not ${peer}`,
    );
  if (proxyFields.some(name => headers[name] !== undefined))
    throw new Refusal('address-denied', 'without admin.tokens this port does not answer through a proxy');
}

const proxyFields = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

export const isLoopback = (address: string): boolean =>
  /^(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/i.test(address) || address === '::1';

/** Looks at every token, and at all of its digest, whatever matches: time tells nothing. */
export function findToken(given: string, tokens: Tokens): Tokens[number] | undefined {
  const digest = createHash('sha256').update(given).digest();
  let found: Tokens[number] | undefined;
  for (const token of tokens) if (timingSafeEqual(digest, Buffer.from(token.sha256, 'hex'))) found = token;
  return found;
}

const rank: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

export function requireRole(caller: Caller, role: Role): void {
  if (rank[caller.role] < rank[role])
    throw new Refusal('role-missing', `this needs the role ${role}, ${caller.id} is ${caller.role}`);
}

/** Every one of them must be among the caller's. */
export function requireRoutes(caller: Caller, routes: readonly string[]): void {
  const foreign = routes.find(route => !isAmong(route, caller.routes));
  if (foreign !== undefined)
    throw new Refusal('role-missing', `${caller.id} has no right to the route ${foreign}`);
}

/** `*` in a pattern stands for any characters. */
function isAmong(route: string, patterns: readonly string[] | undefined): boolean {
  if (patterns === undefined) return true;
  return patterns.some(pattern => {
    const parts = pattern.split('*').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`).test(route);
  });
}
