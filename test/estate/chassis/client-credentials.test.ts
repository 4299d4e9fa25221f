import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  type ClientCredentials,
  createClientCredentials,
} from '../../../extracted-services/chassis/client-credentials.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';
import { openTokenServer, type TokenServer } from '../../kit/token-server.ts';

let server: TokenServer;
let clock: ManualClock;
let credentials: ClientCredentials;

beforeEach(async () => {
  server = await openTokenServer(300);
  clock = createManualClock();
  credentials = createClientCredentials({
    tokenUrl: server.url,
    clientId: 'web bff',
    clientSecret: 's:cr/t',
    scope: 'orders:read products:read',
    clock,
  });
});
afterEach(async () => {
  credentials.close();
  await server[Symbol.asyncDispose]();
});

it('asks as RFC 6749 says, both parts of the secret encoded', async () => {
  expect(await credentials.token()).toBe('token-1');
  expect(server.asked).toEqual([
    {
      authorization: `Basic ${Buffer.from('web%20bff:s%3Acr%2Ft').toString('base64')}`,
      form: 'grant_type=client_credentials&scope=orders%3Aread+products%3Aread',
    },
  ]);
});

it('keeps a token until ten seconds before it ends', async () => {
  await credentials.token();
  clock.advance(289_999);
  expect(await credentials.token()).toBe('token-1');
  clock.advance(1);
  expect(await credentials.token()).toBe('token-2');
});

it('asks once for all who need one at the same time', async () => {
  const release = server.hold();
  const tokens = [1, 2, 3].map(() => credentials.token());
  await expect.poll(() => server.asked.length).toBe(1);
  release();
  expect(new Set(await Promise.all(tokens))).toEqual(new Set(['token-1']));
});

it('says why there is none, without the secret, and asks again the next time', async () => {
  server.answer(401, '{"error":"invalid_client"}');
  await expect(credentials.token()).rejects.toThrow('the token endpoint answered 401 (invalid_client)');
  server.answer(200, '<html>');
  await expect(credentials.token()).rejects.toThrow('gave no access_token');
  await server.stop();
  await expect(credentials.token()).rejects.toThrow(/ECONNREFUSED|hang up|RESET/);
  await server.start();
  server.answer();
  expect(await credentials.token()).toMatch(/^token-/);
});
