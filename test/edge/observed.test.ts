import { describe, expect, it } from 'vitest';
import type { ObservedRow } from '../../gateway/admin/observed.ts';
import type { StatusView } from '../../gateway/admin/status.ts';
import { Refusal } from '../../gateway/core/errors.ts';
import type { Exchange } from '../../gateway/core/exchange.ts';
import type { GuardName } from '../../gateway/core/vocabulary.ts';
import { type Guard, Reply } from '../../gateway/edge/guard.ts';
import { admit, type Observer } from '../../gateway/edge/guards.ts';
import { countObserved, createObserved } from '../../gateway/edge/observed.ts';
import { edge as edgeSchema } from '../../gateway/edge/schema.ts';
import { makeExchange, makeRoute } from '../kit/exchanges.ts';
import { eventually } from '../kit/proxy-rig.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const route = makeRoute();

function countsFor(guard: GuardName) {
  const facts = {
    name: 'orders',
    route: {},
    edge: edgeSchema.parse({}),
    auth: undefined,
    stage: 'legacy',
  } as const;
  return createObserved(() => 0, undefined).countsOf(facts, guard);
}

/** What one exchange is counted as. */
function countedAs(guard: GuardName, isRefused: boolean, ended: Partial<Exchange>, login?: string): string[] {
  const counts = countsFor(guard);
  const exchange = makeExchange(route, ended);
  exchange.req.headers.host = 'shop.example.com';
  if (isRefused) exchange.wouldRefuse = [{ guard, code: 'token-missing' }];
  countObserved(counts, exchange, login);
  return Object.entries(counts).flatMap(([name, value]) => (name !== 'since' && value === 1 ? [name] : []));
}

describe('what an observing guard says is held against what the upstream answered', () => {
  it.each([
    ['auth', true, { status: 200 }, 'lockedOut'],
    ['auth', true, { status: 404 }, 'lockedOut'],
    ['auth', true, { status: 401 }, 'refusedByBoth'],
    ['auth', true, { status: 403 }, 'refusedByBoth'],
    ['auth', true, { status: 502 }, 'undecided'],
    ['auth', true, { served: undefined, status: 503 }, 'undecided'],
    ['auth', false, { status: 200 }, 'passed'],
    ['auth', false, { status: 401 }, 'refusedByUpstream'],
    ['ip', false, { status: 403 }, 'refusedByUpstream'],
    ['limit', true, { status: 429 }, 'refusedByBoth'],
    ['limit', false, { status: 429 }, 'refusedByUpstream'],
    ['body', true, { status: 413 }, 'refusedByBoth'],
  ] as const)('%s, refused %s, %o is %s', (guard, isRefused, ended, expected) => {
    expect(countedAs(guard, isRefused, ended)).toEqual([expected]);
  });

  it('a 401 of the upstream says nothing about a limit or a size that was kept', () => {
    expect(countedAs('limit', false, { status: 401 })).toEqual([]);
    expect(countedAs('body', false, { status: 403 })).toEqual([]);
  });

  it.each([
    ['/login', true],
    ['/login?next=%2Forders', true],
    ['https://shop.example.com/login', true],
    ['/login/help', false],
    ['https://other.example.com/login', false],
    ['/orders/43', false],
    ['http://[', false],
  ])('a redirect to %s is the refusal of a monolith whose login is /login: %s', (location, isRefusal) => {
    const ended = { status: 302, location };
    expect(countedAs('auth', true, ended, '/login')).toEqual([isRefusal ? 'refusedByBoth' : 'lockedOut']);
    expect(countedAs('auth', true, ended)).toEqual(['lockedOut']);
  });

  it('remembers a hundred callers, and goes on counting requests', () => {
    const counts = countsFor('auth');
    for (let i = 0; i < 150; i++) {
      const client = { peer: '', trusted: false, address: `192.0.2.${i}`, proto: 'http' } as const;
      const exchange = makeExchange(route);
      Object.assign(exchange, { client, wouldRefuse: [{ guard: 'auth', code: 'token-missing' }] });
      countObserved(counts, exchange, undefined);
    }
    expect([counts.lockedOut, counts.callers.size]).toEqual([150, 100]);
  });
});

