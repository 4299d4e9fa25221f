import type { KeyObject } from 'node:crypto';
import { isConfidential } from '../../config/address.ts';
import { suggestion } from '../../config/nearest.ts';
import type { Finding, KeyPath } from '../../config/problem.ts';
import { checkTls } from '../../config/tls.ts';
import { algorithms, fits, parsePublicKey } from './key-material.ts';
import { type AuthConfig, type IssuerConfig, issuersOf } from './schema.ts';

const bad = (path: KeyPath, message: string): Finding => ({
  ...{ severity: 'error', code: 'bad-value', path, message },
});

/** Every token has one issuer, every issuer keys that fit its algorithms, and nobody in between can swap them. */
export function* checkIssuers(jwt: AuthConfig['jwt']): Generator<Finding> {
  const seen = new Set<string>();
  for (const [index, issuer] of issuersOf(jwt).entries()) {
    const path: KeyPath = ['auth', 'jwt', ...(Array.isArray(jwt) ? [index] : [])];
    if (seen.has(issuer.issuer)) yield bad([...path, 'issuer'], `${issuer.issuer} is there twice`);
    seen.add(issuer.issuer);
    yield* checkAddresses(issuer, path);
    yield* checkAlgorithms(issuer, path);
    yield* checkKeys(issuer, path);
    if (issuer.tls !== undefined) yield* checkTls(issuer.tls, [...path, 'tls']);
    if (issuer.audience === undefined)
      yield {
        ...{ severity: 'warning', code: 'audience-missing', path: [...path, 'issuer'] },
        message: `tokens that ${issuer.issuer} made for any other application are accepted too`,
        request: 'GET / with a token for another application',
        fix: 'say which audience a token must have been made for (RFC 8725 §3.9)',
      };
  }
}

function* checkAddresses({ issuer, jwks }: IssuerConfig, path: KeyPath): Generator<Finding> {
  if (/^http:/i.test(issuer) && !isConfidential(issuer)) yield bad([...path, 'issuer'], insecure(issuer));
  if (jwks === undefined) return;
  const at = [...path, 'jwks'];
  if (!URL.canParse(jwks) || !/^https?:\/\//i.test(jwks))
    yield bad(
      at,
      `expected an address such as https://id.example.com/jwks.json, got ${JSON.stringify(jwks)}`,
    );
  else if (new URL(jwks).username !== '' || new URL(jwks).password !== '')
    yield bad(at, 'expected an address without user and password, got one with them');
  else if (!isConfidential(jwks)) yield bad(at, insecure(jwks));
}

const insecure = (url: string): string =>
  `expected https, since whoever is on the way could swap the keys, got ${JSON.stringify(url)}`;

function* checkAlgorithms(issuer: IssuerConfig, path: KeyPath): Generator<Finding> {
  const isShared = issuer.secret !== undefined;
  for (const [index, name] of issuer.algorithms.entries()) {
    const at = [...path, 'algorithms', index];
    const known = Object.hasOwn(algorithms, name) ? algorithms[name] : undefined;
    if (known === undefined)
      yield bad(
        at,
        name.toLowerCase() === 'none'
          ? 'expected an algorithm that signs, got none: everybody could write such a token'
          : `expected one of ${Object.keys(algorithms).join(', ')}, got ${JSON.stringify(name)}${suggestion(name, Object.keys(algorithms))}`,
      );
    else if (isShared && known.key !== 'secret')
      yield bad(at, `expected HS256, HS384 or HS512 with a secret, got ${name}, which needs a public key`);
    else if (!isShared && known.key === 'secret')
      yield bad(
        at,
        `expected an algorithm with public keys, got ${name}: whoever knows the public key could sign (RFC 8725 §2.1)`,
      );
  }
}

const sources = ['jwks', 'secret', 'publicKey'] as const;

function* checkKeys(issuer: IssuerConfig, path: KeyPath): Generator<Finding> {
  const given = sources.filter(source => issuer[source] !== undefined);
  const [first, second] = given;
  if (first === undefined)
    yield bad([...path, 'issuer'], 'expected jwks, secret or publicKey beside it, got none');
  if (second !== undefined)
    yield {
      ...bad([...path, second], `expected one of jwks, secret and publicKey, got ${given.join(' and ')}`),
      atKey: true,
    };
  if (issuer.secret !== undefined) yield* checkSecret(issuer.secret, issuer.algorithms, [...path, 'secret']);
  if (issuer.publicKey !== undefined) yield* checkPublicKey(issuer.publicKey, issuer.algorithms, path);
}

/** RFC 7518 §3.2: a secret is at least as long as the hash. Nothing of it is told. */
function* checkSecret(secret: string, names: readonly string[], path: KeyPath): Generator<Finding> {
  const [hardest = ''] = names
    .filter(name => algorithms[name]?.key === 'secret')
    .sort((a, b) => (algorithms[b]?.bits ?? 0) - (algorithms[a]?.bits ?? 0));
  const least = (algorithms[hardest]?.bits ?? 0) / 8;
  const bytes = Buffer.byteLength(secret);
  if (bytes < least)
    yield bad(path, `expected at least ${least} bytes for ${hardest} (RFC 7518 §3.2), got ${bytes}`);
}

function* checkPublicKey(text: string, names: readonly string[], path: KeyPath): Generator<Finding> {
  let key: KeyObject;
  try {
    key = parsePublicKey(text);
  } catch (error) {
    yield bad([...path, 'publicKey'], (error as Error).message);
    return;
  }
  for (const [index, name] of names.entries())
    if (algorithms[name] !== undefined && algorithms[name].key !== 'secret' && !fits(key, name))
      yield bad([...path, 'algorithms', index], `expected an algorithm for ${describe(key)}, got ${name}`);
}

function describe({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { modulusLength, namedCurve } = asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined)
    return `the given RSA key of ${modulusLength} bits (2048 are needed, RFC 7518 §3.3)`;
  return `the given key (${namedCurve ?? asymmetricKeyType})`;
}
