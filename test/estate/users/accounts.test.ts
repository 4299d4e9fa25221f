import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../extracted-services/chassis/clock.ts';
import type { CloudEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import { openEmbeddedBus } from '../../../extracted-services/chassis/events/embedded-bus.ts';
import { openEmptyStore, storeKinds } from '../../kit/databases.ts';
import { forge, makeKey, seconds, signedBy } from '../../kit/issuer.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';
import { alicePassword, claimsOf, openUsersRig, type UsersRig } from '../../kit/users.ts';

let rig: UsersRig;
beforeEach(async () => {
  rig = await openUsersRig();
});
afterEach(() => rig[Symbol.asyncDispose]());

const email = 'ada@example.com';
const wanted = { email: ' Ada@Example.com ', password: alicePassword, full_name: 'Ada L.', city: 'London' };
const register = (json: unknown = wanted) => rig.ask('POST', '/v1/users', { json });
const logIn = (password = alicePassword, from?: string) =>
  rig.ask('POST', '/v1/login', { json: { email, password }, ...(from !== undefined && { from }) });

describe('registering', () => {
  it('makes a customer, whose password goes nowhere', async () => {
    const { status, headers, body } = await register();
    expect([status, headers.get('location')]).toEqual([201, '/v1/users/1000000']);
    expect(body).toEqual({
      user_id: 1_000_000,
      email,
      full_name: 'Ada L.',
      city: 'London',
      roles: ['customer'],
      created_at: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    await logIn();
    expect(JSON.stringify(rig.log)).not.toContain(alicePassword);
    expect(JSON.stringify(rig.log)).not.toContain(email);
  });

  it('refuses an email that is taken, whatever its case', async () => {
    await register();
    const { status, body } = await register({ ...wanted, email: 'ADA@example.com' });
    expect([status, body.code]).toEqual([409, 'email-taken']);
  });

  it('names all that is wrong at once, and shows no password', async () => {
    const { status, body } = await register({
      email: 'ada',
      password: 'hunter2',
      full_name: 'a\u0000b',
      city: 7,
    });
    expect([status, body.code]).toEqual([400, 'bad-user']);
    expect((body.errors as { field: string }[]).map(({ field }) => field)).toEqual([
      'email',
      'password',
      'full_name',
      'city',
    ]);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  it('makes nobody staff', async () => {
    const { body } = await register({ ...wanted, role: 'staff', roles: ['staff'], user_id: 2 });
    expect(body).toMatchObject({ user_id: 1_000_000, roles: ['customer'] });
  });
});

describe.each(storeKinds)('many that register at once on $kind', ({ kind, isMissing }) => {
  it.skipIf(isMissing)('get an id each, and one of them an email', async () => {
    await using store = await openEmptyStore(kind);
    await using crowd = await openUsersRig({ store: store.options });
    const make = (name: string) =>
      crowd.ask('POST', '/v1/users', { json: { ...wanted, email: `${name}@example.com` } });
    const made = await Promise.all(['a', 'b', 'c', 'd', 'e', 'e', 'e'].map(make));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(made.filter(({ status }) => status === 409)).toHaveLength(2);
    const ids = made.flatMap(({ status, body }) => (status === 201 ? [body.user_id] : []));
    expect(new Set(ids).size).toBe(5);
  });
});

describe('logging in', () => {
  it('gives a token for ten minutes that says who and what, and a refresh token', async () => {
    await register();
    const { status, headers, body } = await logIn();
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 600, refresh_token: expect.any(String) });
    const { iat, exp, ...claims } = claimsOf(body.access_token);
    expect(Number(exp) - Number(iat)).toBe(600);
    expect(claims).toEqual({
      iss: rig.service.url,
      aud: 'shop',
      sub: '1000000',
      scope: body.scope,
      roles: ['customer'],
      jti: expect.any(String),
    });
    expect(String(body.scope).split(' ')).toContain('orders:write');
    expect(String(body.scope).split(' ')).not.toContain('users:admin');
  });

  it('says the same of a wrong password and of an account that is not there', async () => {
    await register();
    const [wrong, nobody] = await Promise.all([
      logIn('not the password'),
      rig.ask('POST', '/v1/login', { json: { email: 'nobody@example.com', password: alicePassword } }),
    ]);
    expect(wrong.status).toBe(401);
    const { instance: _, ...told } = wrong.body;
    expect({ ...nobody.body, instance: undefined }).toEqual({ ...told, instance: undefined });
  });
});

describe('guessing', () => {
  const address = '203.0.113.7';

  it('ends after ten times from one address, for the right password too, until a quarter of an hour is over', async () => {
    await register();
    for (let count = 0; count < 10; count++)
      expect((await logIn('wrong password', address)).status).toBe(401);
    const { status, headers, body } = await logIn(alicePassword, address);
    expect([status, body.code]).toEqual([429, 'too-many-attempts']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(900);
  });

  it('does not lock out who comes from elsewhere, however long it goes on', async () => {
    await register();
    for (let count = 0; count < 130; count++) await logIn('wrong password', address);
    expect((await logIn(alicePassword, '198.51.100.1')).status).toBe(200);
  });

  it('is forgiven by the right password', async () => {
    await register();
    for (let round = 0; round < 3; round++) {
      for (let count = 0; count < 9; count++) await logIn('wrong password', address);
      expect((await logIn(alicePassword, address)).status).toBe(200);
    }
  });

  it('is bounded however many come at once', async () => {
    await register();
    const answers = await Promise.all(Array.from({ length: 25 }, () => logIn('wrong password', address)));
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  it('is bounded by address over all accounts, and an IPv6 address is its whole network', async () => {
    await using bounded = await openUsersRig({
      guard: { bounds: { accountFromAddress: 10, account: 100, address: 3 } },
    });
    const guess = async (account: number, from: string): Promise<number> =>
      (
        await bounded.ask('POST', '/v1/login', {
          json: { email: `user${account}@example.com`, password: 'wrong password' },
          from,
        })
      ).status;
    for (let account = 0; account < 3; account++)
      expect(await guess(account, `2001:db8::${account}`)).toBe(401);
    expect(await guess(3, '2001:db8::ffff:1')).toBe(429);
    expect(await guess(3, '2001:db8:0:1::1')).toBe(401);
  });

  it('is bounded by account over all addresses', async () => {
    await using bounded = await openUsersRig({
      guard: { bounds: { accountFromAddress: 10, account: 3, address: 100 } },
    });
    const guess = async (from: string): Promise<number> =>
      (await bounded.ask('POST', '/v1/login', { json: { email, password: 'wrong password' }, from })).status;
    for (let host = 1; host <= 3; host++) expect(await guess(`203.0.113.${host}`)).toBe(401);
    expect(await guess('203.0.113.4')).toBe(429);
  });

  it('does not get around by an address that the client makes up', async () => {
    await using bounded = await openUsersRig({
      guard: { trust: ['192.0.2.1'], bounds: { accountFromAddress: 1, account: 100, address: 100 } },
    });
    const guess = async (from: string): Promise<number> =>
      (await bounded.ask('POST', '/v1/login', { json: { email, password: 'wrong password' }, from })).status;
    expect(await guess('203.0.113.1')).toBe(401);
    expect(await guess('203.0.113.2')).toBe(429);
    await using trusting = await openUsersRig({
      guard: { bounds: { accountFromAddress: 1, account: 100, address: 100 } },
    });
    const behind = async (from: string): Promise<number> =>
      (await trusting.ask('POST', '/v1/login', { json: { email, password: 'wrong password' }, from })).status;
    expect(await behind('203.0.113.1, 198.51.100.9')).toBe(401);
    expect(await behind('203.0.113.2, 198.51.100.9')).toBe(429);
  });

  it('is bounded for who registers, too', async () => {
    await using bounded = await openUsersRig({
      guard: { bounds: { accountFromAddress: 10, account: 100, address: 2 } },
    });
    const make = async (name: string): Promise<number> =>
      (await bounded.ask('POST', '/v1/users', { json: { ...wanted, email: `${name}@example.com` } })).status;
    expect([await make('a'), await make('a'), await make('b')]).toEqual([201, 409, 429]);
  });
});

describe('a profile', () => {
  it('is read and changed by who it is of', async () => {
    const { id, token } = await rig.newUser(email);
    expect((await rig.ask('GET', '/v1/users/me', { token })).body).toMatchObject({ user_id: id, email });
    const json = { full_name: 'Ada King', city: 'Ockham', email: 'x@example.com', roles: ['staff'] };
    const changed = await rig.ask('PUT', '/v1/users/me', { token, json });
    expect([changed.status, changed.body]).toEqual([
      200,
      expect.objectContaining({ full_name: 'Ada King', city: 'Ockham', email, roles: ['customer'] }),
    ]);
    expect((await rig.ask('GET', '/v1/users/me', { token })).body).toEqual(changed.body);
  });

  it('is shown to nobody without a token, nor to a service', async () => {
    expect((await rig.ask('GET', '/v1/users/me')).status).toBe(401);
    await using other = await openUsersRig({
      tokens: { clients: { orders: 'a-secret-of-24-characters-or-more' } },
    });
    const { body } = await other.grant(
      { grant_type: 'client_credentials' },
      'orders:a-secret-of-24-characters-or-more',
    );
    expect((await other.ask('GET', '/v1/users/me', { token: String(body.access_token) })).status).toBe(403);
  });

  it('keeps its password unless the current one is known, and ends all logins when it changes', async () => {
    const { token, refresh: first } = await rig.newUser(email);
    const refresh = async (refresh_token: string) =>
      rig.grant({ grant_type: 'refresh_token', refresh_token });
    const change = (current: string, next: string) =>
      rig.ask('PUT', '/v1/users/me/password', {
        token,
        json: { current_password: current, new_password: next },
      });
    expect((await change('not the password', 'another password')).status).toBe(403);
    expect((await change(alicePassword, 'short')).status).toBe(400);
    const { status, body } = await refresh(first);
    expect(status).toBe(200);
    expect((await change(alicePassword, 'another password')).status).toBe(204);
    expect((await logIn()).status).toBe(401);
    expect((await logIn('another password')).status).toBe(200);
    expect((await refresh(String(body.refresh_token))).body.error).toBe('invalid_grant');
  });
});

describe('all users', () => {
  it('are shown to staff alone', async () => {
    const { token } = await rig.newUser(email);
    const answers = [
      await rig.ask('GET', '/v1/users', { token }),
      await rig.ask('GET', '/v1/users/1000000', { token }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [403, 'scope-missing'],
      [403, 'scope-missing'],
    ]);
    expect((await rig.ask('GET', '/v1/users')).status).toBe(401);
  });
});

it('shows all users to a token with the scope only if it is of staff, or of a service', async () => {
  const key = makeKey();
  const issuer = 'https://figway.internal';
  await using trusting = await openUsersRig({
    tokens: { others: [{ issuer, audience: 'shop', jwks: { keys: [key.jwk] } }] },
  });
  const outcome = async (claims: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const all = { iss: issuer, aud: 'shop', sub: '1', exp: seconds() + 60, scope: 'users:admin', ...claims };
    const token = forge({ alg: 'ES256', kid: key.kid }, all, signedBy(key));
    const { status, body } = await trusting.ask('GET', '/v1/users', { token });
    const one = await trusting.ask('GET', '/v1/users/1', { token });
    return [status, body.code, one.status];
  };
  expect(await outcome({ roles: ['customer'] })).toEqual([403, 'role-missing', 403]);
  expect(await outcome({ roles: ['staff'] })).toEqual([200, undefined, 404]);
  expect(await outcome({ sub: 'service:reports', client_id: 'reports' })).toEqual([200, undefined, 404]);
});

it('tells the bus of who registers and who changes, and of no password', async () => {
  await using folder = await openTempFolder();
  const bus = await openEmbeddedBus(`${folder.path}/bus.db`, { clock: systemClock, onTrouble: () => {} });
  const events: CloudEvent[] = [];
  const subscription = bus.subscribe({
    group: 'test',
    types: ['user.registered.v1', 'user.changed.v1'],
    handle: async event => void events.push(event),
  });
  await subscription.ready;
  {
    await using telling = await openUsersRig({ bus });
    const { token } = await telling.newUser(email);
    await telling.ask('PUT', '/v1/users/me', { token, json: { full_name: 'Ada King' } });
    await expect
      .poll(() => events.map(({ type }) => type))
      .toEqual(['user.registered.v1', 'user.changed.v1']);
  }
  await bus.close();
  expect(events[1]).toMatchObject({
    source: '/services/users',
    subject: 'user/1000000',
    data: { userId: '1000000', email, fullName: 'Ada King', city: '', roles: ['customer'] },
    traceparent: expect.stringMatching(/^00-/),
  });
  expect(JSON.stringify(events)).not.toMatch(/password|scrypt/);
});
