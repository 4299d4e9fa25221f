import { randomUUID } from 'node:crypto';
import type { Clock } from '../chassis/clock.ts';
import { audience } from '../chassis/issuers.ts';
import type { Client } from './clients.ts';
import type { KeyRing } from './key-ring.ts';
import { signToken } from './keys.ts';
import type { User } from './user.ts';

/** Seconds that an access token lives: as long as somebody who lost the right keeps it. */
export const accessLifetime = 600;

/** Makes access tokens: JWTs that every service of the estate can verify by itself. */
export interface Tokens {
  forUser(user: User, scopes: readonly string[]): Promise<string>;
  forClient(client: Client, scopes: readonly string[]): Promise<string>;
}

/** @param issuer `iss`; a function, since a service on a free port learns its address late. */
export function createTokens(options: { ring: KeyRing; clock: Clock; issuer: () => string }): Tokens {
  const { ring, clock, issuer } = options;
  const sign = async (claims: Readonly<Record<string, unknown>>): Promise<string> => {
    const iat = Math.floor(clock.wall() / 1000);
    const times = { iat, exp: iat + accessLifetime, jti: randomUUID() };
    return signToken(await ring.current(), { iss: issuer(), aud: audience, ...claims, ...times });
  };
  return {
    forUser: (user, scopes) => sign({ sub: String(user.id), scope: scopes.join(' '), roles: [user.role] }),
    forClient: ({ id }, scopes) =>
      sign({ sub: `service:${id}`, client_id: id, scope: scopes.join(' '), roles: [] }),
  };
}
