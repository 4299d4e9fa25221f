import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { codeOf, get } from '../../kit/edge.ts';
import {
  forge,
  hmac,
  type Issuer,
  makeKey,
  openIssuer,
  type SigningKey,
  seconds,
  signedBy,
} from '../../kit/issuer.ts';
import { eventually } from '../../kit/proxy-rig.ts';
import { type RawAnswer, sendRaw, valuesOf } from '../../kit/raw.ts';
import { echo } from '../../kit/upstream.ts';
import { openWorld } from '../../kit/world.ts';

const routes = `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  orders: { match: [/orders/:id], service: orders, stage: migrated, data: synced }
  scoped: { match: [/scoped], service: orders, stage: migrated, data: synced, auth: { scopes: [orders:read, orders:write] } }
  staff: { match: [/staff], service: orders, stage: migrated, data: synced, auth: { roles: [staff, owner] } }
  open: { match: [/open], service: orders, stage: migrated, data: synced, auth: public }
  passed: { match: [/passed], service: orders, stage: migrated, data: synced, auth: pass }
  watched: { match: [/watched], service: orders, stage: migrated, data: synced, auth: { mode: observe } }
  early: { match: [/early], service: orders, stage: legacy }
`;

const trusting = (issuer: Pick<Issuer, 'url' | 'jwks'>, more = ''): string =>
  `auth: { jwt: { issuer: "${issuer.url}", audience: shop, jwks: "${issuer.jwks}", algorithms: [RS256, ES256, EdDSA]${more} } }`;

async function openShop(auth: string) {
  const world = await openWorld(`${auth}\n${routes}`, { legacy: echo('legacy'), orders: echo('orders') });
  const { orders, legacy } = world.upstreams;
  return {
    world,
    /** One request with these lines; with what an upstream got of it. */
    async ask(target: string, ...lines: string[]) {
      const before = orders.seen.length + legacy.seen.length;
      const answer = await sendRaw(world.url, get(target, ...lines));
      const isForwarded = orders.seen.length + legacy.seen.length > before;
      return {
        answer,
        code: codeIn(answer),
        got: isForwarded ? (orders.seen.at(-1)?.headers ?? {}) : undefined,
      };
    },
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  };
}

const attentionOf = async ({ world }: { world: { adminUrl: string } }): Promise<string> => {
  const status = await fetch(`${world.adminUrl}/api/status`, { headers: { connection: 'close' } });
  return JSON.stringify(((await status.json()) as { attention: unknown }).attention);
};

const codeIn = (answer: RawAnswer): string => (answer.status === 200 ? 'ok' : codeOf(answer));
const challengeOf = (answer: RawAnswer): string => valuesOf(answer.fields, 'www-authenticate').join();
const bearer = (token: string): string => `Authorization: Bearer ${token}`;
const refused = (description: string): string =>
  `Bearer realm="figway", error="invalid_token", error_description="${description}"`;

