import { afterEach, expect, test } from 'vitest';
import type { Identity } from '../../gateway/core/exchange.ts';
import type { Plan } from '../../gateway/proxy/plan.ts';
import type { Rewrite } from '../../gateway/proxy/rewrite.ts';
import { upstream as upstreamSchema } from '../../gateway/proxy/schema.ts';
import { openRig, planFor, upstreamAt } from '../kit/proxy-rig.ts';
import { type RawAnswer, sendRaw, valuesOf } from '../kit/raw.ts';
import { always, answerOf, ok, openScripted } from '../kit/scripted-upstream.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Setting {
  readonly side?: 'legacy' | 'service';
  readonly trusted?: boolean;
  readonly identity?: Identity;
  readonly cookies?: readonly string[];
  readonly hostPolicy?: 'service' | 'client';
  readonly rewrite?: Rewrite;
  readonly plan?: Partial<Plan>;
}

/** Sends a GET with these lines after Host; returns the field lines that the upstream got, and the answer. */
async function ask(
  lines: readonly string[],
  setting: Setting = {},
  answer: string | ((origin: string) => string) = ok,
): Promise<{ got: string[]; answer: RawAnswer; origin: string }> {
  const upstream = await openScripted();
  upstream.script(always(typeof answer === 'string' ? answer : answer(upstream.origin)));
  const { side = 'service', trusted = false, hostPolicy = 'service', cookies = [] } = setting;
  const config = upstreamSchema.parse({ url: upstream.origin, cookies });
  const target = upstreamAt(upstream.origin, { config, hostPolicy });
  const plan = planFor(target, { side, ...setting.plan });
  const rig = await openRig({
    plan: { ...plan, leg: { ...plan.leg, rewrite: setting.rewrite } },
    trusted,
    ...(setting.identity === undefined ? {} : { identity: setting.identity }),
  });
  closing.push(
    () => upstream.close(),
    async () => rig[Symbol.asyncDispose](),
  );
  const request = ['GET /orders/1 HTTP/1.1', 'Host: shop.example.com:8443', ...lines, '', ''].join('\r\n');
  const given = await sendRaw(rig.url, request);
  const got = (upstream.heads[0] ?? '').split('\r\n').slice(1, -2);
  return { got, answer: given, origin: upstream.origin };
}

const lineOf = (got: readonly string[], name: string): string[] =>
  got
    .filter(line => line.toLowerCase().startsWith(`${name}:`))
    .map(line => line.slice(name.length + 1).trim());

test('drops fields that Connection names, both ways, but not those without which a message means something else', async () => {
  const { got, answer } = await ask(
    [
      'Connection: close, x-foo, Authorization, host, Via, x-request-id',
      'X-Foo: 1',
      'X-Bar: 2',
      'Authorization: Bearer t',
    ],
    {},
    'HTTP/1.1 200 OK\r\nConnection: x-foo, content-length, Set-Cookie\r\nX-Foo: 1\r\nSet-Cookie: a=1\r\nContent-Length: 5\r\n\r\nhello',
  );
  expect(lineOf(got, 'x-foo')).toEqual([]);
  expect(lineOf(got, 'x-bar')).toEqual(['2']);
  expect(lineOf(got, 'authorization')).toEqual(['Bearer t']);
  expect(lineOf(got, 'via')).toEqual(['1.1 figway']);
  expect(lineOf(got, 'x-request-id')).toEqual(['request-1']);
  expect(lineOf(got, 'host')).toHaveLength(1);
  expect(valuesOf(answer.fields, 'x-foo')).toEqual([]);
  expect(valuesOf(answer.fields, 'set-cookie')).toEqual(['a=1']);
  expect(answer.body.toString()).toBe('hello');
});

test('drops hop-by-hop fields, Expect and Trailer, and of TE keeps trailers', async () => {
  const { got } = await ask([
    'Keep-Alive: timeout=5',
    'TE: gzip, trailers;q=0.5',
    'Proxy-Connection: keep-alive',
    'Proxy-Authorization: Basic eA==',
    'Upgrade: h2c',
    'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA',
    'Trailer: x-a',
  ]);
  for (const name of [
    'keep-alive',
    'proxy-connection',
    'proxy-authorization',
    'upgrade',
    'http2-settings',
    'trailer',
  ])
    expect(lineOf(got, name)).toEqual([]);
  expect(lineOf(got, 'te')).toEqual(['trailers']);
});

