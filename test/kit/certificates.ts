import { execFile, execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Certificates are made by the command line of OpenSSL; without it a test is skipped by name. */
export const hasOpenssl = ((): boolean => {
  try {
    execFileSync('openssl', ['version']);
    return true;
  } catch {
    return false;
  }
})();

/** Names of files in the folder of an authority. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority in a folder; what it signs are files there. */
export interface Authority {
  /** Full path of its certificate. */
  readonly file: string;
  /** Signs a certificate for 127.0.0.1 and localhost. `days` below 0: it has expired. */
  sign(name: string, days?: number): Promise<CertificateFiles>;
}

export async function createAuthority(folder: string, name = 'ca'): Promise<Authority> {
  const at = (file: string): string => join(folder, file);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await run('openssl', [
    ...['req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${name}`],
    ...['-keyout', at(`${name}.key`), '-out', at(`${name}.pem`)],
  ]);
  let serial = 0;
  return {
    file: at(`${name}.pem`),
    async sign(subject, days = 1) {
      const files = { cert: at(`${subject}.pem`), key: at(`${subject}.key`) };
      const request = at(`${subject}.csr`);
      await run('openssl', [
        'req',
        '-new',
        ...newKey,
        '-subj',
        `/CN=${subject}`,
        '-keyout',
        files.key,
        '-out',
        request,
      ]);
      await writeFile(at(`${subject}.ext`), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
      await run('openssl', [
        ...['x509', '-req', '-in', request, '-CA', at(`${name}.pem`), '-CAkey', at(`${name}.key`)],
        ...[
          '-set_serial',
          String(++serial),
          '-days',
          String(days),
          '-extfile',
          at(`${subject}.ext`),
          '-out',
          files.cert,
        ],
      ]);
      return files;
    },
  };
}

/** The texts of both files. */
export const readPair = async ({ cert, key }: CertificateFiles): Promise<{ cert: string; key: string }> => ({
  cert: await readFile(cert, 'utf8'),
  key: await readFile(key, 'utf8'),
});
