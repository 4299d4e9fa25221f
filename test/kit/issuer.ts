import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto';
import { openUpstream } from './upstream.ts';

/** A key that signs tokens, and what its issuer publishes of it. */
export interface SigningKey {
  readonly alg: string;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

export function makeKey(alg: 'RS256' | 'ES256' | 'EdDSA' = 'ES256', kid: string = randomUUID()): SigningKey {
  const pair =
    alg === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : alg === 'ES256'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' };
  return { alg, kid, ...pair, jwk };
}

export const seconds = (): number => Math.floor(Date.now() / 1000);

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token with this header and these claims, whatever they are; `signature` gets what is to be signed. */
export function forge(header: object, claims: unknown, signature: (text: string) => Buffer): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${signature(text).toString('base64url')}`;
}

export const hmac =
  (secret: string | Buffer, hash = 'sha256') =>
  (text: string): Buffer =>
    createHmac(hash, secret).update(text).digest();

export const signedBy =
  ({ alg, privateKey }: SigningKey) =>
  (text: string): Buffer =>
    sign(alg === 'EdDSA' ? null : 'sha256', Buffer.from(text), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    });

/** A real issuer of tokens: an HTTP server with its key set, which rotates and stops. */
export interface Issuer extends AsyncDisposable {
  /** `iss`. */
  readonly url: string;
  readonly jwks: string;
  /** The newest key. */
  readonly key: SigningKey;
  /** How often somebody asked for the key set. */
  readonly fetches: number;
  /** Of `alice`, for the audience `shop`, for five minutes, unless `claims` says otherwise; undefined leaves one out. */
  token(claims?: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): string;
  /** Publishes these keys from now on, and signs with the first. */
  publish(...keys: readonly SigningKey[]): void;
  /** Answers with this instead of a key set. */
  answer(status: number, body: string, fields?: Readonly<Record<string, string>>): void;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function openIssuer(first = makeKey()): Promise<Issuer> {
  let keys: readonly SigningKey[] = [first];
  const server = await openUpstream((_, res) =>
    res.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })),
  );
  const listener = (): void =>
    server.answer((_, res) => res.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })));
  const newest = (): SigningKey => keys[0] ?? first;
  return {
    url: server.url,
    jwks: `${server.url}/jwks.json`,
    get key() {
      return newest();
    },
    get fetches() {
      return server.seen.length;
    },
    token(claims = {}, header = {}) {
      const now = seconds();
      const all = { iss: server.url, aud: 'shop', sub: 'alice', iat: now, exp: now + 300, ...claims };
      return forge({ alg: newest().alg, kid: newest().kid, typ: 'JWT', ...header }, all, signedBy(newest()));
    },
    publish(...next) {
      keys = next;
      listener();
    },
    answer(status, body, fields = {}) {
      server.answer((_, res) => void res.writeHead(status, fields).end(body));
    },
    stop: server.kill,
    start: server.revive,
    [Symbol.asyncDispose]: server.close,
  };
}
