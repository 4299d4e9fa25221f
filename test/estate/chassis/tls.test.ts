import { execFileSync } from 'node:child_process';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
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

  it('stay as they are while they are good, and are all made anew when one is not', async () => {
    const at = join(folder.path, 'again');
    const ca = (): Promise<string> => readFile(join(at, 'ca.pem'), 'utf8');
    await makeCertificates(at, ['users']);
    const first = await ca();
    await makeCertificates(at, ['users']);
    expect(await ca()).toBe(first);
    await makeCertificates(at, ['users', 'orders']);
    const second = await ca();
    expect(second).not.toBe(first);
    await rm(join(at, 'users-key.pem'));
    await makeCertificates(at, ['users', 'orders']);
    const third = await ca();
    expect(third).not.toBe(second);
    await writeFile(join(at, 'users-key.pem'), await readFile(join(at, 'orders-key.pem')));
    await makeCertificates(at, ['users', 'orders']);
    expect(await ca()).not.toBe(third);
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
