import { generateKeyPairSync } from 'node:crypto';
import { createLocalJWKSet, type JWTPayload, jwtVerify, type ProtectedHeaderParameters } from 'jose';

/** A private key on P-256 in PEM, as `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256` writes it. */
export const makeMintingKey = (namedCurve = 'P-256'): string =>
  generateKeyPairSync('ec', {
    namedCurve,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey.toString();

/** As a service does it: the token out of an Authorization field, held against the keys that the gateway publishes. */
export async function verifyMinted(
  gateway: string,
  authorization: string | undefined,
): Promise<{ payload: JWTPayload; header: ProtectedHeaderParameters }> {
  const keys = await (await fetch(`${gateway}/.well-known/figway/jwks.json`)).json();
  const { payload, protectedHeader } = await jwtVerify(
    authorization?.replace(/^Bearer /, '') ?? '',
    createLocalJWKSet(keys as Parameters<typeof createLocalJWKSet>[0]),
    {
      algorithms: ['ES256'],
      issuer: 'https://gateway.example.com',
      audience: 'services',
      requiredClaims: ['exp', 'iat', 'jti'],
    },
  );
  return { payload, header: protectedHeader };
}
