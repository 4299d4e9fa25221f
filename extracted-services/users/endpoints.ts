import { type Caller, requireRole } from '../chassis/auth.ts';
import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { Problem } from '../chassis/problem.ts';
import { readInteger } from '../chassis/query.ts';
import { readFields } from '../chassis/validate.ts';
import { type Accounts, noUser, type Origin } from './accounts.ts';
import type { ClientAddress } from './client-address.ts';
import { digestEndpoint } from './digests.ts';
import type { KeyRing } from './key-ring.ts';
import type { Repository } from './repository.ts';
import type { Sessions } from './sessions.ts';
import { type TokenEndpointDeps, tokenEndpoints } from './token-endpoint.ts';
import { accessLifetime, type Tokens } from './tokens.ts';
import { readEmail, readNewPassword, readPassword, readProfile, scopesOf, toAnswer } from './user.ts';

export interface EndpointDeps extends TokenEndpointDeps {
  readonly repository: Repository;
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly tokens: Tokens;
  readonly ring: KeyRing;
  readonly clientAddress: ClientAddress;
}

/** All that the service answers beside the chassis' own: one line for each. */
export function createEndpoints(deps: EndpointDeps): readonly Endpoint[] {
  const staff = { scopes: ['users:admin'] };
  const [me, mine] = [{ scopes: ['profile:read'] }, { scopes: ['profile:write'] }];
  return [
    { method: 'POST', path: '/v1/users', access: 'open', handle: call => register(deps, call) },
    { method: 'POST', path: '/v1/login', access: 'open', handle: call => logIn(deps, call) },
    { method: 'GET', path: '/v1/users/me', access: me, handle: call => showMe(deps, call) },
    { method: 'PUT', path: '/v1/users/me', access: mine, handle: call => changeMe(deps, call) },
    {
      method: 'PUT',
      path: '/v1/users/me/password',
      access: mine,
      handle: call => changePassword(deps, call),
    },
    { method: 'GET', path: '/v1/users', access: staff, handle: call => listUsers(deps, call) },
    { method: 'GET', path: '/v1/users/:id', access: staff, handle: call => showUser(deps, call) },
    { method: 'GET', path: '/.well-known/jwks.json', access: 'open', handle: () => showKeys(deps.ring) },
    digestEndpoint(deps.repository),
    ...tokenEndpoints(deps),
  ];
}

/** What only the one who asked may keep. */
const noStore = { 'cache-control': 'no-store' };

const originOf = ({ clientAddress }: EndpointDeps, call: Call): Origin => ({
  address: clientAddress(call),
  trace: call.trace,
});

async function register(deps: EndpointDeps, call: Call): Promise<Answer> {
  const wanted = readFields(call.json(), 'bad-user', fields => ({
    email: readEmail(fields),
    password: readNewPassword(fields),
    ...readProfile(fields),
  }));
  const user = await deps.accounts.register(wanted, originOf(deps, call));
  return { status: 201, headers: { location: `/v1/users/${user.id}` }, body: toAnswer(user) };
}

/** Answers as the token endpoint does, so that a client has one thing to read. */
async function logIn(deps: EndpointDeps, call: Call): Promise<Answer> {
  const credentials = readFields(call.json(), 'bad-login', fields => ({
    email: readEmail(fields),
    password: readPassword(fields),
  }));
  const user = await deps.accounts.logIn(credentials, originOf(deps, call));
  const scopes = scopesOf[user.role];
  return {
    status: 200,
    headers: noStore,
    body: {
      access_token: await deps.tokens.forUser(user, scopes),
      token_type: 'Bearer',
      expires_in: accessLifetime,
      refresh_token: await deps.sessions.open(user.id),
      scope: scopes.join(' '),
    },
  };
}

/** The user that a token speaks for: not a service, which has no profile. */
function userIdOf({ sub }: Caller): number {
  const id = toId(sub);
  if (id === 0) throw new Problem(403, 'not-a-user', 'the token speaks for no user');
  return id;
}

const toId = (text: string): number => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0);

async function showMe({ repository }: EndpointDeps, { caller }: Call): Promise<Answer> {
  const user = await repository.users.find(userIdOf(caller));
  if (!user) throw noUser();
  return { status: 200, body: toAnswer(user) };
}

async function changeMe(deps: EndpointDeps, call: Call): Promise<Answer> {
  const profile = readFields(call.json(), 'bad-user', readProfile);
  const user = await deps.accounts.change(userIdOf(call.caller), profile, originOf(deps, call));
  return { status: 200, body: toAnswer(user) };
}

async function changePassword(deps: EndpointDeps, call: Call): Promise<Answer> {
  const passwords = readFields(call.json(), 'bad-password', fields => ({
    current: readPassword(fields, 'current_password'),
    next: readNewPassword(fields, 'new_password'),
  }));
  await deps.accounts.changePassword(userIdOf(call.caller), passwords, originOf(deps, call));
  return { status: 204, body: undefined };
}

/** A user needs the role beside the scope; a service that was given the scope has no roles. */
function requireStaff(caller: Caller): void {
  if (caller.client === undefined) requireRole(caller, 'staff');
}

async function listUsers({ repository }: EndpointDeps, { caller, query }: Call): Promise<Answer> {
  requireStaff(caller);
  const limit = readInteger(query, 'limit', { min: 1, max: 200 }) ?? 50;
  const after = readInteger(query, 'after', { min: 1, max: Number.MAX_SAFE_INTEGER }) ?? 0;
  const search = query.get('q') ?? '';
  if (search.length > 100) throw longSearch(search);
  const users = await repository.users.list({ after, search, limit });
  const next = users.length === limit ? users.at(-1)?.id : undefined;
  return { status: 200, body: { users: users.map(toAnswer), next } };
}

function longSearch(search: string): Problem {
  const detail = `expected at most 100 characters, got ${search.length}`;
  return new Problem(400, 'bad-query', `q: ${detail}`, { errors: [{ field: 'q', detail }] });
}

async function showUser({ repository }: EndpointDeps, { caller, params }: Call): Promise<Answer> {
  requireStaff(caller);
  const user = await repository.users.find(toId(params.id ?? ''));
  if (!user) throw noUser();
  return { status: 200, body: toAnswer(user) };
}

/** A verifier that meets a key that it does not know asks again anyway. */
const showKeys = async (ring: KeyRing): Promise<Answer> => ({
  status: 200,
  headers: { 'cache-control': 'public, max-age=60' },
  body: await ring.published(),
});