test('replaces what an untrusted peer says of forwarding, and always drops Forwarded', async () => {
  const { got } = await ask([
    'X-Forwarded-For: 1.2.3.4',
    'X-Forwarded-Proto: https',
    'X-Forwarded-Host: evil.example.com',
    'X-Forwarded-Port: 1',
    'Forwarded: for=1.2.3.4',
    'X-Original-URL: /admin',
    'X-Rewrite-Url: /admin',
  ]);
  expect(lineOf(got, 'x-forwarded-for')).toEqual(['127.0.0.1']);
  expect(lineOf(got, 'x-forwarded-proto')).toEqual(['http']);
  expect(lineOf(got, 'x-forwarded-host')).toEqual(['shop.example.com:8443']);
  expect(lineOf(got, 'x-forwarded-port')).toEqual(['8443']);
  expect(got.join('\n')).not.toMatch(/^(forwarded|x-original-url|x-rewrite-url):/im);
});

test('appends to X-Forwarded-For of a trusted peer, and keeps the others', async () => {
  const { got } = await ask(
    [
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-For: 5.6.7.8',
      'X-Forwarded-Proto: https',
      'Forwarded: for=1.2.3.4',
      'X-Original-URL: /a',
    ],
    { trusted: true },
  );
  expect(lineOf(got, 'x-forwarded-for')).toEqual(['1.2.3.4, 5.6.7.8, 127.0.0.1']);
  expect(lineOf(got, 'x-forwarded-proto')).toEqual(['https']);
  expect(lineOf(got, 'x-forwarded-host')).toEqual(['shop.example.com:8443']);
  expect(lineOf(got, 'x-original-url')).toEqual(['/a']);
  expect(lineOf(got, 'forwarded')).toEqual([]);
});

test.each(['service', 'legacy'] as const)(
  'drops identity from outside in any spelling towards %s',
  async side => {
    const names = [
      'X-User-Id',
      'X_User_Id',
      'x.user.scopes',
      'X-USER-ROLES',
      'x-user-token',
      'X-Figway-Route',
      'x_figway_x',
      'X-Shadow',
    ];
    const identity = { user: 'alice', key: undefined, scopes: ['a:read', 'b'], roles: ['staff'] };
    const { got } = await ask(
      [...names.map(name => `${name}: eve`), 'X-User-Idea: kept', 'Connection: x-user-id'],
      {
        side,
        identity,
      },
    );
    expect(got.join('\n')).not.toContain('eve');
    expect(lineOf(got, 'x-user-idea')).toEqual(['kept']);
    const set = ['x-user-id', 'x-user-scopes', 'x-user-roles'].flatMap(name => lineOf(got, name));
    expect(set).toEqual(side === 'service' ? ['alice', 'a:read b', 'staff'] : []);
  },
);

test('never writes a value with CR, LF or what is no byte', async () => {
  const identity = {
    user: 'alice\r\nX-Admin: 1',
    key: undefined,
    scopes: ['ok', 'a\nb', 'two words', 'ключ'],
    roles: ['\u0000'],
  };
  const { got } = await ask([], { identity });
  expect(lineOf(got, 'x-user-id')).toEqual([]);
  expect(lineOf(got, 'x-user-scopes')).toEqual(['ok']);
  expect(lineOf(got, 'x-user-roles')).toEqual([]);
  expect(lineOf(got, 'x-admin')).toEqual([]);
});

test('keeps order, case and duplicates of other fields', async () => {
  const lines = ['X-B: 1', 'x-a: 2', 'X-b: 3', 'ACCEPT: */*', 'X-Empty:', "X-!#$%&'*+.^_`|~: odd"];
  const { got } = await ask(lines);
  const kept = got.filter(line => lines.some(sent => line.replace(/: $/, ':') === sent));
  expect(kept.map(line => line.replace(/: $/, ':'))).toEqual(lines);
});

test.each([
  ['Cookie: figway-admin-8081=secret', []],
  ['Cookie: figway-admin-8081=secret; sid=1', ['sid=1']],
  ['Cookie: a=1;  figway-admin-8081=secret;figway-admin-9=secret; sid=1', ['a=1; sid=1']],
  [
    'Cookie: a=figway-admin-8081; xfigway-admin-8081=1;sid=1',
    ['a=figway-admin-8081; xfigway-admin-8081=1;sid=1'],
  ],
])("keeps the dashboard's session from everybody: %s", async (line, kept) => {
  expect(lineOf((await ask([line], { side: 'legacy' })).got, 'cookie')).toEqual(kept);
  const named = ['sid', 'figway-admin-8081', 'figway-admin-9'];
  const { got } = await ask([line], { cookies: named });
  expect(lineOf(got, 'cookie')).toEqual(line.includes('sid') ? ['sid=1'] : []);
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
  expect(lineOf((await ask([...upgrade, line], { side: 'legacy' })).got, 'cookie')).toEqual(kept);
});

