import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Issuer, openIssuer } from '../../kit/issuer.ts';
import { sendRaw } from '../../kit/raw.ts';
import { echo } from '../../kit/upstream.ts';
import { openWorld } from '../../kit/world.ts';

/** Runs of the property; each is one connection and one request. */
const numRuns = 1000;

const yaml = (issuer: Issuer): string => `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
auth:
  jwt: { issuer: "${issuer.url}", audience: shop, jwks: "${issuer.jwks}", algorithms: [ES256] }
  apiKeys: { keys: [ { id: partner, sha256: "${hash('sha256', 'fgw_good')}", scopes: [orders:read], roles: [partner] } ] }
  session: { cookie: sid, verify: { upstream: legacy, path: /whoami } }
edge: { bruteForce: off }
routes:
  closed: { match: [/closed], service: orders, stage: migrated, data: synced }
  open: { match: [/open], service: orders, stage: migrated, data: synced, auth: public }
  early: { match: [/early], service: orders, stage: legacy }
`;

type Pair = readonly [name: string, value: string];

/** A credential, and who it says it is: identity fields, `bad`, or `none` for what is no credential here. */
interface Credential {
  readonly source: 'authorization' | 'key' | 'cookie';
  readonly pair: Pair;
  readonly proves: readonly Pair[] | 'bad' | 'none';
}

const alice: readonly Pair[] = [
  ['x-user-id', 'alice'],
  ['x-user-scopes', 'a b'],
  ['x-user-roles', 'staff'],
];
const partner: readonly Pair[] = [
  ['x-user-scopes', 'orders:read'],
  ['x-user-roles', 'partner'],
];
const carol: readonly Pair[] = [['x-user-id', 'carol']];

function credentialsOf(issuer: Issuer): Credential[] {
  const bearer = (token: string, proves: Credential['proves'], scheme = 'Bearer'): Credential => ({
    source: 'authorization',
    pair: ['Authorization', `${scheme} ${token}`],
    proves,
  });
  const key = (value: string, proves: Credential['proves']): Credential => ({
    source: 'key',
    pair: ['X-Api-Key', value],
    proves,
  });
  const cookie = (value: string, proves: Credential['proves']): Credential => ({
    source: 'cookie',
    pair: ['Cookie', value],
    proves,
  });
  return [
    bearer(issuer.token({ scope: 'a b', roles: ['staff'] }), alice),
    bearer(issuer.token({ scope: 'a b', roles: ['staff'] }), alice, 'bEARER'),
    bearer(issuer.token({ sub: 'bob' }), [['x-user-id', 'bob']]),
    // What cannot be written as a field value is not written, and nothing else in its place.
    bearer(issuer.token({ sub: 'dave', scope: ['ok', 'x\r\nx-user-id: eve'], roles: ['a b', '\0'] }), [
      ['x-user-id', 'dave'],
      ['x-user-scopes', 'ok'],
    ]),
    bearer(issuer.token({ sub: 'x\r\nx-user-id: eve' }), 'bad'),
    bearer(issuer.token({ exp: 1 }), 'bad'),
    bearer('x-user-id: alice', 'bad'),
    bearer('YWxpY2U6eA==', 'none', 'Basic'),
    key('fgw_good', partner),
    key('fgw_bad', 'bad'),
    cookie('sid=good', carol),
    cookie('a=1; sid=good; b=2', carol),
    cookie('sid=bad', 'bad'),
    cookie('side=good; b=2', 'none'),
  ];
}

/** What the gateway has to make of them: the first source that is present decides alone (contract §5). */
function expected(credentials: readonly Credential[]): readonly Pair[] | 'bad' | 'none' {
  const of = (source: Credential['source']) => credentials.filter(each => each.source === source);
  const authorizations = of('authorization');
  if (authorizations.length > 1) return 'bad';
  const [token] = authorizations;
  if (token !== undefined && token.proves !== 'none') return token.proves;
  const keys = of('key');
  if (keys.length > 0) return keys.length > 1 ? 'bad' : (keys[0]?.proves ?? 'none');
  const cookies = of('cookie').filter(each => each.proves !== 'none');
  return cookies.length > 1 ? 'bad' : (cookies[0]?.proves ?? 'none');
}

const names = ['x-user-id', 'x-user-scopes', 'x-user-roles', 'x-user-token', 'x-figway-user', 'x-shadow'];
const fold = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '-');
const isIdentity = (name: string): boolean =>
  names.includes(fold(name)) || fold(name).startsWith('x-figway-');

