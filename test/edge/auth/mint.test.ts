import { calculateJwkThumbprint, createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { anonymous, type Identity } from '../../../gateway/core/exchange.ts';
import { createMint } from '../../../gateway/edge/auth/mint.ts';
import { createManualClock } from '../../kit/manual-clock.ts';
import { makeMintingKey } from '../../kit/sessions.ts';

const config = { issuer: 'https://gateway', audience: 'services', ttl: 60_000 };

function openMint(keys = [makeMintingKey()]) {
  const clock = createManualClock();
  return { clock, mint: createMint({ ...config, keys }, clock) };
}

describe('a minted token', () => {
  const alice: Identity = { ...anonymous, user: 'alice', scopes: ['a', 'b'], roles: ['r'] };

  it('says who it is for, by whom, and until when, and has a name of its own', async () => {
    const { clock, mint } = openMint();
    const token = await mint.token(alice);
    const keys = createLocalJWKSet(JSON.parse(mint.keys()) as JSONWebKeySet);
    const { payload } = await jwtVerify(token, keys, { currentDate: new Date(clock.wall()) });
    const iat = clock.wall() / 1000;
    expect(payload).toEqual({
      ...{ iss: 'https://gateway', aud: 'services', sub: 'alice', scope: 'a b', roles: ['r'] },
      ...{ iat, exp: iat + 60, jti: expect.stringMatching(/^[\da-f-]{36}$/) },
    });
  });

  it('is made once for an identity, at once from then on, until a quarter of its life is left', async () => {
    const { clock, mint } = openMint();
    const waiting = [mint.token(alice), mint.token(alice)];
    const [first, second] = await Promise.all(waiting);
    expect(first).toBe(second);
    clock.advance(44_999);
    expect(mint.token(alice)).toBe(first);
    clock.advance(1);
    expect(await mint.token(alice)).not.toBe(first);
    expect(await mint.token({ ...alice })).not.toBe(await mint.token(alice));
  });

  it('is of a key of the process, the same for every config, where the config names none', async () => {
    const [one, other] = [createMint(config, createManualClock()), createMint(config, createManualClock())];
    expect(JSON.parse(one.keys()).keys).toHaveLength(1);
    expect(one.keys()).toBe(other.keys());
    const published = createLocalJWKSet(JSON.parse(other.keys()) as JSONWebKeySet);
    const { payload } = await jwtVerify(await one.token(alice), published, {
      currentDate: new Date(createManualClock().wall()),
    });
    expect(payload.sub).toBe('alice');
  });

  it('is of the first key, whose name is its thumbprint (RFC 7638)', async () => {
    const { mint } = openMint([makeMintingKey(), makeMintingKey()]);
    const { keys } = JSON.parse(mint.keys()) as JSONWebKeySet;
    for (const key of keys) expect(key.kid).toBe(await calculateJwkThumbprint(key));
    const token = await mint.token(alice);
    const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
    expect(header).toEqual({ alg: 'ES256', kid: keys[0]?.kid, typ: 'JWT' });
  });
});
