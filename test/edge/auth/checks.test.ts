import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { linesOf, loadTexts } from '../../kit/config.ts';
import { makeKey } from '../../kit/issuer.ts';

const head = `monolith: legacy
upstreams: { legacy: { url: "http://127.0.0.1:4000" } }
`;

const told = async (rest: string): Promise<string[]> =>
  linesOf(await loadTexts({ 'routes.yaml': head + rest })).map(line => line.split('\n')[0] ?? '');

/** An issuer with these keys; the first of them stands in line 5, `issuer` in line 4. */
const jwt = (...lines: string[]): string =>
  ['auth:', '  jwt:', '    audience: shop', ...lines.map(line => `    ${line}`), ''].join('\n');

const issuer = 'issuer: https://id.example.com/';
const jwks = 'jwks: https://id.example.com/jwks.json';
const pem = (key: { export(options: object): string | Buffer }): string =>
  JSON.stringify(key.export({ type: 'spki', format: 'pem' }).toString());

describe('auth.jwt', () => {
  it('with one source of keys that fits is fine', async () => {
    const secret = `secret: ${'s'.repeat(64)}`;
    const { publicKey, jwk } = makeKey('ES256');
    expect(await told(jwt(issuer, jwks, 'algorithms: [RS256, PS512, ES384, EdDSA]'))).toEqual([]);
    expect(await told(jwt('issuer: old-login', secret, 'algorithms: [HS256, HS512]'))).toEqual([]);
    expect(await told(jwt(issuer, `publicKey: ${pem(publicKey)}`, 'algorithms: [ES256]'))).toEqual([]);
    const asJwk = `publicKey: '${JSON.stringify(jwk)}'`;
    expect(await told(jwt(issuer, asJwk, 'algorithms: [ES256]'))).toEqual([]);
    const local = ['issuer: http://localhost:8080/realms/shop', 'jwks: "http://[::1]:8080/certs"'];
    expect(await told(jwt(...local, 'algorithms: [RS256]'))).toEqual([]);
  });

  it.each([
    [
      'an algorithm with a secret that needs a public key',
      jwt(issuer, `secret: ${'s'.repeat(64)}`, 'algorithms: [HS256, RS256]'),
      'routes.yaml:8:25 error auth.jwt.algorithms[1]: expected HS256, HS384 or HS512 with a secret, got RS256, which needs a public key',
    ],
    [
      'a secret algorithm with public keys',
      jwt(issuer, jwks, 'algorithms: [RS256, HS256]'),
      'routes.yaml:8:25 error auth.jwt.algorithms[1]: expected an algorithm with public keys, got HS256: whoever knows the public key could sign (RFC 8725 §2.1)',
    ],
    [
      'the algorithm none',
      jwt(issuer, jwks, 'algorithms: [none]'),
      'routes.yaml:8:18 error auth.jwt.algorithms[0]: expected an algorithm that signs, got none: everybody could write such a token',
    ],
    [
      'an algorithm that nobody knows',
      jwt(issuer, jwks, 'algorithms: [RS265]'),
      'routes.yaml:8:18 error auth.jwt.algorithms[0]: expected one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, HS256, HS384, HS512, got "RS265", did you mean RS256?',
    ],
    [
      'no source of keys',
      jwt(issuer, 'algorithms: [RS256]'),
      'routes.yaml:6:13 error auth.jwt.issuer: expected jwks, secret or publicKey beside it, got none',
    ],
    [
      'two sources of keys',
      jwt(issuer, jwks, `secret: ${'s'.repeat(64)}`, 'algorithms: [HS256]'),
      'routes.yaml:8:5 error auth.jwt.secret: expected one of jwks, secret and publicKey, got jwks and secret',
    ],
    [
      'a secret that is shorter than the hash',
      jwt(issuer, `secret: ${'s'.repeat(40)}`, 'algorithms: [HS256, HS384]'),
      'routes.yaml:7:13 error auth.jwt.secret: expected at least 48 bytes for HS384 (RFC 7518 §3.2), got 40',
    ],
    [
      'an issuer that can be listened in on',
      jwt('issuer: http://id.example.com/', jwks, 'algorithms: [RS256]'),
      'routes.yaml:6:13 error auth.jwt.issuer: expected https, since whoever is on the way could swap the keys, got "http://id.example.com/"',
    ],
    [
      'keys that can be swapped on the way',
      jwt(issuer, 'jwks: http://id.example.com/jwks.json', 'algorithms: [RS256]'),
      'routes.yaml:7:11 error auth.jwt.jwks: expected https, since whoever is on the way could swap the keys, got "http://id.example.com/jwks.json"',
    ],
    [
      'an address that is none',
      jwt(issuer, 'jwks: file:///etc/keys', 'algorithms: [RS256]'),
      'routes.yaml:7:11 error auth.jwt.jwks: expected an address such as https://id.example.com/jwks.json, got "file:///etc/keys"',
    ],
    [
      'an address with a password, which it does not repeat',
      jwt(issuer, 'jwks: https://u:hush@id.example.com/', 'algorithms: [RS256]'),
      'routes.yaml:7:11 error auth.jwt.jwks: expected an address without user and password, got one with them',
    ],
    [
      'a key of another kind',
      jwt(issuer, `publicKey: ${pem(makeKey('ES256').publicKey)}`, 'algorithms: [ES256, RS256]'),
      'routes.yaml:8:25 error auth.jwt.algorithms[1]: expected an algorithm for the given key (prime256v1), got RS256',
    ],
    [
      'an RSA key that is too short',
      jwt(
        issuer,
        `publicKey: ${pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)}`,
        'algorithms: [RS256]',
      ),
      'routes.yaml:8:18 error auth.jwt.algorithms[0]: expected an algorithm for the given RSA key of 1024 bits (2048 are needed, RFC 7518 §3.3), got RS256',
    ],
    [
      'a key that is none',
      jwt(issuer, 'publicKey: hello', 'algorithms: [RS256]'),
      'routes.yaml:7:16 error auth.jwt.publicKey: expected a public key in PEM or as a JWK, got something else',
    ],
    [
      'a private key',
      jwt(
        issuer,
        `publicKey: ${JSON.stringify(makeKey('ES256').privateKey.export({ type: 'pkcs8', format: 'pem' }))}`,
        'algorithms: [ES256]',
      ),
      'routes.yaml:7:16 error auth.jwt.publicKey: expected a public key, got a private one, which only the issuer may have',
    ],
  ])('with %s is refused', async (_, yaml, line) => {
    expect(await told(yaml)).toEqual([`[bad-value] ${line}`]);
  });

  it('names an issuer once', async () => {
    const entry = `- { ${issuer}, ${jwks}, audience: shop, algorithms: [RS256] }`;
    expect(await told(`auth:\n  jwt:\n    ${entry}\n    ${entry}\n`)).toEqual([
      '[bad-value] routes.yaml:6:17 error auth.jwt[1].issuer: https://id.example.com/ is there twice',
    ]);
  });

  it('warns where tokens for anybody are accepted', async () => {
    expect(await told(`auth: { jwt: { ${issuer}, ${jwks}, algorithms: [RS256] } }\n`)).toEqual([
      '[audience-missing] routes.yaml:3:24 warning auth.jwt.issuer: tokens that https://id.example.com/ made for any other application are accepted too',
    ]);
  });

  it('never repeats a secret', async () => {
    const lines = await told(jwt(issuer, 'secret: hunter2', 'publicKey: hunter3', 'algorithms: [HS256]'));
    expect(lines.length).toBeGreaterThan(1);
    expect(lines.join()).not.toMatch(/hunter/);
  });
});