/** A name in some case and with some separators that a field name may have. */
const spelled = fc
  .tuple(
    fc.constantFrom(...names),
    fc.array(fc.boolean(), { minLength: 16, maxLength: 16 }),
    fc.array(fc.constantFrom(..."---__.!#$%&'*+^`|~"), { minLength: 3, maxLength: 3 }),
  )
  .map(([name, upper, separators]) => {
    let at = 0;
    return [...name]
      .map((letter, i) =>
        letter === '-' ? (separators[at++] ?? '-') : upper[i] ? letter.toUpperCase() : letter,
      )
      .join('');
  });
const forged = fc.tuple(spelled, fc.constantFrom('alice', 'root', 'admin staff', '', 'a,b', '1'));
const connection = fc.array(
  fc.oneof(
    spelled,
    fc.constantFrom(
      ...names,
      'close',
      'keep-alive',
      'te',
      'Authorization',
      'cookie',
      'X-Api-Key',
      'host',
      'x-request-id',
    ),
  ),
  { maxLength: 4 },
);

it('gives an upstream the identity that the gateway found, and no other, whatever a client sends', async () => {
  await using issuer = await openIssuer();
  const known = credentialsOf(issuer);
  await using world = await openWorld(yaml(issuer), {
    legacy: (req, res) => {
      if (req.url !== '/whoami') return echo('legacy')(req, res);
      if (req.headers.cookie === 'sid=good') return res.end('{"sub":"carol"}');
      return res.writeHead(401).end();
    },
    orders: echo('orders'),
  });
  const { legacy, orders } = world.upstreams;
  const seen = () => ({ orders: orders.seen, legacy: legacy.seen.filter(({ url }) => url !== '/whoami') });

  const property = fc.asyncProperty(
    fc.record({
      target: fc.constantFrom('/closed', '/open', '/early', '/elsewhere'),
      kind: fc.constantFrom('plain', 'trailers', 'upgrade'),
      credentials: fc.array(fc.constantFrom(...known), { maxLength: 3 }),
      forgeries: fc.array(forged, { maxLength: 6 }),
      trailers: fc.array(forged, { maxLength: 3 }),
      connection,
      seed: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
    }),
    async ({ target, kind, credentials, forgeries, trailers, connection: options, seed }) => {
      const isUpgrade = kind === 'upgrade';
      const named = isUpgrade ? [...options, 'Upgrade'] : options;
      const fields: Pair[] = [
        ...credentials.map(({ pair }) => pair),
        ...forgeries,
        ...(named.length > 0 ? [['Connection', named.join(', ')] as const] : []),
        ...(isUpgrade ? websocket : []),
        ...(kind === 'trailers' ? chunked(trailers) : []),
        ['Sec-Fetch-Site', 'same-origin'],
      ];
      const order = fields
        .map((field, i) => ({ field, at: seed[i % seed.length] ?? 0 }))
        .sort((one, other) => one.at - other.at);
      const lines = order.map(({ field: [name, value] }) => `${name}: ${value}`);
      const head = [
        `${kind === 'trailers' ? 'POST' : 'GET'} ${target} HTTP/1.1`,
        'Host: shop',
        ...lines,
        '',
        '',
      ];
      const body = kind === 'trailers' ? `2\r\nhi\r\n0\r\n${toLines(trailers)}\r\n` : '';

      const before = seen();
      const [ordersBefore, legacyBefore] = [before.orders.length, before.legacy.length];
      const answer = await sendRaw(world.url, head.join('\r\n') + body);
      const found = expected(credentials);
      const isRefused = target === '/closed' && typeof found === 'string';
      expect(answer.status).toBe(isRefused ? 401 : 200);
      const after = seen();
      const got = [...after.orders.slice(ordersBefore), ...after.legacy.slice(legacyBefore)];
      expect(got).toHaveLength(isRefused ? 0 : 1);
      if (isRefused) return;
      const raw = got[0]?.rawHeaders ?? [];
      const told = raw.flatMap((name, i): Pair[] =>
        i % 2 === 0 && isIdentity(name) ? [[name, raw[i + 1] ?? '']] : [],
      );
      const isService = target === '/closed' || target === '/open';
      expect(told).toEqual(isService && typeof found !== 'string' ? found : []);
      if (isService) expect(raw.filter((_, i) => i % 2 === 0).map(fold)).not.toContain('x-api-key');
    },
  );
  await fc.assert(property, { numRuns });
}, 120_000);

const websocket: readonly Pair[] = [
  ['Upgrade', 'websocket'],
  ['Sec-WebSocket-Version', '13'],
  ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
];

const chunked = (trailers: readonly Pair[]): Pair[] => [
  ['Transfer-Encoding', 'chunked'],
  ...(trailers.length > 0 ? [['Trailer', trailers.map(([name]) => name).join(', ')] as const] : []),
];

const toLines = (pairs: readonly Pair[]): string =>
  pairs.map(([name, value]) => `${name}: ${value}\r\n`).join('');
