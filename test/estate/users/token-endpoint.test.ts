import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClientCredentials } from '../../../extracted-services/chassis/client-credentials.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';
import { alicePassword, claimsOf, openUsersRig, type UsersRig } from '../../kit/users.ts';

const secret = 'a secret: 24 characters/+';
const otherSecret = 'another-secret-of-24-characters';
const basic = `orders:${encodeURIComponent(secret)}`;
const email = 'ada@example.com';
const day = 86_400_000;

let clock: ManualClock;
let rig: UsersRig;
beforeEach(async () => {
  clock = createManualClock(Date.now());
  rig = await openUsersRig({ clock, tokens: { clients: { orders: secret, 'web-bff': otherSecret } } });
});
afterEach(() => rig[Symbol.asyncDispose]());

const refresh = (token: string, scope?: string) =>
  rig.grant({ grant_type: 'refresh_token', refresh_token: token, ...(scope !== undefined && { scope }) });

describe('client credentials', () => {
  it('give a token in the name of the service, with all its scopes, that nobody may keep on the way', async () => {
    const { status, headers, body } = await rig.grant({ grant_type: 'client_credentials' }, basic);
    expect(status).toBe(200);
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'products:read stock:reserve payments:read payments:write',
    });
    expect(claimsOf(body.access_token)).toMatchObject({
      sub: 'service:orders',
      client_id: 'orders',
      aud: 'shop',
      scope: body.scope,
      roles: [],
    });
  });

  it('are taken as parameters too, and for less than all scopes', async () => {
    const form = { grant_type: 'client_credentials', client_id: 'orders', client_secret: secret };
    const { body } = await rig.grant({ ...form, scope: 'stock:reserve' });
    expect([body.scope, claimsOf(body.access_token).scope]).toEqual(['stock:reserve', 'stock:reserve']);
  });

  it('are what the chassis asks with', async () => {
    const credentials = createClientCredentials({
      tokenUrl: `${rig.service.url}/oauth/token`,
      clientId: 'orders',
      clientSecret: secret,
      scope: 'payments:write',
    });
    expect(claimsOf(await credentials.token())).toMatchObject({
      client_id: 'orders',
      scope: 'payments:write',
    });
    credentials.close();
  });

  it('are kept as a hash, as passwords and refresh tokens are: none is in the store as it is', async () => {
    await using folder = await openTempFolder();
    const stored = await openUsersRig({
      store: { file: join(folder.path, 'users.db') },
      tokens: { clients: { orders: secret } },
    });
    const { refresh: token } = await stored.newUser(email);
    await stored[Symbol.asyncDispose]();
    const files = readdirSync(folder.path).map(name => readFileSync(join(folder.path, name), 'latin1'));
    const bytes = files.join('');
    expect(bytes).toContain(email);
    for (const clear of [secret, alicePassword, token.split('.')[1] ?? ''])
      expect(bytes).not.toContain(clear);
  });

  it('appear in no log', async () => {
    await rig.grant({ grant_type: 'client_credentials' }, basic);
    await rig.grant({ grant_type: 'client_credentials' }, 'orders:not-the-secret');
    expect(JSON.stringify(rig.log)).not.toMatch(/a secret|not-the-secret|eyJ/);
  });

  it('that are wrong are bounded by address', async () => {
    await using bounded = await openUsersRig({
      guard: { bounds: { accountFromAddress: 1, account: 1, address: 3 } },
      tokens: { clients: { orders: secret } },
    });
    const guess = async (with_: string): Promise<number> =>
      (await bounded.grant({ grant_type: 'client_credentials' }, with_)).status;
    for (let count = 0; count < 5; count++) expect(await guess(basic)).toBe(200);
    for (let count = 0; count < 3; count++) expect(await guess('orders:wrong')).toBe(401);
    expect(await guess(basic)).toBe(429);
  });

  it('do not start with a short secret, or for a client that is none', async () => {
    await expect(openUsersRig({ tokens: { clients: { orders: 'short' } } })).rejects.toThrow(
      'ORDERS_CLIENT_SECRET: expected 24 characters or more, got 5',
    );
    await expect(openUsersRig({ tokens: { clients: { toString: secret } } })).rejects.toThrow('no client');
  });
});