describe('auth.apiKeys', () => {
  const a = 'a'.repeat(64);
  const b = 'b'.repeat(64);
  const keys = (...entries: string[]): string =>
    `auth:\n  apiKeys:\n    keys:\n${entries.map(entry => `      - ${entry}\n`).join('')}`;

  it.each([
    [
      'an id twice',
      keys(`{ id: x, sha256: "${a}" }`, `{ id: x, sha256: "${b}" }`),
      'routes.yaml:7:15 error auth.apiKeys.keys[1].id: x is there twice',
    ],
    [
      'a key twice',
      keys(`{ id: x, sha256: "${a}" }`, `{ id: y, sha256: "${a}" }`),
      'routes.yaml:7:26 error auth.apiKeys.keys[1].sha256: expected a key of its own, got that of x',
    ],
    [
      'the hash of nothing',
      keys('{ id: x, sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }'),
      'routes.yaml:6:26 error auth.apiKeys.keys[0].sha256: expected the hash of a key, got that of nothing',
    ],
    [
      'an id with a space',
      keys(`{ id: "a b", sha256: "${a}" }`),
      'routes.yaml:6:15 error auth.apiKeys.keys[0].id: expected an id of 1 to 64 letters, digits, `.`, `_`, `@` or `-`, got "a b"',
    ],
    [
      'a scope with a space',
      keys(`{ id: x, sha256: "${a}", scopes: ["a b"] }`),
      'routes.yaml:6:103 error auth.apiKeys.keys[0].scopes[0]: expected a scope without spaces and quotes, got "a b"',
    ],
    [
      'a header that means something else',
      'auth: { apiKeys: { header: Authorization, keys: [] } }\n',
      'routes.yaml:3:28 error auth.apiKeys.header: expected a header field of its own such as x-api-key, got Authorization',
    ],
    [
      'a header that is the identity',
      'auth: { apiKeys: { header: X-User-Id, keys: [] } }\n',
      'routes.yaml:3:28 error auth.apiKeys.header: expected a header field of its own such as x-api-key, got X-User-Id',
    ],
    [
      'a header that is none',
      'auth: { apiKeys: { header: "x key", keys: [] } }\n',
      'routes.yaml:3:28 error auth.apiKeys.header: expected the name of a header field, got x key',
    ],
  ])('with %s is refused', async (_, yaml, line) => {
    expect(await told(yaml)).toEqual([`[bad-value] ${line}`]);
  });
});

describe('auth of routes', () => {
  it('asks for nothing that nobody can prove', async () => {
    expect(await told('edge: { unclaimed: { auth: required } }\n')).toEqual([
      '[auth-missing] routes.yaml:3:28 error edge.unclaimed.auth: expected an auth: section that says how clients prove who they are, got none',
    ]);
    expect(await told('auth: { }\n')).toEqual([
      '[bad-value] routes.yaml:3:1 error auth: expected jwt, apiKeys or session, got none: nobody could come in',
    ]);
  });

  it('names scopes that can be asked for', async () => {
    const keys = `auth: { apiKeys: { keys: [ { id: x, sha256: "${'a'.repeat(64)}" } ] } }\n`;
    const route =
      'routes:\n  r: { match: [GET /r], service: legacy, stage: migrated, auth: { scopes: ["a b"] } }\n';
    expect((await told(keys + route)).join()).toContain(
      'error routes.r.auth.scopes[0]: expected a scope without spaces and quotes, got "a b"',
    );
  });
});
