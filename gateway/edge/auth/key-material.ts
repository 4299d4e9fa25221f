import { createPrivateKey, createPublicKey, type KeyObject, type webcrypto } from 'node:crypto';

/** A public key in PEM (a certificate too) or as a JWK. Throws with a message for people; it holds nothing of the text. */
export function parsePublicKey(text: string): KeyObject {
  const trimmed = text.trim();
  if (isPrivate(trimmed))
    throw new Error('expected a public key, got a private one, which only the issuer may have');
  try {
    return trimmed.startsWith('{')
      ? createPublicKey({ key: JSON.parse(trimmed) as webcrypto.JsonWebKey, format: 'jwk' })
      : createPublicKey(trimmed);
  } catch {
    throw new Error('expected a public key in PEM or as a JWK, got something else');
  }
}

function isPrivate(text: string): boolean {
  if (text.startsWith('{')) return /"d"\s*:/.test(text);
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return /PRIVATE KEY/.test(text);
  }
}

interface Algorithm {
  /** What kind of key it takes. */
  readonly key: 'rsa' | 'ec' | 'ed25519' | 'secret';
  /** Of an EC key. */
  readonly curve?: string;
  /** Least bits of a key: RFC 7518 §3.2, §3.3. */
  readonly bits?: number;
}

/** Signatures that are understood (RFC 7518 §3.1, RFC 8037, RFC 9864). `none` is not one. */
export const algorithms: Readonly<Record<string, Algorithm>> = {
  RS256: { key: 'rsa', bits: 2048 },
  RS384: { key: 'rsa', bits: 2048 },
  RS512: { key: 'rsa', bits: 2048 },
  PS256: { key: 'rsa', bits: 2048 },
  PS384: { key: 'rsa', bits: 2048 },
  PS512: { key: 'rsa', bits: 2048 },
  ES256: { key: 'ec', curve: 'prime256v1' },
  ES384: { key: 'ec', curve: 'secp384r1' },
  ES512: { key: 'ec', curve: 'secp521r1' },
  EdDSA: { key: 'ed25519' },
  Ed25519: { key: 'ed25519' },
  HS256: { key: 'secret', bits: 256 },
  HS384: { key: 'secret', bits: 384 },
  HS512: { key: 'secret', bits: 512 },
};

/** Whether a public key can verify that algorithm. */
export function fits(key: KeyObject, name: string): boolean {
  const algorithm = algorithms[name];
  const details = key.asymmetricKeyDetails;
  if (algorithm === undefined || key.asymmetricKeyType !== algorithm.key) return false;
  if (algorithm.curve !== undefined) return details?.namedCurve === algorithm.curve;
  return (details?.modulusLength ?? Number.POSITIVE_INFINITY) >= (algorithm.bits ?? 0);
}
