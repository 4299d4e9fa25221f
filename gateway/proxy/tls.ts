import { readFileSync } from 'node:fs';
import type { UpstreamConfig } from './schema.ts';

/** What the files of an upstream's `tls` hold, in PEM, as Node's TLS takes it. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** Reads the files once, when the upstream is made. Throws what `readFileSync` throws, with the file's name. */
export function readTls(tls: UpstreamConfig['tls']): TlsFiles | undefined {
  if (tls === undefined) return undefined;
  return {
    ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, 'utf8') }),
    ...(tls.cert === undefined ? {} : { cert: readFileSync(tls.cert, 'utf8') }),
    ...(tls.key === undefined ? {} : { key: readFileSync(tls.key, 'utf8') }),
  };
}
