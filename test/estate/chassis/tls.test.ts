import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCertificates } from '../../../estate/make-certificates.ts';
import { createOutgoing } from '../../../extracted-services/chassis/outgoing.ts';
import { startService } from '../../../extracted-services/chassis/service.ts';
import { readTls } from '../../../extracted-services/chassis/tls.ts';
import { newTrace } from '../../../extracted-services/chassis/trace.ts';
import { hasOpenssl } from '../../kit/certificates.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

let folder: Awaited<ReturnType<typeof openTempFolder>>;
let here: string;
let elsewhere: string;

beforeAll(async () => {
  folder = await openTempFolder();
  here = join(folder.path, 'here');
  elsewhere = join(folder.path, 'elsewhere');
  await makeCertificates(here, ['users', 'orders']);
  await makeCertificates(elsewhere, ['users', 'orders']);
});
afterAll(() => folder[Symbol.asyncDispose]());

/** Starts `users` with its certificate and asks it as `tls` says. */
async function askUsers(tls: Awaited<ReturnType<typeof readTls>>): Promise<string> {
  const service = await startService({
    name: 'users',
    endpoints: [],
    openapi: { fine: true },
    tls: await readTls(here, 'users'),
  });
  const outgoing = createOutgoing({ name: 'users', baseUrl: service.url, attempts: 1, tls });
  try {
    const { status } = await outgoing.request({ method: 'GET', path: '/openapi.json', trace: newTrace() });
    return String(status);
  } catch (error) {
    return (error as { kind: string }).kind;
  } finally {
    outgoing.close();
    await service.close();
  }
}

describe('mutual TLS', () => {
  it('lets in who has a certificate of the same authority', async () => {
    expect(await askUsers(await readTls(here, 'orders'))).toBe('200');
  });

  it('lets nobody in who has none', async () => {
    const tls = await readTls(here, 'orders');
    expect(await askUsers(tls && { ...tls, cert: '', key: '' })).toMatch(/^(?:refused|reset)$/);
  });

  it('lets nobody in whose certificate another authority signed', async () => {
    const [own, other] = await Promise.all([readTls(here, 'orders'), readTls(elsewhere, 'orders')]);
    expect(await askUsers(own && other && { ...other, ca: own.ca })).toMatch(/^(?:refused|reset)$/);
  });

  it('asks no server that another authority signed', async () => {
    const [own, other] = await Promise.all([readTls(here, 'orders'), readTls(elsewhere, 'orders')]);
    expect(await askUsers(own && other && { ...own, ca: other.ca })).toBe('refused');
  });

  it('is off where no folder is named, and names the file that is missing', async () => {
    expect(await readTls(undefined, 'users')).toBeUndefined();
    await expect(readTls(here, 'nobody')).rejects.toThrow(
      `MTLS_DIR: cannot read ${here}/nobody.pem (ENOENT)`,
    );
  });
});

describe('the certificates of the estate', () => {
  it('are files that only their owner can read the keys of, and the authority has none', async () => {
    const files = ['ca.pem', 'orders-key.pem', 'orders.pem', 'users-key.pem', 'users.pem'];
    expect((await readdir(here)).toSorted()).toEqual(files);
    expect((await stat(join(here, 'users-key.pem'))).mode & 0o777).toBe(0o600);
  });

  it('are made anew each time, by another authority, and live for seven days', async () => {
    const at = join(folder.path, 'again');
    const read = async (file: string): Promise<X509Certificate> =>
      new X509Certificate(await readFile(join(at, file)));
    await makeCertificates(at, ['users']);
    const [ca, users] = [await read('ca.pem'), await read('users.pem')];
    expect(users.verify(ca.publicKey)).toBe(true);
    for (const { validToDate } of [ca, users]) {
      const days = (validToDate.getTime() - Date.now()) / 86_400_000;
      expect(days).toBeGreaterThan(6.9);
      expect(days).toBeLessThanOrEqual(7);
    }
    await makeCertificates(at, ['users']);
    const again = await read('users.pem');
    expect(again.verify(ca.publicKey)).toBe(false);
    expect(again.checkPrivateKey(createPrivateKey(await readFile(join(at, 'users-key.pem'))))).toBe(true);
  });

  it('refuse a name that would be another file', async () => {
    await expect(makeCertificates(folder.path, ['../x'])).rejects.toThrow('../x: expected a name');
    await expect(makeCertificates(folder.path, ['ca'])).rejects.toThrow('ca: expected a name');
  });

  it.skipIf(!hasOpenssl)('are what OpenSSL takes at its strictest', () => {
    const args = ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', join(here, 'ca.pem')];
    expect(execFileSync('openssl', [...args, join(here, 'users.pem')], { encoding: 'utf8' })).toContain('OK');
  });
});