describe('a bearer token', () => {
  it('lets its user in, and tells the service who it is', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    const token = issuer.token({ scope: 'orders:read orders:write', roles: ['staff'] });
    const { got, code } = await shop.ask('/orders/1', bearer(token));
    expect(code).toBe('ok');
    expect(got).toMatchObject({
      'x-user-id': 'alice',
      'x-user-scopes': 'orders:read orders:write',
      'x-user-roles': 'staff',
      authorization: `Bearer ${token}`,
    });
    expect((await shop.ask('/scoped', bearer(token))).code).toBe('ok');
    expect((await shop.ask('/staff', bearer(token))).code).toBe('ok');
  });

  it('is asked for with a challenge that names no error', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    for (const lines of [[], ['Authorization: Basic YTpi'], ['Authorization: Bearerx y']]) {
      const { answer, code, got } = await shop.ask('/orders/1', ...lines);
      expect([answer.status, code, got]).toEqual([401, 'token-missing', undefined]);
      expect(challengeOf(answer)).toBe('Bearer realm="figway"');
    }
  });

  it('works whatever the case of its scheme, and is not read from the query', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    const token = issuer.token();
    expect((await shop.ask('/orders/1', `authorization:bearer ${token}`)).code).toBe('ok');
    expect((await shop.ask('/orders/1', `AUTHORIZATION: BEARER   ${token}`)).code).toBe('ok');
    expect((await shop.ask(`/orders/1?access_token=${token}`)).code).toBe('token-missing');
  });

  it('is refused with the reason where it does not hold', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer, ', maxAge: 1h'));
    const now = seconds();
    const cases: [string, string, string, string][] = [
      ['garbage', 'x.y.z', 'token-invalid', 'the token is malformed, or of an issuer that is not known here'],
      ['nothing', '', 'token-invalid', 'the token is malformed'],
      ['odd bytes', 'a"b\\c', 'token-invalid', 'the token is malformed'],
      [
        'wrong iss',
        issuer.token({ iss: 'https://evil.example.com' }),
        'token-invalid',
        'the token is malformed, or of an issuer that is not known here',
      ],
      [
        'no iss',
        issuer.token({ iss: undefined }),
        'token-invalid',
        'the token is malformed, or of an issuer that is not known here',
      ],
      ['wrong aud', issuer.token({ aud: 'blog' }), 'token-invalid', 'the token is for another audience'],
      ['no aud', issuer.token({ aud: undefined }), 'token-invalid', 'the token has no aud'],
      ['exp passed', issuer.token({ exp: now - 60 }), 'token-expired', 'the token has expired'],
      ['no exp', issuer.token({ exp: undefined }), 'token-invalid', 'the token has no exp'],
      [
        'exp as text',
        issuer.token({ exp: '9999999999' }),
        'token-invalid',
        'the exp of the token is not what it has to be',
      ],
      ['nbf ahead', issuer.token({ nbf: now + 60 }), 'token-invalid', 'the token is not valid yet'],
      [
        'too old',
        issuer.token({ iat: now - 3700 }),
        'token-expired',
        'the token was issued more than 1h ago',
      ],
      ['no iat', issuer.token({ iat: undefined }), 'token-invalid', 'the token has no iat'],
      [
        'iat ahead',
        issuer.token({ iat: now + 600 }),
        'token-invalid',
        'the iat of the token is not acceptable',
      ],
      [
        'crit',
        issuer.token({}, { crit: ['x-new'], 'x-new': 1 }),
        'token-invalid',
        'the token asks for an extension that is not supported',
      ],
      ['no user', issuer.token({ sub: undefined }), 'token-invalid', 'the token has no usable sub'],
      [
        'user with a line break',
        issuer.token({ sub: 'a\r\nx-user-id: b' }),
        'token-invalid',
        'the token has no usable sub',
      ],
      [
        'user with a space in front',
        issuer.token({ sub: ' alice' }),
        'token-invalid',
        'the token has no usable sub',
      ],
      [
        'cut signature',
        issuer.token().slice(0, -2),
        'token-invalid',
        'the signature of the token does not verify',
      ],
    ];
    for (const [what, token, expected, description] of cases) {
      const { answer, code, got } = await shop.ask('/orders/1', bearer(token));
      expect([what, answer.status, code, got]).toEqual([what, 401, expected, undefined]);
      expect([what, challengeOf(answer)]).toEqual([what, refused(description)]);
    }
    const skewed = issuer.token({ exp: now - 2, nbf: now + 2 });
    expect((await shop.ask('/orders/1', bearer(skewed))).code).toBe('ok');
  });

  it('is refused when its algorithm is none, or not on the list, or a secret made of the public key', async () => {
    const rsa = makeKey('RS256');
    await using issuer = await openIssuer(rsa);
    await using shop = await openShop(trusting(issuer));
    const claims = { iss: issuer.url, aud: 'shop', sub: 'mallory', exp: seconds() + 300 };
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const der = rsa.publicKey.export({ type: 'spki', format: 'der' });
    const tokens = [
      forge({ alg: 'none' }, claims, () => Buffer.alloc(0)),
      forge({ alg: 'None', kid: rsa.kid }, claims, () => Buffer.alloc(0)),
      forge({ alg: 'HS256', kid: rsa.kid }, claims, hmac(pem)),
      forge({ alg: 'HS256', kid: rsa.kid }, claims, hmac(der)),
      forge({ alg: 'RS512', kid: rsa.kid }, claims, signedBy(rsa)),
      forge({ kid: rsa.kid }, claims, signedBy(rsa)),
    ];
    for (const token of tokens) {
      const { answer, code, got } = await shop.ask('/orders/1', bearer(token));
      expect([answer.status, code, got]).toEqual([401, 'token-invalid', undefined]);
    }
  });

  it('brings no keys of its own: jwk, jku and x5u are ignored', async () => {
    await using issuer = await openIssuer();
    await using evil = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    const claims = { iss: issuer.url, aud: 'shop', sub: 'mallory', exp: seconds() + 300 };
    const mine = evil.key;
    for (const header of [
      { jwk: mine.jwk },
      { jku: evil.jwks },
      { x5u: evil.jwks },
      { jwk: mine.jwk, kid: issuer.key.kid },
    ]) {
      const token = forge({ alg: mine.alg, kid: mine.kid, ...header }, claims, signedBy(mine));
      expect((await shop.ask('/orders/1', bearer(token))).code).toBe('token-invalid');
    }
    expect(evil.fetches).toBe(0);
    const honest = issuer.token({}, { jwk: mine.jwk, jku: evil.jwks });
    expect((await shop.ask('/orders/1', bearer(honest))).code).toBe('ok');
  });

  it('of 9 KiB is refused unread, and one of 100 KiB overflows the head', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    const big = issuer.token({ blob: 'x'.repeat(9 * 1024) });
    const { answer, code } = await shop.ask('/orders/1', bearer(big));
    expect([answer.status, code]).toEqual([401, 'token-invalid']);
    expect(challengeOf(answer)).toMatch(/the token has \d+ characters, the bound is 8KiB/);
    const huge = await shop.ask('/orders/1', bearer(issuer.token({ blob: 'x'.repeat(100 * 1024) })));
    expect(huge.answer.status).toBe(431);
    expect((await shop.ask('/orders/1', bearer(issuer.token()))).code).toBe('ok');
  });

  it('beside a second Authorization field is refused, whichever is good', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    const good = bearer(issuer.token());
    for (const lines of [
      [good, good],
      [good, 'Authorization: Bearer x'],
      ['authorization: Basic YTpi', good],
    ]) {
      const { answer, code, got } = await shop.ask('/orders/1', ...lines);
      expect([answer.status, code, got]).toEqual([401, 'token-invalid', undefined]);
    }
  });

  it('lacking a scope is 403 with the scopes that are asked for, lacking all roles too', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    const token = issuer.token({ scope: 'orders:read', roles: ['clerk'] });
    const { answer, code, got } = await shop.ask('/scoped', bearer(token));
    expect([answer.status, code, got]).toEqual([403, 'scope-missing', undefined]);
    expect(challengeOf(answer)).toBe(
      'Bearer realm="figway", error="insufficient_scope", error_description="the scope orders:write is missing", scope="orders:read orders:write"',
    );
    const staff = await shop.ask('/staff', bearer(token));
    expect([staff.answer.status, staff.code]).toEqual([403, 'role-missing']);
    expect((await shop.ask('/staff', bearer(issuer.token({ roles: 'owner' })))).code).toBe('ok');
    // Cut at its spaces it would be another role.
    expect((await shop.ask('/staff', bearer(issuer.token({ roles: 'former staff' })))).code).toBe(
      'role-missing',
    );
  });

  it('that is bad counts as none on an open route, and a good one is known there', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    for (const target of ['/open', '/passed']) {
      for (const lines of [[bearer('x')], [bearer(issuer.token({ exp: 1 }))], []]) {
        const { code, got } = await shop.ask(target, ...lines);
        expect([code, got?.['x-user-id']]).toEqual(['ok', undefined]);
      }
      expect((await shop.ask(target, bearer(issuer.token()))).got?.['x-user-id']).toBe('alice');
    }
  });

  it('is not asked for in stage legacy, nor where the guard observes, but counted', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    expect((await shop.ask('/early')).code).toBe('ok');
    expect((await shop.ask('/watched', bearer('x'))).code).toBe('ok');
    await eventually(() => shop.world.log.join('\n').includes('would-refuse'), 'a line about it');
    const token = issuer.token();
    await shop.ask('/orders/1', bearer(token));
    expect((await shop.ask('/watched', bearer(token))).got?.['x-user-id']).toBe('alice');
  });

  it('is not asked of a preflight that the gateway does not answer', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    const preflight = get('/orders/1', 'Origin: https://a.example.com', 'Access-Control-Request-Method: PUT');
    expect((await sendRaw(shop.world.url, preflight.replace('GET', 'OPTIONS'))).status).toBe(200);
    expect((await sendRaw(shop.world.url, get('/orders/1').replace('GET', 'OPTIONS'))).status).toBe(401);
  });
});

