import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { type PeerCertificate, TLSSocket } from 'node:tls';

/** What mutual TLS needs, as PEM: a service shows `cert` to whom it asks and to who asks it, and trusts what `ca` signed. */
export interface Tls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads `ca.pem`, `<name>.pem` and `<name>-key.pem` of a folder, the one in MTLS_DIR; undefined where there is no folder,
 * which means plain HTTP. Rejects with a message that names the file that is missing.
 */
export async function readTls(folder: string | undefined, name: string): Promise<Tls | undefined> {
  if (folder === undefined) return undefined;
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', `${name}.pem`, `${name}-key.pem`].map(file => readPem(join(folder, file))),
  );
  return { ca: ca ?? '', cert: cert ?? '', key: key ?? '' };
}

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new Error(`MTLS_DIR: cannot read ${file} (${code})`);
  }
}

/** The name on the certificate that the other end of a connection has shown; undefined over plain TCP. */
export const processAt = (socket: Socket): string | undefined =>
  socket instanceof TLSSocket ? processOn(socket.getPeerCertificate()) : undefined;

/** A connection that has ended meanwhile gives none. */
export const processOn = (certificate: Partial<PeerCertificate> | null | undefined): string | undefined =>
  [certificate?.subject?.CN].flat()[0];
