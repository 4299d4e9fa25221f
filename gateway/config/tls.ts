import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { shape, textOfFileOrNone } from './define.ts';
import type { Finding, KeyPath } from './problem.ts';

/** How the gateway speaks TLS to somebody: `tls:` wherever an address is given that it asks. */
export const tlsTo = () =>
  shape({
    ca: textOfFileOrNone().describe('File of the certificates that are believed, in PEM'),
    cert: textOfFileOrNone().describe('File of the client certificate with its chain, in PEM'),
    key: textOfFileOrNone().describe('File of its key, in PEM'),
  });

/** Certificates and keys in PEM: what the files say that a `tls:` names. */
export interface TlsTexts {
  /** Authorities that are believed. */
  readonly ca?: string | undefined;
  /** Our own certificate, with its chain. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

/** As Node's TLS takes them. */
export const toTlsOptions = ({
  ca,
  cert,
  key,
}: TlsTexts = {}): { ca?: string; cert?: string; key?: string } => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key }),
});

/** Names of the keys in the file, where they are others than ours. */
type Names = Readonly<Record<keyof TlsTexts, string>>;
const ownNames: Names = { ca: 'ca', cert: 'cert', key: 'key' };

/**
 * Each file holds what it should, certificate and key belong together, and nothing has expired. A file that could not
 * be read has been told already, and is empty here.
 */
export function* checkTls(tls: TlsTexts, path: KeyPath, names = ownNames): Generator<Finding> {
  const bad = (name: keyof TlsTexts, message: string): Finding => ({
    ...{ severity: 'error', code: 'bad-certificate', path: [...path, names[name]], message },
  });
  const { ca, cert, key } = tls;
  let isSound = true;
  for (const [name, pem] of [
    ['ca', ca],
    ['cert', cert],
  ] as const) {
    if (pem === undefined || pem === '') continue;
    const certificates = parseCertificates(pem);
    if (certificates === undefined) {
      isSound = false;
      yield bad(name, 'expected certificates in PEM, got something else');
    } else yield* checkDates(certificates, [...path, names[name]]);
  }
  if (cert === undefined && key === undefined) return;
  if (cert === undefined || key === undefined) {
    yield bad(
      cert === undefined ? 'key' : 'cert',
      `expected ${names.cert} and ${names.key} together, got one of them`,
    );
  } else if (isSound && cert !== '' && key !== '') {
    const why = whyNoContext(cert, key);
    if (why !== undefined) yield bad('key', why);
  }
}

/** Undefined if there is none, or one that does not parse. */
function parseCertificates(pem: string): X509Certificate[] | undefined {
  const blocks =
    pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [A-Z0-9 ]+-----/g) ?? [];
  try {
    return blocks.length === 0 ? undefined : blocks.map(block => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

/** A warning: what runs goes on, and peers say for themselves what they believe. */
function* checkDates(certificates: readonly X509Certificate[], path: KeyPath): Generator<Finding> {
  for (const { subject, validTo } of certificates)
    if (Date.parse(validTo) < Date.now())
      yield {
        severity: 'warning',
        code: 'certificate-expired',
        path,
        message: `the certificate of ${subject.replaceAll('\n', ', ')} is valid to ${validTo} only`,
      };
}

function whyNoContext(cert: string, key: string): string | undefined {
  try {
    createSecureContext({ cert, key });
    return undefined;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH'
      ? 'expected the key of the certificate, got the key of another'
      : 'expected a private key in PEM without a passphrase, got something else';
  }
}