describe('keys', () => {
  it('rotate: new tokens work at once, and tokens under a removed key end', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    const old = issuer.token();
    expect((await shop.ask('/orders/1', bearer(old))).code).toBe('ok');
    expect((await shop.ask('/orders/1', bearer(old))).code).toBe('ok');
    issuer.publish(makeKey('EdDSA'));
    expect((await shop.ask('/orders/1', bearer(issuer.token()))).code).toBe('ok');
    const { code, answer } = await shop.ask('/orders/1', bearer(old));
    expect([code, challengeOf(answer)]).toEqual([
      'token-invalid',
      refused('the token is signed with none of the keys of its issuer'),
    ]);
  });

  it('with an unknown kid a thousand times are looked for once', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(`edge: { bruteForce: off }\n${trusting(issuer)}`);
    expect((await shop.ask('/orders/1', bearer(issuer.token()))).code).toBe('ok');
    expect(issuer.fetches).toBe(1);
    const stranger = makeKey();
    const ask = async (n: number) => {
      const token = issuer.token({}, { kid: `${stranger.kid}-${n}` });
      expect((await shop.ask('/orders/1', bearer(token))).code).toBe('token-invalid');
    };
    for (let n = 0; n < 1000; n += 50) await Promise.all(Array.from({ length: 50 }, (_, at) => ask(n + at)));
    expect(issuer.fetches).toBe(2);
  });

  it('live on while the issuer is down', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    expect((await shop.ask('/orders/1', bearer(issuer.token()))).code).toBe('ok');
    await issuer.stop();
    expect((await shop.ask('/orders/1', bearer(issuer.token({ sub: 'bob' })))).got?.['x-user-id']).toBe(
      'bob',
    );
    const unknown = issuer.token({}, { kid: 'another' });
    expect((await shop.ask('/orders/1', bearer(unknown))).code).toBe('token-invalid');
    await eventually(() => shop.world.log.join('\n').includes('keys-failed'), 'a line about it');
    expect(await attentionOf(shop)).toContain(
      `the keys at ${issuer.jwks} could not be fetched, those known live on`,
    );
  });

  it('never fetched make every token 503, until the issuer is there', async () => {
    await using issuer = await openIssuer();
    await issuer.stop();
    await using shop = await openShop(trusting(issuer));
    const { answer, code, got } = await shop.ask('/orders/1', bearer(issuer.token()));
    expect([answer.status, code, got]).toEqual([503, 'issuer-unreachable', undefined]);
    expect(valuesOf(answer.fields, 'retry-after')).toEqual(['5']);
    expect((await shop.ask('/orders/1')).code).toBe('token-missing');
    expect((await shop.ask('/open', bearer(issuer.token()))).code).toBe('ok');
    expect(await attentionOf(shop)).toContain('so every token of their issuer is 503');
    await issuer.start();
    const deadline = Date.now() + 10_000;
    while ((await shop.ask('/orders/1', bearer(issuer.token()))).code !== 'ok')
      if (Date.now() > deadline) throw new Error('not within 10 s');
    expect(await attentionOf(shop)).not.toContain('keys at');
  });

  it.each([
    ['a redirect', 302, '', { location: 'https://elsewhere.example.com/' }, 'it answered 302'],
    ['no JSON', 200, '<html>', {}, 'the answer is not JSON'],
    ['no key set', 200, '{"keys":1}', {}, 'JSON Web Key Set malformed'],
    [
      'too much',
      200,
      `{"keys":[],"x":"${'x'.repeat(600 * 1024)}"}`,
      {},
      'the answer has more than 524288 bytes',
    ],
  ])('are not taken from %s', async (_, status, body, fields, reason) => {
    await using issuer = await openIssuer();
    issuer.answer(status, body, fields as Record<string, string>);
    await using shop = await openShop(trusting(issuer));
    expect((await shop.ask('/orders/1', bearer(issuer.token()))).code).toBe('issuer-unreachable');
    await eventually(() => shop.world.log.join('\n').includes(reason), reason);
  });

  it('are fetched before the first request, and live on over a reload that does not touch them', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(trusting(issuer));
    await eventually(() => issuer.fetches === 1, 'a fetch');
    const token = issuer.token();
    expect((await shop.ask('/orders/1', bearer(token))).code).toBe('ok');
    expect((await shop.world.edit(`debugHeaders: true\n${trusting(issuer)}\n${routes}`)).isGood).toBe(true);
    await issuer.stop();
    expect((await shop.ask('/orders/1', bearer(token))).code).toBe('ok');
    // Another rule, the same keys: the token is judged anew.
    const strict = trusting(issuer).replace('audience: shop', 'audience: warehouse');
    expect((await shop.world.edit(`${strict}\n${routes}`)).isGood).toBe(true);
    expect((await shop.ask('/orders/1', bearer(token))).code).toBe('token-invalid');
    expect(issuer.fetches).toBe(1);
  });
});

