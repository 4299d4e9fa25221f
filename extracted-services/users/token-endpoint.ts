import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import type { Log } from '../chassis/log.ts';
import type { Attempts } from './attempts.ts';
import type { ClientAddress } from './client-address.ts';
import { authenticateClient } from './clients.ts';
import type { Repository } from './repository.ts';
import type { Sessions } from './sessions.ts';
import { readClientCredentials, refuse, type TokenRequest, toTokenRequest } from './token-request.ts';
import { accessLifetime, type Tokens } from './tokens.ts';
import { scopesOf } from './user.ts';

export interface TokenEndpointDeps {
  readonly repository: Repository;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly attempts: Attempts;
  readonly clientAddress: ClientAddress;
  readonly log: Log;
}

/** OAuth 2.0: `POST /oauth/token` (RFC 6749) and `POST /oauth/revoke` (RFC 7009). */
export const tokenEndpoints = (deps: TokenEndpointDeps): readonly Endpoint[] => [
  { method: 'POST', path: '/oauth/token', access: 'open', takes: 'any', handle: call => grant(deps, call) },
  { method: 'POST', path: '/oauth/revoke', access: 'open', takes: 'any', handle: call => revoke(deps, call) },
];

/** Answers may not be kept by anybody on the way (RFC 6749 §5.1). */
const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' };

async function grant(deps: TokenEndpointDeps, call: Call): Promise<Answer> {
  const request = toTokenRequest(call);
  if ('status' in request) return request;
  const type = request.form.get('grant_type');
  if (type === null) return refuse('invalid_request', 'grant_type is missing');
  if (type === 'client_credentials') return grantToClient(deps, call, request);
  if (type === 'refresh_token') return refresh(deps, call, request);
  return refuse('unsupported_grant_type', 'grant_type is client_credentials or refresh_token');
}

async function grantToClient(deps: TokenEndpointDeps, call: Call, request: TokenRequest): Promise<Answer> {
  const credentials = readClientCredentials(call, request);
  if ('status' in credentials) return credentials;
  const attempt = await deps.attempts.enter({ kind: 'client', address: deps.clientAddress(call) });
  const client = await authenticateClient(deps.repository, credentials.id, credentials.secret);
  if (!client) return refuse('invalid_client', 'no client has this id and this secret');
  await attempt.forgive();
  const scopes = request.scopes ?? client.scopes;
  if (!isWithin(scopes, client.scopes)) return refuse('invalid_scope', 'the client may not have this scope');
  return granted(await deps.tokens.forClient(client, scopes), scopes, {});
}

/** Refresh tokens are of people, and the token itself is all that is asked for: no client has one. */
async function refresh(deps: TokenEndpointDeps, call: Call, request: TokenRequest): Promise<Answer> {
  if (request.hasCredentials) {
    return refuse('unauthorized_client', 'refresh tokens are given to people, not to clients');
  }
  const token = request.form.get('refresh_token');
  if (token === null) return refuse('invalid_request', 'refresh_token is missing');
  const refreshed = await deps.sessions.refresh(token, ({ role }) =>
    isWithin(request.scopes ?? [], scopesOf[role]),
  );
  if (refreshed.kind === 'refused') return refuse('invalid_scope', 'the user may not have this scope');
  if (refreshed.kind !== 'good') {
    if (refreshed.kind === 'reused') deps.log('warn', 'refresh token reused', { trace: call.trace });
    return refuse('invalid_grant', 'the refresh token is not good, or not any more');
  }
  const scopes = request.scopes ?? scopesOf[refreshed.user.role];
  const more = { refresh_token: refreshed.token };
  return granted(await deps.tokens.forUser(refreshed.user, scopes), scopes, more);
}

const isWithin = (scopes: readonly string[], all: readonly string[]): boolean =>
  scopes.every(scope => all.includes(scope));

const granted = (
  token: string,
  scopes: readonly string[],
  more: Readonly<Record<string, string>>,
): Answer => ({
  status: 200,
  headers: noStore,
  body: {
    access_token: token,
    token_type: 'Bearer',
    expires_in: accessLifetime,
    ...more,
    scope: scopes.join(' '),
  },
});

/** Ends a login. 200 whether there was one or not (RFC 7009 §2.2). */
async function revoke(deps: TokenEndpointDeps, call: Call): Promise<Answer> {
  const request = toTokenRequest(call);
  if ('status' in request) return request;
  const token = request.form.get('token');
  if (token === null) return refuse('invalid_request', 'token is missing');
  await deps.sessions.end(token);
  return { status: 200, headers: noStore, body: undefined };
}
