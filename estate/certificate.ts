import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { bits, implicit, integer, octets, oid, sequence, set, tagged, text, time, yes } from './der.ts';

/** A certificate (X.509 v3, RFC 5280) and its private key, P-256, as PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  /** Its own certificate, as PEM. */
  readonly cert: string;
  /** A certificate for `localhost`, 127.0.0.1, ::1 and the name itself, for servers and clients alike. */
  issue(name: string): Certified;
}

export interface AuthorityOptions {
  readonly name: string;
  /** Wall clock, milliseconds: valid from five minutes before … */
  readonly now: number;
  /** … for so many days. */
  readonly days: number;
}

const signatureAlgorithm = sequence(oid('1.2.840.10045.4.3.2'));

/** A new authority. Its private key stays in this object: when that is gone nobody can issue more in its name. */
export function createAuthority({ name, now, days }: AuthorityOptions): Authority {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = sequence(time(now - 5 * 60_000), time(now + days * 86_400_000));
  const keyId = keyIdOf(pair.publicKey);
  const certify = (subject: string, publicKey: KeyObject, extensions: readonly Buffer[]): string => {
    const body = sequence(
      tagged(0, integer(Buffer.from([2]))),
      newSerial(),
      signatureAlgorithm,
      nameOf(name),
      validity,
      nameOf(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      tagged(3, sequence(...extensions, extension('2.5.29.35', sequence(implicit(0, keyId))))),
    );
    return toPem(sequence(body, signatureAlgorithm, bits(sign('sha256', body, pair.privateKey))));
  };
  return {
    cert: certify(name, pair.publicKey, authorityExtensions(keyId)),
    issue(subject) {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return {
        cert: certify(subject, publicKey, processExtensions(subject)),
        key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
      };
    },
  };
}

/** 127 random bits with the first one set: DER wants no zeros in front. */
function newSerial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return integer(bytes);
}

const nameOf = (commonName: string): Buffer => sequence(set(sequence(oid('2.5.4.3'), text(commonName))));

/** SHA-1 of the key, as RFC 5280 §4.2.1.2 has it: a name, not a proof. */
const keyIdOf = (key: KeyObject): Buffer =>
  createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();

const extension = (id: string, value: Buffer): Buffer => sequence(oid(id), octets(value));
const critical = (id: string, value: Buffer): Buffer => sequence(oid(id), yes, octets(value));

/** May sign certificates, but of no further authority. */
const authorityExtensions = (keyId: Buffer): readonly Buffer[] => [
  critical('2.5.29.19', sequence(yes, integer(Buffer.from([0])))),
  critical('2.5.29.15', bits(Buffer.from([0b0000_0110]), 1)),
  extension('2.5.29.14', octets(keyId)),
];

const processExtensions = (name: string): readonly Buffer[] => [
  critical('2.5.29.19', sequence()),
  critical('2.5.29.15', bits(Buffer.from([0b1000_0000]), 7)),
  extension('2.5.29.37', sequence(oid('1.3.6.1.5.5.7.3.1'), oid('1.3.6.1.5.5.7.3.2'))),
  extension(
    '2.5.29.17',
    sequence(
      ...[name, 'localhost'].map(host => implicit(2, Buffer.from(host, 'latin1'))),
      implicit(7, Buffer.from([127, 0, 0, 1])),
      implicit(7, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
    ),
  ),
];

const toPem = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${(der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE-----\n`;