describe('brute force', () => {
  it('gets 429 for credentials that fail, while those that are good pass', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(`edge: { bruteForce: 3/1h }\n${trusting(issuer)}`);
    const codes: string[] = [];
    for (let n = 0; n < 5; n++) codes.push((await shop.ask('/orders/1', bearer('x'))).code);
    expect(codes).toEqual([...Array(3).fill('token-invalid'), ...Array(2).fill('limit-exceeded')]);
    expect((await shop.ask('/orders/1', bearer(issuer.token()))).code).toBe('ok');
    expect((await shop.ask('/orders/1')).code).toBe('token-missing');
    expect((await shop.ask('/open', bearer('x'))).code).toBe('ok');
    expect((await shop.ask('/scoped', bearer(issuer.token()))).code).toBe('scope-missing');
    const { answer } = await shop.ask('/orders/1', bearer('x'));
    expect([answer.status, Number(valuesOf(answer.fields, 'retry-after')[0]) > 3000]).toEqual([429, true]);
  });

  it('does not count what was open or only observed', async () => {
    await using issuer = await openIssuer();
    await using shop = await openShop(`edge: { bruteForce: 1/1h }\n${trusting(issuer)}`);
    for (const target of ['/open', '/watched', '/early']) await shop.ask(target, bearer('x'));
    expect((await shop.ask('/orders/1', bearer('x'))).code).toBe('token-invalid');
  });
});