test('gives a service only the cookies that its upstream names, and legacy all of them', async () => {
  const lines = ['Cookie: sid=1; locale=de; x=2', 'Cookie: locale=en'];
  expect(lineOf((await ask(lines)).got, 'cookie')).toEqual([]);
  expect(lineOf((await ask(lines, { cookies: ['locale'] })).got, 'cookie')).toEqual([
    'locale=de',
    'locale=en',
  ]);
  expect(lineOf((await ask(lines, { side: 'legacy' })).got, 'cookie')).toEqual([
    'sid=1; locale=de; x=2',
    'locale=en',
  ]);
});

test('drops method overrides towards services, and leaves them to legacy', async () => {
  const lines = ['X-HTTP-Method-Override: PUT', 'X-HTTP-Method: PUT', 'x-method-override: PUT'];
  expect((await ask(lines)).got.join('\n')).not.toMatch(/override|x-http-method/i);
  expect((await ask(lines, { side: 'legacy' })).got.join('\n').match(/PUT/g)).toHaveLength(3);
});

test('sends Host as the upstream wants it', async () => {
  const own = await ask([]);
  expect(lineOf(own.got, 'host')).toEqual([own.origin.slice('http://'.length)]);
  expect(lineOf((await ask([], { hostPolicy: 'client' })).got, 'host')).toEqual(['shop.example.com:8443']);
});

test('goes on with a valid trace under a new parent, and begins another where it is not valid', async () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const { got } = await ask([`traceparent: 00-${trace}-00f067aa0ba902b7-01`, 'tracestate: a=1']);
  expect(lineOf(got, 'traceparent')[0]).toMatch(
    new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`),
  );
  expect(lineOf(got, 'tracestate')).toEqual(['a=1']);
  const bad = await ask([`traceparent: 00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, 'tracestate: a=1']);
  expect(lineOf(bad.got, 'traceparent')).toHaveLength(1);
  expect(lineOf(bad.got, 'tracestate')).toEqual([]);
});

test('appends to Via', async () => {
  expect(lineOf((await ask(['Via: 1.0 fred'])).got, 'via')).toEqual(['1.0 fred', '1.1 figway']);
});

test('leaves an answer as it came but for what connects and frames it, and adds its own after it', async () => {
  const { answer } = await ask(
    [],
    { plan: { fields: ['deprecation', '@1'] } },
    answerOf(200, [
      'Server: Apache',
      'date: Tue, 01 Jan 2030 00:00:00 GMT',
      'X-Powered-By: old',
      'Keep-Alive: timeout=99',
      'X-User-Id: 7',
    ]),
  );
  expect(answer.fields.slice(0, 14)).toEqual([
    'Server',
    'Apache',
    'date',
    'Tue, 01 Jan 2030 00:00:00 GMT',
    'X-Powered-By',
    'old',
    'X-User-Id',
    '7',
    'Content-Length',
    '0',
    'deprecation',
    '@1',
    'x-request-id',
    'request-1',
  ]);
  expect(valuesOf(answer.fields, 'date')).toHaveLength(1);
  expect(valuesOf(answer.fields, 'keep-alive')).toEqual(['timeout=5']);
});

const rewrite: Rewrite = {
  forward: () => '/v1/orders/1',
  back: path => (path.startsWith('/v1/') ? path.slice(3) : undefined),
};

test('gives references to the upstream itself the origin that the client used, and maps rewritten paths back', async () => {
  const { answer, got, origin } = await ask([], { rewrite }, at =>
    answerOf(201, [
      `Location: ${at}/v1/orders/2?a=1#b`,
      'Content-Location: /v1/orders/2',
      `Link: <${at}/v1/orders?page=2>; rel="next", </v1/x>; rel=up, <https://cdn.example.com/a.css>`,
      'Set-Cookie: a=1; Domain=127.0.0.1; Path=/v1/orders; HttpOnly',
      'Set-Cookie: b=2; domain=other.example.com; path=/',
    ]),
  );
  expect(got[0]).toBe(`host: ${origin.slice('http://'.length)}`);
  expect(valuesOf(answer.fields, 'location')).toEqual(['http://shop.example.com:8443/orders/2?a=1#b']);
  expect(valuesOf(answer.fields, 'content-location')).toEqual(['/orders/2']);
  expect(valuesOf(answer.fields, 'link')).toEqual([
    '<http://shop.example.com:8443/orders?page=2>; rel="next", </x>; rel=up, <https://cdn.example.com/a.css>',
  ]);
  expect(valuesOf(answer.fields, 'set-cookie')).toEqual([
    'a=1; Domain=shop.example.com; Path=/orders; HttpOnly',
    'b=2; domain=other.example.com; path=/',
  ]);
});

test.each([
  'https://other.example.com/a',
  '/plain',
  '//127.0.0.1/a',
  'relative',
  'http://127.0.0.1.evil.example.com/',
])('leaves the reference %s as it is', async reference => {
  const { answer } = await ask([], {}, answerOf(302, [`Location: ${reference}`]));
  expect(valuesOf(answer.fields, 'location')).toEqual([reference]);
});
