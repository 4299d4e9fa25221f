import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readTls, type Tls } from '../extracted-services/chassis/tls.ts';
import { makeCertificates } from './make-certificates.ts';
import { dataFolder, type Env } from './wiring.ts';

/** Its own certificate, by which the launcher asks for health; the command that compares stores has one too. */
const launcher = 'estate';
const tools = [launcher, 'reconcile'];

/** Where certificates are while the estate runs with them. Whole, since each reader is somewhere else. */
export const certificateFolder = (env: Env): string => resolve(dataFolder(env), 'mtls');

/** The folder, if the estate was last started with `--mtls`. */
export function findCertificates(env: Env): string | undefined {
  const folder = certificateFolder(env);
  return existsSync(join(folder, 'ca.pem')) ? folder : undefined;
}

/** Makes a new authority, and a certificate for each name and for the tools. Resolves with the launcher's own. */
export async function renewCertificates(env: Env, names: readonly string[]): Promise<Tls | undefined> {
  await removeCertificates(env);
  const folder = certificateFolder(env);
  await makeCertificates(folder, [...names, ...tools]);
  return readTls(folder, launcher);
}

/** Keys that open nothing any more do not lie about, and tools see that the estate speaks plain HTTP. */
export const removeCertificates = (env: Env): Promise<void> =>
  rm(certificateFolder(env), { recursive: true, force: true });
