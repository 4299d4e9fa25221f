import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { adminCookiePrefix } from '../../core/admin-cookie.ts';
import type { Clock } from '../../core/clock.ts';

/** A session ends this long after its login, whatever it did. Milliseconds. */
export const sessionAge = 12 * 60 * 60_000;
/** Sessions at once; beyond, the oldest ends. */
export const sessionBound = 500;

interface Session {
  /** Of the token that was shown: a token that leaves the config ends its sessions with it. */
  readonly sha256: string;
  /** Monotonic, milliseconds. */
  readonly endsAt: number;
}

/** Logins of the page, in memory only: a restart ends them. Ids are kept hashed. */
export interface Sessions {
  /** Begins one for the token of that hash; returns its id, 256 random bits. */
  begin(sha256: string): string;
  /** The hash of the token behind the request's session; undefined where it has none that lives. */
  tokenOf(req: IncomingMessage): string | undefined;
  end(req: IncomingMessage): void;
}

export function createSessions(clock: Clock): Sessions {
  // The oldest first: all live for the same time.
  const sessions = new Map<string, Session>();

  function dropEnded(): void {
    for (const [key, { endsAt }] of sessions) {
      if (endsAt > clock.now()) return;
      sessions.delete(key);
    }
  }

  return {
    begin(sha256) {
      dropEnded();
      const [oldest] = sessions.keys();
      if (sessions.size >= sessionBound && oldest !== undefined) sessions.delete(oldest);
      const id = randomBytes(32).toString('base64url');
      sessions.set(keyOf(id), { sha256, endsAt: clock.now() + sessionAge });
      return id;
    },
    tokenOf(req) {
      dropEnded();
      const id = sessionIdOf(req);
      return id === undefined ? undefined : sessions.get(keyOf(id))?.sha256;
    },
    end(req) {
      const id = sessionIdOf(req);
      if (id !== undefined) sessions.delete(keyOf(id));
    },
  };
}

const keyOf = (id: string): string => createHash('sha256').update(id).digest('base64');

/** Cookies know no ports: two gateways on one host must not end each other's sessions. */
const cookieName = ({ socket }: IncomingMessage): string => `${adminCookiePrefix}${socket.localPort ?? 0}`;

/** Undefined too where there are two: somebody else on this host has set one. */
function sessionIdOf(req: IncomingMessage): string | undefined {
  const start = `${cookieName(req)}=`;
  const found = (req.headers.cookie ?? '').split(/; */).filter(pair => pair.startsWith(start));
  return found.length === 1 ? found[0]?.slice(start.length) : undefined;
}

/**
 * For `Set-Cookie`. Its path keeps it from most of what the same host serves on other ports; `Secure` it cannot be, as
 * this port speaks HTTP.
 * @param id undefined: the browser is to forget it.
 */
export const toSessionCookie = (req: IncomingMessage, id: string | undefined): string =>
  `${cookieName(req)}=${id ?? ''}; Path=/api; HttpOnly; SameSite=Strict; Max-Age=${id === undefined ? 0 : sessionAge / 1000}`;
