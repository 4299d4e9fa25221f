import { hash, timingSafeEqual } from 'node:crypto';
import type { Authentication } from './authenticator.ts';
import { credentialsInvalid } from './challenge.ts';
import type { AuthConfig } from './schema.ts';

/** Knows clients by their key. */
export interface ApiKeys {
  /** Name of the request field, in lower case. */
  readonly header: string;
  authenticate(key: string): Authentication;
}

type ApiKeysConfig = NonNullable<AuthConfig['apiKeys']>;

const refused: Authentication = {
  kind: 'refused',
  source: 'key',
  refusal: credentialsInvalid('the API key is not known here'),
};

/** Compares hashes, and with every key, whichever it is: the time taken says nothing about any of them. */
export function createApiKeys({ header, keys }: ApiKeysConfig): ApiKeys {
  const known = keys.map(({ id, sha256, scopes, roles }) => ({
    digest: Buffer.from(sha256, 'hex'),
    authentication: {
      kind: 'identified',
      source: 'key',
      identity: { user: undefined, key: id, scopes, roles },
    } satisfies Authentication,
  }));
  return {
    header: header.toLowerCase(),
    authenticate(key) {
      const digest = hash('sha256', key, 'buffer');
      let found: Authentication = refused;
      for (const { digest: other, authentication } of known)
        if (timingSafeEqual(digest, other)) found = authentication;
      return found;
    },
  };
}
