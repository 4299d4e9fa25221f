import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAuthority } from './certificate.ts';

/** What the CA/Browser Forum calls short-lived: too short for a list of what was revoked to be worth its while. */
const days = 7;

/**
 * Fills a folder with `ca.pem`, and `<name>.pem` and `<name>-key.pem` for each name: what `MTLS_DIR` asks for. All are
 * signed by one new local authority whose key is kept nowhere, and live for seven days. What was there counts no more.
 * Names are of lower-case letters, digits and dashes.
 */
export async function makeCertificates(folder: string, names: readonly string[]): Promise<void> {
  const odd = names.find(name => !/^[a-z][a-z0-9-]{0,60}$/.test(name) || name === 'ca');
  if (odd !== undefined) throw new TypeError(`${odd}: expected a name of letters, digits and dashes, not ca`);
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