describe('an observing guard', () => {
  const guard = (check: Guard['check']): Guard => ({
    ...{ name: 'auth', mode: 'observe', check, review: undefined, counts: undefined },
  });
  const heard: unknown[] = [];
  const observer: Observer = {
    refused: (_, __, refusal) => heard.push(refusal.code),
    failed: error => heard.push(String(error)),
  };

  it('never delays, never answers and never fails a request', async () => {
    heard.length = 0;
    const exchange = makeExchange(route);
    const late = Promise.withResolvers<Refusal>();
    const guards = [
      guard(() => late.promise),
      guard(() => new Reply(204, [])),
      guard(() => {
        throw new Error('a bug');
      }),
      guard(() => Promise.reject(new Error('another'))),
    ];
    expect(admit(exchange, guards, observer)).toBeUndefined();
    late.resolve(new Refusal('token-missing', ''));
    await exchange.observing;
    expect(heard.toSorted()).toEqual(['Error: a bug', 'Error: another', 'token-missing']);
    expect([exchange.wouldRefuse, exchange.isUncopied]).toEqual([
      [{ guard: 'auth', code: 'token-missing' }],
      true,
    ]);
  });
});

const yaml = (deny: string, size: string): string => `
monolith: legacy
trust: [loopback]
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
edge: { ip: { deny: [${deny}] }, maxBody: ${size} }
routes:
  orders: { match: [/orders], service: orders, stage: legacy }
`;

describe('GET /api/observed', () => {
  const observedOf = async (adminUrl: string) => {
    const { observed } = (await (await fetch(`${adminUrl}/api/observed`)).json()) as {
      observed: ObservedRow[];
    };
    return Object.fromEntries(observed.map(row => [`${row.route} ${row.guard}`, row]));
  };

  it('says per route and guard whom a rule would lock out, also in status, until its settings change', async () => {
    await using world = await openWorld(yaml('192.0.2.0/24', '1MiB'), {
      legacy: echo('legacy'),
      orders: echo('orders'),
    });
    const ask = async (address: string) => {
      const answer = await fetch(`${world.url}/orders`, { headers: { 'x-forwarded-for': address } });
      await answer.text();
    };
    for (const address of ['192.0.2.7', '192.0.2.7', '192.0.2.8', '198.51.100.1']) await ask(address);
    world.upstreams.legacy.answer((_, res) => void res.writeHead(403).end());
    for (const address of ['192.0.2.9', '198.51.100.1']) await ask(address);

    const observed = await observedOf(world.adminUrl);
    expect(observed['orders ip']).toMatchObject({
      ...{ lockedOut: 3, refusedByBoth: 1, refusedByUpstream: 1, passed: 1, undecided: 0 },
      codes: { 'address-denied': 3 },
      callers: [
        { caller: 'address 192.0.2.7', requests: 2 },
        { caller: 'address 192.0.2.8', requests: 1 },
      ],
    });
    expect(observed['orders body']).toMatchObject({ lockedOut: 0, passed: 4, refusedByUpstream: 0 });
    const status = (await (await fetch(`${world.adminUrl}/api/status`)).json()) as StatusView;
    expect(status.observed.map(({ guard, lockedOut }) => [guard, lockedOut])).toEqual([['ip', 3]]);
    expect(status.attention.map(({ text }) => text)).toContain(
      'orders: ip would refuse 3 requests that the upstream accepted (1 that it refused too); most of address 192.0.2.7',
    );

    await world.edit(yaml('192.0.2.0/24', '2MiB'));
    expect(await observedOf(world.adminUrl)).toMatchObject({ 'orders ip': { lockedOut: 3 } });
    expect((await observedOf(world.adminUrl))['orders body']).toBeUndefined();
    await world.edit(`${yaml('192.0.2.0/24', '2MiB')}nonsense: 1\n`);
    await world.edit(yaml('192.0.2.7/32', '2MiB'));
    expect(await observedOf(world.adminUrl)).toEqual({});
  });
});