describe('several issuers', () => {
  const two = (first: string, second: string): string => `auth:\n  jwt:\n${first}${second}`;
  const entry = (issuer: string, keys: string, more = ''): string =>
    `    - { issuer: "${issuer}", audience: shop, ${keys}${more} }\n`;

  it('are told apart by iss, and cannot speak for each other', async () => {
    await using first = await openIssuer();
    await using second = await openIssuer();
    await using shop = await openShop(
      two(
        entry(first.url, `jwks: "${first.jwks}", algorithms: [ES256]`),
        entry(
          second.url,
          `jwks: "${second.jwks}", algorithms: [ES256]`,
          ', claims: { user: email, scopes: scp, roles: realm_access.roles }',
        ),
      ),
    );
    const mapped = second.token({
      email: 'b@example.com',
      scp: ['orders:read', 'orders:write'],
      realm_access: { roles: ['staff'] },
    });
    expect((await shop.ask('/orders/1', bearer(first.token()))).got?.['x-user-id']).toBe('alice');
    expect((await shop.ask('/scoped', bearer(mapped))).got).toMatchObject({
      'x-user-id': 'b@example.com',
      'x-user-scopes': 'orders:read orders:write',
      'x-user-roles': 'staff',
    });
    const crossed = second.token({ iss: first.url, email: 'b@example.com' });
    expect((await shop.ask('/orders/1', bearer(crossed))).code).toBe('token-invalid');
  });

  it('may have a secret or a public key in the config', async () => {
    const secret = 'a-secret-of-the-old-login-that-is-long-enough';
    const key: SigningKey = makeKey('RS256');
    const pem = JSON.stringify(key.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    await using shop = await openShop(
      two(
        entry('old-login', `secret: "${secret}", algorithms: [HS256]`),
        entry('https://id.example.com/', `publicKey: ${pem}, algorithms: [RS256]`),
      ),
    );
    const claims = { iss: 'old-login', aud: ['blog', 'shop'], sub: 42, exp: seconds() + 300 };
    const old = forge({ alg: 'HS256' }, claims, hmac(secret));
    expect((await shop.ask('/orders/1', bearer(old))).got?.['x-user-id']).toBe('42');
    const wrong = forge({ alg: 'HS256' }, claims, hmac(`${secret}x`));
    expect((await shop.ask('/orders/1', bearer(wrong))).code).toBe('token-invalid');
    const signed = forge({ alg: 'RS256' }, { ...claims, iss: 'https://id.example.com/' }, signedBy(key));
    expect((await shop.ask('/orders/1', bearer(signed))).code).toBe('ok');
    const confused = forge({ alg: 'HS256' }, { ...claims, iss: 'https://id.example.com/' }, hmac(secret));
    expect((await shop.ask('/orders/1', bearer(confused))).code).toBe('token-invalid');
  });

  it('take nothing that their algorithms do not name, though the key could verify it', async () => {
    const secret = 's'.repeat(64);
    const key = makeKey('RS256');
    const pem = JSON.stringify(key.publicKey.export({ type: 'spki', format: 'pem' }).toString());
    await using shop = await openShop(
      two(
        entry('old-login', `secret: "${secret}", algorithms: [HS512]`),
        entry('https://id.example.com/', `publicKey: ${pem}, algorithms: [RS256]`),
      ),
    );
    const claims = { aud: 'shop', sub: 'mallory', exp: seconds() + 300 };
    const old = { ...claims, iss: 'old-login' };
    const modern = { ...claims, iss: 'https://id.example.com/' };
    const rs512 = (text: string) => sign('sha512', Buffer.from(text), key.privateKey);
    expect(
      (await shop.ask('/orders/1', bearer(forge({ alg: 'HS512' }, old, hmac(secret, 'sha512'))))).code,
    ).toBe('ok');
    const refusedTokens = [
      forge({ alg: 'HS256' }, old, hmac(secret)),
      forge({ alg: 'RS512' }, modern, rs512),
      forge({ alg: 'none' }, modern, () => Buffer.alloc(0)),
      forge({ alg: 'HS256' }, modern, hmac(JSON.parse(pem) as string)),
    ];
    for (const token of refusedTokens) {
      const { code, answer } = await shop.ask('/orders/1', bearer(token));
      expect([code, challengeOf(answer)]).toEqual([
        'token-invalid',
        refused('the algorithm of the token is not one of those that are accepted'),
      ]);
    }
  });
});
