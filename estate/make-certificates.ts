import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from './certificate.ts';

const days = 30;
/** With less than this left, new ones are made. */
const margin = 2 * 86_400_000;

/**
 * Fills a folder with `ca.pem`, and `<name>.pem` and `<name>-key.pem` for each name: what `MTLS_DIR` asks for. All are
 * signed by one new local authority whose key is kept nowhere. What is there stays if it is whole and good for two more
 * days; else all of it is made anew. Names are of lower-case letters, digits and dashes.
 */
export async function makeCertificates(folder: string, names: readonly string[]): Promise<void> {
  const odd = names.find(name => !/^[a-z][a-z0-9-]{0,60}$/.test(name) || name === 'ca');
  if (odd !== undefined) throw new TypeError(`${odd}: expected a name of letters, digits and dashes, not ca`);
  if (await isFine(folder, names)) return;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const authority = createAuthority({ name: 'figway estate', now: Date.now(), days });
  for (const name of names) {
    const { cert, key } = authority.issue(name);
    await writeSecret(join(folder, `${name}-key.pem`), key);
    await writeFile(join(folder, `${name}.pem`), cert);
  }
  await writeFile(join(folder, 'ca.pem'), authority.cert);
}

/** The mode of a file that was there already would stay what it was. */
async function writeSecret(file: string, content: string): Promise<void> {
  await writeFile(file, content, { mode: 0o600 });
  await chmod(file, 0o600);
}

/** Whether each name has a key and a certificate of this authority that lives on for a while. */
async function isFine(folder: string, names: readonly string[]): Promise<boolean> {
  try {
    const ca = new X509Certificate(await readFile(join(folder, 'ca.pem')));
    for (const name of names) {
      const cert = new X509Certificate(await readFile(join(folder, `${name}.pem`)));
      const key = createPrivateKey(await readFile(join(folder, `${name}-key.pem`)));
      const isLate = Date.parse(cert.validTo) < Date.now() + margin;
      if (isLate || !cert.verify(ca.publicKey) || !cert.checkPrivateKey(key)) return false;
    }
    return true;
  } catch {
    return false;
  }
}
