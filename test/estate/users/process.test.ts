import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { makeCertificates } from '../../../estate/make-certificates.ts';
import { createOutgoing } from '../../../extracted-services/chassis/outgoing.ts';
import { readTls } from '../../../extracted-services/chassis/tls.ts';
import { newTrace } from '../../../extracted-services/chassis/trace.ts';
import { type Monolith, startMonolith } from '../../../legacy-monolith/monolith.ts';
import { internalToken } from '../../kit/internal-client.ts';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

const page = readFileSync('docs/services/users.md', 'utf8');
const main = 'extracted-services/users/main.ts';
let folder: Awaited<ReturnType<typeof openTempFolder>>;
let env: Readonly<Record<string, string>>;
let monolith: Monolith;
beforeAll(async () => {
  folder = await openTempFolder();
  monolith = await startMonolith({ port: 0, internalToken });
  env = {
    USERS_LISTEN: '127.0.0.1:0',
    USERS_DATABASE: join(folder.path, 'users.db'),
    BUS_DATABASE: join(folder.path, 'bus.db'),
    LEGACY_URL: monolith.url,
    LEGACY_INTERNAL_TOKEN: internalToken,
    ORDERS_CLIENT_SECRET: 'a-secret-of-24-characters-or-more',
  };
});
afterAll(async () => {
  await monolith.close();
  await folder[Symbol.asyncDispose]();
});
afterEach(stopMains);

it('fills its store, gives tokens in the name of USERS_URL, rotates by command, and ends with 0', async () => {
  const running = runMain(main, env);
  const url = await running.listening();
  const grant = async (): Promise<string> => {
    const answer = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('orders:a-secret-of-24-characters-or-more')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  const [head = '', claims = ''] = (await grant()).split('.');
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
    iss: 'http://127.0.0.1:4101',
    sub: 'service:orders',
  });
  const [, path, body] = /4101(\S+) -H 'content-type: application\/json' \\\n +-d '(.*)'$/m.exec(page) ?? [];
  const headers = { 'content-type': 'application/json' };
  expect((await fetch(url + path, { method: 'POST', headers, body: body ?? '' })).status).toBe(200);
  const rotated = await runMain(main, env, 'rotate-keys').ended;
  expect(rotated).toMatchObject({ code: 0, err: '' });
  expect((await grant()).startsWith(head)).toBe(false);
  running.child.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ code: 0, err: '' });
});

it('copies what has changed by command, and says how much that was', async () => {
  const { code, out } = await runMain(main, { ...env, USERS_DATABASE: join(folder.path, 'b.db') }, 'backfill')
    .ended;
  expect([code, out]).toEqual([0, "copied 500 users of the monolith; 0 are this service's own by now\n"]);
});

it.each([
  [{ USERS_KEY_HOURS: '0' }, 'USERS_KEY_HOURS: expected a whole number from 1 to 8760, got 0'],
  [{ USERS_TRUST: '10.0.0.0/33' }, 'USERS_TRUST: expected addresses and CIDRs, got 10.0.0.0/33'],
  [{ ORDERS_CLIENT_SECRET: 'short' }, 'ORDERS_CLIENT_SECRET: expected 24 characters or more, got 5'],
  [{ MTLS_DIR: '/nowhere' }, 'MTLS_DIR: cannot read /nowhere/ca.pem (ENOENT)'],
  [{ LEGACY_URL: 'nowhere' }, 'LEGACY_URL: expected an http: or https: address, got nowhere'],
])('ends with 3 and one line for %j', async (bad, line) => {
  const database = join(folder.path, `bad-${Object.keys(bad)[0]}.db`);
  const ended = await runMain(main, { ...env, USERS_DATABASE: database, ...bad }).ended;
  expect(ended).toEqual({ code: 3, out: '', err: `users: ${line}\n` });
});

it('ends with 3 for a command that is none', async () => {
  const ended = await runMain(main, env, 'rotate').ended;
  expect(ended).toEqual({
    code: 3,
    out: '',
    err: 'users: expected backfill, rotate-keys or nothing, got rotate\n',
  });
});

it('speaks mutual TLS where MTLS_DIR is set', async () => {
  const certificates = join(folder.path, 'certificates');
  await makeCertificates(certificates, ['users', 'orders']);
  const database = join(folder.path, 'tls.db');
  const running = runMain(main, { ...env, USERS_DATABASE: database, MTLS_DIR: certificates });
  const url = await running.listening();
  expect(url).toMatch(/^https:/);
  const outgoing = createOutgoing({
    name: 'users',
    baseUrl: url,
    tls: await readTls(certificates, 'orders'),
  });
  const { status, json } = await outgoing.request({
    method: 'GET',
    path: '/.well-known/jwks.json',
    trace: newTrace(),
  });
  expect([status, json]).toEqual([200, { keys: [expect.objectContaining({ alg: 'ES256' })] }]);
  outgoing.close();
});
