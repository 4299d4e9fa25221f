import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Account,
  type Ended,
  type Identity,
  peopleOfMonolith,
  peopleOfService,
} from '../../kit/accounts.ts';
import { type EstateRig, openEstateRig } from '../../kit/estate-rig.ts';
import { feedOf, internalToken } from '../../kit/internal-client.ts';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { openUsersRig, type UsersRig } from '../../kit/users.ts';

const patience = { timeout: 20_000 };
const secret = 'a-secret-of-24-characters-or-more';
const password = 'a password of mine';

let rig: EstateRig;
let users: UsersRig;
/** Of staff at the service, who see everybody: guesses of a password are bounded, so nobody logs in to find out. */
let staff: Identity;

beforeAll(async () => {
  rig = await openEstateRig();
  await rig.startCapture();
  users = await openUsersRig({
    legacy: feedOf(rig.monolith.url),
    bus: rig.bus,
    tokens: { clients: { reconcile: secret } },
  });
  staff = (await here().logIn('admin@example.com', 'wonderland')) ?? {};
}, 60_000);
afterAll(async () => {
  await stopMains();
  await users[Symbol.asyncDispose]();
  await rig[Symbol.asyncDispose]();
});

const there = () => peopleOfMonolith(rig.monolith.url);
const here = () => peopleOfService(users.service.url);

const somebody = (name: string, more: Partial<Account> = {}): Account => ({
  email: `${name}@example.com`,
  password,
  full_name: name,
  city: 'Köln',
  ...more,
});

/** Opens an account at the monolith, and waits until it is one here. */
async function newcomer(name: string): Promise<{ readonly id: number; readonly cookie: Identity }> {
  const account = somebody(name);
  const id = idOf(await there().register(account));
  const cookie = await there().logIn(account.email, password);
  if (!cookie) throw new Error(`${name} is not let in`);
  await expect.poll(() => here().user(staff, id), patience).toMatchObject({ kind: 'done' });
  return { id, cookie };
}

function idOf(ended: Ended): number {
  if (ended.kind === 'done') return Number(ended.user.user_id);
  throw new Error(`not registered: ${JSON.stringify(ended)}`);
}

const profileHere = async (email: string): Promise<unknown> =>
  here().profile((await here().logIn(email, password)) ?? {}, 0);

const changeLegacy = (sql: string, id: number): void => {
  using database = new DatabaseSync(`${rig.folder}/legacy.db`);
  database.prepare(sql).run(id);
};

const reconcile = () =>
  runMain(
    'extracted-services/reconciliation/main.ts',
    {
      ...{ LEGACY_URL: rig.monolith.url, LEGACY_INTERNAL_TOKEN: internalToken },
      ...{ USERS_URL: users.service.url, RECONCILE_CLIENT_SECRET: secret, RECONCILE_SETTLE: '0' },
    },
    'users',
  ).ended;

describe('people of the monolith', { timeout: 60_000 }, () => {
  it('come in at the service with the password that they have just chosen there', async () => {
    const { id } = await newcomer('rosa');
    expect(await profileHere('rosa@example.com')).toMatchObject({
      kind: 'done',
      user: { user_id: id, full_name: 'rosa', city: 'Köln', roles: ['customer'] },
    });
  });

  it('are known here as they have changed there, by a new email, too', async () => {
    const { id, cookie } = await newcomer('otto');
    await there().change(cookie, id, { email: 'otto.neu@example.com', full_name: 'Otto Neu', city: 'Graz' });
    const changed = { kind: 'done', user: { user_id: id, full_name: 'Otto Neu', city: 'Graz' } };
    await expect.poll(() => here().user(staff, id), patience).toMatchObject(changed);
    expect(await profileHere('otto.neu@example.com')).toMatchObject(changed);
    expect(await here().logIn('otto@example.com', password)).toBeUndefined();
  });

  it('are no more where they are no more there, and a login of theirs ends', async () => {
    const { id } = await newcomer('emil');
    const { body } = await users.ask('POST', '/v1/login', { json: { email: 'emil@example.com', password } });
    changeLegacy('DELETE FROM sessions WHERE user_id = ?', id);
    changeLegacy('DELETE FROM users WHERE user_id = ?', id);
    await expect.poll(() => here().user(staff, id), patience).toMatchObject({ kind: 'refused' });
    expect(await here().logIn('emil@example.com', password)).toBeUndefined();
    const refresh = { grant_type: 'refresh_token', refresh_token: String(body.refresh_token) };
    expect((await users.grant(refresh)).status).toBe(400);
  });

  it('agree in both stores, but for whom has changed at both: then the service has the last word', async () => {
    const { id, cookie } = await newcomer('kurt');
    expect(await reconcile()).toMatchObject({ code: 0, out: expect.stringContaining(' 0 disagree') });
    const token = (await here().logIn('kurt@example.com', password)) ?? {};
    await here().change(token, id, { full_name: 'Kurt Hier', city: 'Bonn' });
    await there().change(cookie, id, { full_name: 'Kurt Dort', city: 'Wien' });
    // Whoever comes later has been heard of after him.
    await newcomer('lena');
    expect(await profileHere('kurt@example.com')).toMatchObject({ user: { full_name: 'Kurt Hier' } });
    expect(await reconcile()).toMatchObject({ code: 1, out: expect.stringContaining(`${id} differs\n`) });
  });

  it('are a dead letter, with why, where another one has the email here', async () => {
    expect(await here().register(somebody('ida'))).toMatchObject({ kind: 'done' });
    const id = idOf(await there().register(somebody('ida')));
    const reasons = async () => (await rig.bus.deadLetters.list('users')).map(({ reason }) => reason);
    await expect
      .poll(reasons, patience)
      .toEqual([expect.stringContaining(`user ${id}: another user has the email here`)]);
  });
});

describe('people of the service', { timeout: 60_000 }, () => {
  it('are known at the monolith, also without a city', async () => {
    await rig.startLayer();
    const id = idOf(await here().register(somebody('anna', { city: '' })));
    const known = async (): Promise<unknown> =>
      (await rig.internal.snapshot(`entity=users&after=${id - 1}`)).rows[0]?.payload;
    await expect.poll(known, patience).toMatchObject({ email: 'anna@example.com', city: '' });
  });
});
