import { createLegacyFeed, type LegacyFeed } from '../../extracted-services/chassis/legacy/feed.ts';
import type { Change, Row } from '../../legacy-monolith/internal/change-log.ts';
import type { Digest } from '../../legacy-monolith/internal/digest.ts';

export const internalToken = 'a-secret-of-the-tests-alone';

/** The monolith at this address, as a service reads from it that knows the token. */
export const feedOf = (url: string): LegacyFeed => createLegacyFeed({ url, token: internalToken });

/** A process that holds the monolith's internal token. */
export interface InternalClient {
  get(path: string, token?: string): Promise<Response>;
  put(path: string, body: unknown): Promise<Response>;
  changes(query: string): Promise<{ changes: Change[]; last: number }>;
  snapshot(query: string): Promise<{ rows: Row[]; last: number }>;
  digest(query: string): Promise<Digest[]>;
}

export function createInternalClient(url: () => string): InternalClient {
  const client: InternalClient = {
    get: (path, token = internalToken) =>
      fetch(`${url()}/internal${path}`, { headers: { authorization: `Bearer ${token}` } }),
    put: (path, body) =>
      fetch(`${url()}/internal${path}`, {
        method: 'PUT',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json', authorization: `Bearer ${internalToken}` },
      }),
    changes: async query =>
      (await (await client.get(`/changes?${query}`)).json()) as { changes: Change[]; last: number },
    snapshot: async query =>
      (await (await client.get(`/snapshot?${query}`)).json()) as { rows: Row[]; last: number },
    digest: async query =>
      ((await (await client.get(`/digest?${query}`)).json()) as { digests: Digest[] }).digests,
  };
  return client;
}