describe('a rule in front of a monolith with sessions', () => {
  it('counts the redirect to its login page as its refusal, and answers as it did before', async () => {
    await using world = await openWorld(
      `
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
auth:
  session: { cookie: shop_sid, verify: { upstream: legacy, path: /session/whoami }, login: /login }
routes:
  orders: { match: [/orders], service: orders, stage: legacy, auth: required }
  prices: { match: [/prices], service: orders, stage: legacy, auth: required }
`,
      {
        // Legacy guards its orders by sending people to the login page, and its prices not at all.
        legacy: (req, res) => {
          if (req.url === '/session/whoami') {
            const isAlice = req.headers.cookie === 'shop_sid=alice';
            // Long after the order itself is answered.
            setTimeout(() => {
              res.writeHead(isAlice ? 200 : 401, { 'content-type': 'application/json' });
              res.end(isAlice ? '{"sub":"alice","scopes":[],"roles":[]}' : '');
            }, 200);
          } else if (req.url === '/orders' && !req.headers.cookie?.includes('shop_sid'))
            res.writeHead(302, { location: '/login?next=/orders' }).end();
          else res.end('legacy');
        },
        orders: echo('orders'),
      },
    );
    const ask = async (path: string, cookie?: string): Promise<number> => {
      const headers = cookie === undefined ? {} : { cookie };
      return (await fetch(`${world.url}${path}`, { redirect: 'manual', headers })).status;
    };
    expect(await ask('/orders')).toBe(302);
    expect(await ask('/orders', 'shop_sid=alice')).toBe(200);
    expect(await ask('/orders', 'shop_sid=stale')).toBe(200);
    expect(await ask('/prices')).toBe(200);
    const seen = async () => {
      const { observed } = (await (await fetch(`${world.adminUrl}/api/observed`)).json()) as {
        observed: ObservedRow[];
      };
      return observed
        .filter(({ guard }) => guard === 'auth')
        .map(({ route, lockedOut, refusedByBoth, passed, codes }) => [
          route,
          lockedOut,
          refusedByBoth,
          passed,
          codes,
        ])
        .toSorted();
    };
    // An observing guard may make up its mind after the answer.
    await expect.poll(seen).toEqual([
      ['orders', 1, 1, 1, { 'token-invalid': 1 }],
      ['prices', 1, 0, 0, { 'token-missing': 1 }],
    ]);
  });
});

describe('the body guard in observe mode', () => {
  it('lets pass and counts what is too large, declared or chunked', async () => {
    await using world = await openWorld(yaml('', '8B'), { legacy: echo('legacy'), orders: echo('orders') });
    const post = async (body: string | ReadableStream): Promise<unknown> =>
      (await fetch(`${world.url}/orders`, { method: 'POST', body, duplex: 'half' } as RequestInit)).json();
    const stream = (text: string) => new Response(text).body as ReadableStream;
    const passed = [
      await post('123456789'),
      await post(stream('123456789')),
      await post('12345678'),
      await post(stream('12345678')),
    ];
    expect(passed).toMatchObject([{ bytes: 9 }, { bytes: 9 }, { bytes: 8 }, { bytes: 8 }]);
    const metrics = await (await fetch(`${world.adminUrl}/metrics`)).text();
    expect(metrics).toContain(
      'figway_refusals_total{route="orders",guard="body",code="body-too-large",mode="observe"} 2',
    );
    const { observed } = (await (await fetch(`${world.adminUrl}/api/observed`)).json()) as {
      observed: ObservedRow[];
    };
    expect(observed.find(({ guard }) => guard === 'body')).toMatchObject({ lockedOut: 2, passed: 2 });
  });

  it('in enforce mode refuses both with 413', async () => {
    await using world = await openWorld(yaml('', '{ size: 8B, mode: enforce }'), {
      legacy: echo('legacy'),
      orders: echo('orders'),
    });
    const post = async (body: string | ReadableStream): Promise<number> =>
      (await fetch(`${world.url}/orders`, { method: 'POST', body, duplex: 'half' } as RequestInit)).status;
    expect(await post('123456789')).toBe(413);
    expect(await post(new Response('123456789').body as ReadableStream)).toBe(413);
    expect(await post(new Response('12345678').body as ReadableStream)).toBe(200);
    await eventually(() => world.upstreams.legacy.seen.length > 0, 'the request that is small enough');
  });
});