describe('an error of the token endpoint', () => {
  const client = 'grant_type=client_credentials';
  it.each([
    ['no grant type', 'a=b', undefined, 400, 'invalid_request'],
    ['an empty one', 'grant_type=', undefined, 400, 'invalid_request'],
    ['another one', 'grant_type=password', undefined, 400, 'unsupported_grant_type'],
    ['a parameter twice', `${client}&scope=a&scope=b`, basic, 400, 'invalid_request'],
    ['no client', client, undefined, 401, 'invalid_client'],
    ['half a client', `${client}&client_id=orders`, undefined, 401, 'invalid_client'],
    ['an unknown client', client, 'nobody:x', 401, 'invalid_client'],
    ['a client by the name of what objects have', client, 'constructor:x', 401, 'invalid_client'],
    ['a wrong secret', client, 'orders:x', 401, 'invalid_client'],
    ['the secret of another client', client, `orders:${otherSecret}`, 401, 'invalid_client'],
    ['an invalid escape', client, 'orders:%zz', 401, 'invalid_client'],
    ['no colon', client, 'orders', 401, 'invalid_client'],
    ['two ways at once', `${client}&client_secret=x`, basic, 400, 'invalid_request'],
    ['two clients at once', `${client}&client_id=web-bff`, basic, 400, 'invalid_request'],
    ['a scope of others', `${client}&scope=users:admin`, basic, 400, 'invalid_scope'],
    ['one of them too many', `${client}&scope=stock:reserve+users:admin`, basic, 400, 'invalid_scope'],
    ['a malformed scope', `${client}&scope=a++b`, basic, 400, 'invalid_scope'],
    ['no refresh token', 'grant_type=refresh_token', undefined, 400, 'invalid_request'],
    ['one that is none', 'grant_type=refresh_token&refresh_token=x', undefined, 400, 'invalid_grant'],
    ['a client with one', 'grant_type=refresh_token&refresh_token=x', basic, 400, 'unauthorized_client'],
  ])('for %s is as RFC 6749 §5.2 has it', async (_, form, credentials, status, error) => {
    const answer = await rig.grant(form, credentials);
    expect([answer.status, answer.body]).toEqual([status, { error, error_description: expect.any(String) }]);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="shop"' : null);
  });

  it('is `invalid_request` for another type of body', async () => {
    const json = { grant_type: 'client_credentials' };
    const { status, body } = await rig.ask('POST', '/oauth/token', { json });
    expect([status, body.error]).toEqual([400, 'invalid_request']);
  });
});

describe('a refresh token', () => {
  it('gives a new access token and its successor', async () => {
    const user = await rig.newUser(email);
    const { status, body } = await refresh(user.refresh);
    expect(status).toBe(200);
    expect(claimsOf(body.access_token)).toMatchObject({ sub: String(user.id), roles: ['customer'] });
    expect(body.refresh_token).not.toBe(user.refresh);
    expect((await refresh(String(body.refresh_token))).status).toBe(200);
  });

  it('that comes a second time ends its whole family, and no other', async () => {
    const user = await rig.newUser(email);
    const other = await rig.ask('POST', '/v1/login', { json: { email, password: 'correct horse battery' } });
    const { body } = await refresh(user.refresh);
    expect((await refresh(user.refresh)).body.error).toBe('invalid_grant');
    expect((await refresh(String(body.refresh_token))).body.error).toBe('invalid_grant');
    expect(rig.log.filter(({ msg }) => msg === 'refresh token reused')).toHaveLength(1);
    expect((await refresh(String(other.body.refresh_token))).status).toBe(200);
  });

  it('that many send at once is good for one of them at most', async () => {
    const user = await rig.newUser(email);
    const answers = await Promise.all(Array.from({ length: 5 }, () => refresh(user.refresh)));
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect((await refresh(user.refresh)).body.error).toBe('invalid_grant');
  });

  it('may be used for less, and its successor for all again', async () => {
    const user = await rig.newUser(email);
    const less = await refresh(user.refresh, 'profile:read');
    expect(claimsOf(less.body.access_token).scope).toBe('profile:read');
    const all = await refresh(String(less.body.refresh_token));
    expect(String(all.body.scope)).toContain('orders:write');
  });

  it('is never good for more than the user may, and is not used up by asking', async () => {
    const user = await rig.newUser(email);
    expect((await refresh(user.refresh, 'nonsense')).body.error).toBe('invalid_scope');
    expect((await refresh(user.refresh, 'users:admin')).body.error).toBe('invalid_scope');
    expect((await refresh(user.refresh)).status).toBe(200);
    expect((await refresh(user.refresh, 'users:admin')).body.error).toBe('invalid_grant');
  });

  it('ends after seven days without use, and after thirty whatever happens', async () => {
    const idle = await rig.newUser(email);
    clock.advance(7 * day);
    expect((await refresh(idle.refresh)).body.error).toBe('invalid_grant');
    let { refresh: token } = await rig.newUser('bob@example.com');
    for (let days = 6; days < 30; days += 6) {
      clock.advance(6 * day);
      token = String((await refresh(token)).body.refresh_token);
    }
    clock.advance(6 * day);
    expect((await refresh(token)).body.error).toBe('invalid_grant');
  });

  it('ends when it is revoked, which says nothing of whether there was one', async () => {
    const user = await rig.newUser(email);
    const revoke = (token: string): Promise<Response> =>
      fetch(`${rig.service.url}/oauth/revoke`, { method: 'POST', body: new URLSearchParams({ token }) });
    const family = user.refresh.split('.')[0];
    expect((await revoke(`${family}.${'x'.repeat(43)}`)).status).toBe(200);
    expect((await revoke('nonsense')).status).toBe(200);
    const { status, body } = await refresh(user.refresh);
    expect(status).toBe(200);
    const next = String(body.refresh_token);
    expect((await revoke(next)).status).toBe(200);
    expect((await refresh(next)).body.error).toBe('invalid_grant');
  });

  it('of a user with twenty other logins since is over', async () => {
    const user = await rig.newUser(email);
    const json = { email, password: 'correct horse battery' };
    for (let count = 0; count < 20; count++) await rig.ask('POST', '/v1/login', { json });
    expect((await refresh(user.refresh)).body.error).toBe('invalid_grant');
  });
});
