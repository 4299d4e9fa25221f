import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject } from 'node:crypto';

/** A key that the gateway signs with (ES256, RFC 7518 §3.4). */
export interface MintingKey {
  /** Its thumbprint (RFC 7638), so that the same key has the same name everywhere. */
  readonly id: string;
  readonly privateKey: KeyObject;
  /** The public half as it is published. */
  readonly jwk: Readonly<Record<string, string>>;
}

/** @param pem a private key on P-256, in PKCS #8. Throws, with words for people and none of the key, for anything else. */
export function parseMintingKey(pem: string): MintingKey {
  const privateKey = readPrivateKey(pem);
  const { kty, crv, x, y } = createPublicKey(privateKey).export({ format: 'jwk' });
  if (kty !== 'EC' || crv !== 'P-256' || x === undefined || y === undefined)
    throw new TypeError(`expected a key on the curve P-256, got ${crv ?? privateKey.asymmetricKeyType}`);
  const id = hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url');
  return { id, privateKey, jwk: { kty, crv, x, y, kid: id, alg: 'ES256', use: 'sig' } };
}

let own: string | undefined;

/** The key of this process, in PEM: made when it is first asked for, kept nowhere, and the same for every config. */
export function ownMintingKey(): string {
  own ??= generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  return own;
}

/** Takes the key of another process of the same gateway for its own. Before the first is asked for. */
export function shareMintingKey(pem: string): void {
  own = pem;
}

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new TypeError('expected a private key in PEM (PKCS #8, without a passphrase), got something else');
  }
}
