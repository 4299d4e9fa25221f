import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { readInteger } from '../chassis/query.ts';
import { toDigest } from './legacy-format.ts';
import type { Repository } from './repository.ts';

/** `GET /v1/digests/users`: in the monolith's form, so that both can be held against each other. */
export const digestEndpoint = (repository: Repository): Endpoint => ({
  method: 'GET',
  path: '/v1/digests/users',
  access: { scopes: ['users:read'] },
  handle: call => digests(repository, call),
});

async function digests({ users }: Repository, { query }: Call): Promise<Answer> {
  const after = readInteger(query, 'after', { min: 0, max: Number.MAX_SAFE_INTEGER }) ?? 0;
  const limit = readInteger(query, 'limit', { min: 1, max: 1000 }) ?? 500;
  const page = await users.list({ after, search: '', limit });
  return { status: 200, body: { digests: page.map(toDigest) } };
}
