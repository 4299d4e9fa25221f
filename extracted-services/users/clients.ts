import { createHash, timingSafeEqual } from 'node:crypto';
import type { Repository } from './repository.ts';

/** A program that gets tokens in its own name (RFC 6749 §4.4). */
export interface Client {
  readonly id: string;
  readonly scopes: readonly string[];
}

/** What each service of the estate may do to others: the least that its work needs. */
export const clientScopes: Readonly<Record<string, readonly string[]>> = {
  gateway: ['orders:read'],
  orders: ['products:read', 'stock:reserve', 'payments:read', 'payments:write'],
  products: ['orders:read'],
  payments: ['orders:read'],
  notifications: ['orders:read'],
  'web-bff': ['products:read', 'orders:read', 'payments:read', 'notifications:read'],
  'mobile-bff': ['products:read', 'orders:read', 'notifications:read'],
  'stamp-function': ['orders:read'],
  'anti-corruption': ['orders:read'],
  reconcile: ['users:read', 'products:read', 'orders:read'],
};

/** Characters that a secret has at least. It is made by a machine, so one fast hash suffices. */
const minSecret = 24;

/** `WEB_BFF_CLIENT_SECRET` for `web-bff`. */
export const secretVariable = (id: string): string =>
  `${id.toUpperCase().replaceAll('-', '_')}_CLIENT_SECRET`;

const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** Stores the hashes of these secrets, by client id. A client that is not named keeps the one it has. */
export async function registerClients(
  repository: Repository,
  secrets: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [id, secret] of Object.entries(secrets)) {
    if (!Object.hasOwn(clientScopes, id)) throw new TypeError(`${id} is no client`);
    if (secret.length < minSecret) {
      throw new Error(
        `${secretVariable(id)}: expected ${minSecret} characters or more, got ${secret.length}`,
      );
    }
    await repository.clients.save(id, hashSecret(secret));
  }
}

/** The client whose secret this is. One that is unknown takes as long. */
export async function authenticateClient(
  repository: Repository,
  id: string,
  secret: string,
): Promise<Client | undefined> {
  const known = await repository.clients.secretHash(id);
  const given = Buffer.from(hashSecret(secret), 'hex');
  const isRight = timingSafeEqual(given, Buffer.from(known ?? '0'.repeat(64), 'hex')) && known !== undefined;
  const scopes = Object.hasOwn(clientScopes, id) ? clientScopes[id] : undefined;
  return isRight && scopes ? { id, scopes } : undefined;
}
