import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority } from '../../../extracted-services/chassis/auth.ts';
import { createKeyRing } from '../../../extracted-services/users/key-ring.ts';
import { rotateKeys } from '../../../extracted-services/users/rotate-keys.ts';
import { openUsersDatabase } from '../../../extracted-services/users/service.ts';
import { toRepository } from '../../../extracted-services/users/sql-repository.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';
import { makeKey } from '../../kit/issuer.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';
import { alicePassword, kidOf, openUsersRig, type UsersRig } from '../../kit/users.ts';

const email = 'ada@example.com';
const minute = 60_000;

describe.each(storeKinds)('signing keys on $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let store: EmptyStore;
    let clock: ManualClock;
    let rig: UsersRig;
    beforeEach(async () => {
      store = await openEmptyStore(kind);
      clock = createManualClock(Date.now());
      rig = await openUsersRig({ store: store.options, clock, tokens: { keyAge: 60 * minute } });
    });
    afterEach(async () => {
      await rig[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    });

    const logIn = async (): Promise<string> =>
      String(
        (await rig.ask('POST', '/v1/login', { json: { email, password: alicePassword } })).body.access_token,
      );
    const keys = async (): Promise<readonly Record<string, string>[]> =>
      (await rig.ask('GET', '/.well-known/jwks.json')).body.keys as Record<string, string>[];
    const kids = async (): Promise<readonly unknown[]> => (await keys()).map(({ kid }) => kid);
    const canRead = async (token: string): Promise<boolean> =>
      (await rig.ask('GET', '/v1/users/me', { token })).status === 200;

    it('are published without what signs', async () => {
      const { token } = await rig.newUser(email);
      expect(await keys()).toEqual([
        {
          kty: 'EC',
          crv: 'P-256',
          x: expect.any(String),
          y: expect.any(String),
          kid: kidOf(token),
          alg: 'ES256',
          use: 'sig',
        },
      ]);
    });

    it('are what any service verifies a token with', async () => {
      const { id, token } = await rig.newUser(email);
      const jwksUrl = `${rig.service.url}/.well-known/jwks.json`;
      const authority = createAuthority({
        issuers: [{ issuer: rig.service.url, jwksUrl, audience: 'shop' }],
        clock,
      });
      expect(await authority.identify(`Bearer ${token}`)).toMatchObject({
        sub: String(id),
        roles: ['customer'],
      });
      authority.close();
    });

    it('stay over a restart', async () => {
      const { token } = await rig.newUser(email);
      const issuer = rig.service.url;
      await rig[Symbol.asyncDispose]();
      rig = await openUsersRig({ store: store.options, clock, tokens: { issuer } });
      expect(await kids()).toEqual([kidOf(token)]);
      expect(await canRead(token)).toBe(true);
    });

    it('are replaced by command, at once; tokens of the one before live on', async () => {
      const { token: before } = await rig.newUser(email);
      expect(await rotateKeys(store.options)).toMatch(/^tokens are signed with [\w-]{43} from now on/);
      const after = await logIn();
      expect(kidOf(after)).not.toBe(kidOf(before));
      expect(await kids()).toEqual([kidOf(after), kidOf(before)]);
      expect([await canRead(before), await canRead(after)]).toEqual([true, true]);
    });

    it('are replaced by age', async () => {
      const { token: first } = await rig.newUser(email);
      clock.advance(59 * minute);
      expect(kidOf(await logIn())).toBe(kidOf(first));
      clock.advance(minute);
      expect(kidOf(await logIn())).not.toBe(kidOf(first));
    });

    it('are published as long as a token of theirs may live, and the previous one as long as it is that', async () => {
      const { token: first } = await rig.newUser(email);
      const repository = toRepository(await openUsersDatabase(store.options));
      const ring = createKeyRing(repository, { clock, maxAge: Number.POSITIVE_INFINITY });
      const second = await ring.rotate();
      clock.advance(5 * minute);
      const third = await ring.rotate();
      expect(await kids()).toEqual([third, second, kidOf(first)]);
      expect(await canRead(first)).toBe(true);
      clock.advance(10 * minute + 1);
      expect(await kids()).toEqual([third, second]);
      clock.advance(30 * minute);
      expect(await kids()).toEqual([third, second]);
      const fourth = await ring.rotate();
      const kept = await repository.keys.all();
      expect(kept.map(({ kid }) => kid)).toEqual([fourth, third]);
      await repository.close();
    });

    it('are one new key however many processes find the old one too old at once', async () => {
      const repository = toRepository(await openUsersDatabase(store.options));
      await rig.newUser(email);
      clock.advance(60 * minute);
      const rings = [1, 2, 3].map(() => createKeyRing(repository, { clock, maxAge: 60 * minute }));
      const made = await Promise.all(rings.map(async ring => (await ring.current()).kid));
      expect(new Set(made).size).toBe(1);
      expect(await kids()).toHaveLength(2);
      await repository.close();
    });
  });
});

it('takes no token but its own and those of whom it trusts', async () => {
  const gatewayKey = makeKey();
  await using rig = await openUsersRig({
    tokens: {
      others: [{ issuer: 'https://figway.internal', audience: 'shop', jwks: { keys: [gatewayKey.jwk] } }],
    },
  });
  await using other = await openUsersRig();
  const { token } = await other.newUser(email);
  expect((await rig.ask('GET', '/v1/users/me', { token })).status).toBe(401);
});
