/** Keys that sign access tokens (ES256, RFC 7518 §3.4). The only file of this service that knows jose. */
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  SignJWT,
} from 'jose';

/** A private key as it is stored. */
export interface StoredKey {
  /** Its thumbprint (RFC 7638). */
  readonly kid: string;
  /** The private JWK, as JSON. */
  readonly jwk: string;
  /** Wall clock, milliseconds. */
  readonly createdAt: number;
}

export async function generateKey(createdAt: number): Promise<StoredKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { kid: await calculateJwkThumbprint(jwk), jwk: JSON.stringify(jwk), createdAt };
}

/** What may be published of a key. */
export function toPublicJwk({ kid, jwk }: StoredKey): Readonly<Record<string, unknown>> {
  const { kty, crv, x, y } = JSON.parse(jwk) as JWK;
  return { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' };
}

const imported = new WeakMap<StoredKey, Promise<CryptoKey | Uint8Array>>();

/** A token in compact form. */
export async function signToken(key: StoredKey, claims: Readonly<Record<string, unknown>>): Promise<string> {
  const known = imported.get(key) ?? importJWK(JSON.parse(key.jwk) as JWK, 'ES256');
  imported.set(key, known);
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'JWT' })
    .sign(await known);
}
