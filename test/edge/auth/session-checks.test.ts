import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { loadConfig } from '../../../gateway/schema.ts';
import { openFolder } from '../../kit/files.ts';
import { makeMintingKey } from '../../kit/sessions.ts';

const key = makeMintingKey();
const [ed25519, publicKey] = (() => {
  const pair = generateKeyPairSync('ed25519');
  return [
    pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  ];
})();

const base = `monolith: legacy
upstreams:
  legacy: { url: http://127.0.0.1:4000 }
  orders: { url: http://127.0.0.1:4103 }
`;
const session = (more: string): string =>
  `${base}auth:\n  session: { cookie: sid, verify: { upstream: legacy, path: /whoami }, ${more} }\n  mint: { issuer: i, audience: a, keys: [{ file: key.pem }] }\n`;
const mint = (more: string): string =>
  `${base}auth:\n  apiKeys: { keys: [] }\n  mint: { issuer: i, audience: a, ${more} }\n`;
const credentials = (more: string, upstream = 'orders'): string =>
  `${base}`.replace(
    new RegExp(`(${upstream}: \\{ url: \\S+)`),
    `$1, credentials: { ${more}, clientId: c, clientSecret: s }`,
  );

async function problemsOf(yaml: string): Promise<string[]> {
  await using folder = await openFolder({
    ...{ 'routes.yaml': yaml, 'key.pem': key, 'same.pem': key, 'p384.pem': makeMintingKey('P-384') },
    ...{ 'ed.pem': ed25519, 'public.pem': publicKey, 'text.pem': 'hunter2' },
  });
  const { problems } = await loadConfig(folder.at('routes.yaml'), {});
  return problems.map(
    ({ line, column, severity, code, path, message }) =>
      `${line}:${column} ${severity} ${code} ${path.join('.')}: ${message}`,
  );
}

it.each([
  ['a good session', session('cache: 10s'), []],
  ['a good mint', mint('keys: [{ file: key.pem }]'), []],
  ['a good token address', credentials('tokenUrl: "https://id.example.com/token"'), []],
  ['one on loopback', credentials('tokenUrl: "http://[::1]:9000/token"'), []],
  [
    'a session without a mint',
    session('').replace(/ {2}mint.*\n/, ''),
    [
      '6:3 warning session-without-mint auth.session: services are told who somebody is in x-user-* fields alone, and cannot verify them',
    ],
  ],
  [
    'a cookie that cannot be one',
    session('').replace('cookie: sid', 'cookie: "a b"'),
    ['6:22 error bad-value auth.session.cookie: expected the name of a cookie, got a b'],
  ],
  [
    'a verify path that is none',
    session('').replace('/whoami', 'whoami'),
    ['6:61 error bad-value auth.session.verify.path: expected a path such as /session/whoami, got whoami'],
  ],
  [
    'a cache of a day',
    session('cache: 1d'),
    [
      '6:79 error bad-value auth.session.cache: expected at most 15m, got 1d: so long somebody who logged out could go on',
    ],
  ],
  [
    'a key on another curve',
    mint('keys: [{ file: key.pem }, { file: p384.pem }]'),
    ['7:61 error bad-value auth.mint.keys.1: expected a key on the curve P-256, got P-384'],
  ],
  [
    'a key of another kind',
    mint('keys: [{ file: ed.pem }]'),
    ['7:42 error bad-value auth.mint.keys.0: expected a key on the curve P-256, got Ed25519'],
  ],
  [
    'a public key, and a text',
    mint('keys: [{ file: public.pem }, { file: text.pem }]'),
    [
      '7:42 error bad-value auth.mint.keys.0: expected a private key in PEM (PKCS #8, without a passphrase), got something else',
      '7:64 error bad-value auth.mint.keys.1: expected a private key in PEM (PKCS #8, without a passphrase), got something else',
    ],
  ],
  [
    'a missing key file',
    mint('keys: [{ file: none.pem }]'),
    ['7:50 error unreadable-file auth.mint.keys.0.file: cannot read none.pem: there is no such file'],
  ],
  [
    'a key twice',
    mint('keys: [{ file: key.pem }, { file: same.pem }]'),
    [expect.stringMatching(/^7:61 error bad-value auth\.mint\.keys\.1: the key [\w-]{43} is there twice$/)],
  ],
  [
    'a life of a second',
    mint('ttl: 1s, keys: [{ file: key.pem }]'),
    ['7:40 error bad-value auth.mint.ttl: expected 5s to 1h, got 1s'],
  ],
  [
    'a secret sent in the clear',
    credentials('tokenUrl: "http://id.example.com/token"'),
    [
      '4:66 error bad-value upstreams.orders.credentials.tokenUrl: expected https, since whoever is on the way could read the secret, got "http://id.example.com/token"',
    ],
  ],
  [
    'a token address with a password',
    credentials('tokenUrl: "https://a:b@id.example.com/token"'),
    [
      '4:66 error bad-value upstreams.orders.credentials.tokenUrl: expected an address without user and password, got one with them',
    ],
  ],
  [
    'a scope that is none',
    credentials('tokenUrl: "https://id.example.com/token", scope: "a  b"'),
    [
      '4:105 error bad-value upstreams.orders.credentials.scope: expected scopes with a space between them, got "a  b"',
    ],
  ],
  [
    'credentials of the monolith',
    credentials('tokenUrl: "https://id.example.com/token"', 'legacy'),
    [
      '3:41 error bad-value upstreams.legacy.credentials: expected no credentials for the monolith: it gets Authorization as it came',
    ],
  ],
])('%s', async (_, yaml, problems) => {
  expect(await problemsOf(yaml)).toEqual(problems);
});
