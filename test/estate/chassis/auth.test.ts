import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Authority, createAuthority } from '../../../extracted-services/chassis/auth.ts';
import { forge, hmac, type Issuer, makeKey, openIssuer, seconds, signedBy } from '../../kit/issuer.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';

let issuer: Issuer;
let clock: ManualClock;
let authority: Authority;

beforeEach(async () => {
  issuer = await openIssuer();
  clock = createManualClock(Date.now());
  authority = createAuthority({
    issuers: [
      { issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' },
      { issuer: 'https://own.example', jwks: () => ({ keys: [ownKey.jwk] }), audience: 'shop' },
    ],
    clock,
  });
});
afterEach(async () => {
  authority.close();
  await issuer[Symbol.asyncDispose]();
});

const ownKey = makeKey();
const identify = (token: string) => authority.identify(`Bearer ${token}`);
const refusal = (code: string, status = 401) => expect.objectContaining({ code, status });

describe('a good token', () => {
  it('says who calls', async () => {
    const token = issuer.token({ scope: 'orders:read  orders:write', roles: ['staff', 7], client_id: 'web' });
    expect(await identify(token)).toEqual({
      sub: 'alice',
      client: 'web',
      scopes: ['orders:read', 'orders:write'],
      roles: ['staff'],
      token,
    });
  });

  it('may be of an issuer whose keys are at hand', async () => {
    const claims = { iss: 'https://own.example', aud: 'shop', sub: '1', exp: seconds() + 60 };
    const token = forge({ alg: 'ES256', kid: ownKey.kid }, claims, signedBy(ownKey));
    expect(await identify(token)).toMatchObject({ sub: '1', client: undefined, scopes: [], roles: [] });
  });
});

describe('a bad token', () => {
  it.each([
    ['of another audience', { aud: 'elsewhere' }, 'token-invalid'],
    ['of another issuer', { iss: 'https://evil.example' }, 'token-invalid'],
    ['that has expired', { exp: seconds() - 60 }, 'token-expired'],
    ['that never expires', { exp: undefined }, 'token-invalid'],
    ['of nobody', { sub: undefined }, 'token-invalid'],
    ['of nobody with a name', { sub: '' }, 'token-invalid'],
    ['that is not valid yet', { nbf: seconds() + 60 }, 'token-invalid'],
  ])('%s is refused', async (_, claims, code) => {
    const refused = identify(issuer.token(claims));
    await expect(refused).rejects.toEqual(refusal(code));
    await refused.catch(({ headers }) =>
      expect(headers['www-authenticate']).toContain('error="invalid_token"'),
    );
  });

  it('is refused whatever trick signs it', async () => {
    const claims = { iss: issuer.url, aud: 'shop', sub: 'alice', exp: seconds() + 60 };
    const { kid, publicKey } = issuer.key;
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
    const stranger = makeKey('ES256', kid);
    for (const token of [
      forge({ alg: 'none', kid }, claims, () => Buffer.alloc(0)),
      forge({ alg: 'HS256', kid }, claims, hmac(pem)),
      forge({ alg: 'ES256', kid }, claims, signedBy(stranger)),
      forge({ alg: 'ES256', kid, jwk: stranger.jwk }, claims, signedBy(stranger)),
      forge({ alg: 'ES256', kid, crit: ['x'], x: 1 }, claims, signedBy(issuer.key)),
    ]) {
      await expect(identify(token)).rejects.toEqual(refusal('token-invalid'));
    }
  });

  it.each(['RS256', 'EdDSA'] as const)('of a published key is refused that signs by %s', async alg => {
    issuer.publish(makeKey(alg));
    await expect(identify(issuer.token())).rejects.toEqual(refusal('token-invalid'));
  });

  it.each(['a.b', 'a.b.c', `${'x'.repeat(9000)}.y.z`, 'ä'])('that is none (%#) is refused', async token => {
    await expect(identify(token)).rejects.toEqual(refusal('token-invalid'));
  });

  it.each([undefined, 'Basic YTpi', ''])('is missing in %s', async authorization => {
    await expect(authority.identify(authorization)).rejects.toEqual(refusal('token-missing'));
  });
});

describe('the keys of an issuer', () => {
  it('are fetched once for many tokens', async () => {
    await Promise.all([1, 2, 3].map(() => identify(issuer.token())));
    expect(issuer.fetches).toBe(1);
  });

  it('are fetched again for a token with a new one, but not for every such token', async () => {
    await identify(issuer.token());
    clock.advance(10_000);
    issuer.publish(makeKey(), issuer.key);
    await identify(issuer.token());
    expect(issuer.fetches).toBe(2);
    const unknown = issuer.token({}, { kid: 'made-up' });
    for (let count = 0; count < 5; count++) {
      await expect(identify(unknown)).rejects.toEqual(refusal('token-invalid'));
    }
    expect(issuer.fetches).toBe(2);
  });

  it('live on while the issuer is away', async () => {
    const token = issuer.token({ exp: seconds() + 86_400 });
    await identify(token);
    await issuer.stop();
    clock.advance(3_600_000);
    expect(await identify(token)).toMatchObject({ sub: 'alice' });
    await issuer.start();
  });

  it.each(['<html>', '{}', '{"keys":7}'])('live on when the issuer says %s', async nonsense => {
    const token = issuer.token({ exp: seconds() + 86_400 });
    await identify(token);
    issuer.answer(200, nonsense);
    clock.advance(3_600_000);
    await identify(token);
    await expect.poll(() => issuer.fetches).toBe(2);
    expect(await identify(token)).toMatchObject({ sub: 'alice' });
  });

  it('that were never seen make it 503, until the issuer is back', async () => {
    await issuer.stop();
    await expect(identify(issuer.token())).rejects.toEqual(refusal('issuer-unreachable', 503));
    await issuer.start();
    clock.advance(1000);
    expect(await identify(issuer.token())).toMatchObject({ sub: 'alice' });
  });

  it('that are withdrawn do not count any more after five minutes', async () => {
    const old = issuer.token({ exp: seconds() + 86_400 });
    await identify(old);
    issuer.publish(makeKey());
    clock.advance(300_000);
    await identify(old);
    await expect.poll(() => issuer.fetches).toBe(2);
    await expect
      .poll(() =>
        identify(old).then(
          () => 'taken',
          ({ code }) => code,
        ),
      )
      .toBe('token-invalid');
  });
});
