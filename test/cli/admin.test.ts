import { describe, expect, it } from 'vitest';
import { openFolder, openStubAdmin, type Seen } from '../kit/command-line.ts';
import { freePort } from '../kit/free-port.ts';
import { shop } from '../kit/routes-files.ts';

const problem = (status: number, code: string, detail: string) =>
  [status, { type: `https://figway.dev/errors/${code}`, title: code, status, detail, code }] as const;

describe('hold and release', () => {
  it.each([
    ['hold a/b --for 2h', '/api/routes/a%2Fb/hold', { reason: 'r', for: '2h' }],
    ['hold --all', '/api/hold', { reason: 'r' }],
    ['release pay', '/api/routes/pay/release', { reason: 'r' }],
    [
      'release --all --ramp 10,50,100 --every 10m',
      '/api/release',
      { reason: 'r', ramp: [10, 50, 100], every: '10m' },
    ],
  ])('%s asks %s', async (line, url, body) => {
    await using admin = await openStubAdmin(() => [
      200,
      { held: ['pay'], passedBy: ['old'], released: ['pay'] },
    ]);
    await using folder = await openFolder();
    const words = [...line.split(' '), '--reason', 'r', '--admin', admin.url, '--token', 't0k'];
    const { code, stdout, stderr } = await folder.figway(words);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^(held|released).*: pay\n/);
    expect(stdout.includes('not held, since')).toBe(line.startsWith('hold'));
    expect(admin.seen).toEqual([{ method: 'POST', url, token: 'Bearer t0k', body }]);
  });

  it('find the admin port in a file that does not pass check', async () => {
    await using admin = await openStubAdmin(() => [200, { held: ['pay'], passedBy: [] }]);
    const broken = `nonsense: 1\nadmin: { listen: "${admin.url.slice('http://'.length)}" }\nroutes: 7\n`;
    await using folder = await openFolder({ 'routes.yaml': broken });
    expect((await folder.figway(['hold', 'pay', '--reason', 'r'])).code).toBe(0);
    expect(admin.seen).toHaveLength(1);
  });

  it.each([
    [problem(404, 'not-found', 'there is no route x'), 2],
    [problem(409, 'hold-refused', 'x is done'), 1],
    [problem(403, 'role-missing', 'this needs the role operator'), 3],
    [problem(401, 'token-invalid', 'the admin token is not known'), 3],
  ])('tell why the admin port refuses: %j', async (answer, exitCode) => {
    await using admin = await openStubAdmin(() => answer);
    await using folder = await openFolder();
    const { code, stderr } = await folder.figway(['hold', 'x', '--reason', 'r', '--admin', admin.url]);
    expect(code).toBe(exitCode);
    expect(stderr).toMatch(/^figway: [^\n]+\n$/);
    expect(stderr).toContain(answer[1].detail);
  });

  it('tell where nobody listens, and exit with 3', async () => {
    await using folder = await openFolder();
    const url = `http://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await folder.figway(['hold', 'x', '--reason', 'r', '--admin', url]);
    expect(code).toBe(3);
    expect(stderr).toBe(
      `figway: admin port ${url} cannot be reached: connection refused; is the gateway running?\n`,
    );
  });

  it('tell a server apart that is no admin port', async () => {
    await using other = await openStubAdmin(() => [404, { oops: 1 }]);
    await using folder = await openFolder();
    const { code, stderr } = await folder.figway(['status', '--admin', other.url]);
    expect(code).toBe(3);
    expect(stderr).toContain('does not answer like an admin port of figway');
  });
});

describe('figway status', () => {
  const row = (route: string, more: object = {}) => ({
    route,
    owner: 'team',
    stage: 'legacy',
    percent: null,
    service: 'orders',
    requests: 12,
    serviceShare: 0.25,
    hold: null,
    breaker: 'closed',
    latency: { legacy: { p50: 1, p95: 12.34 }, service: { p50: null, p95: null } },
    ...more,
  });
  const hold = { by: 'alice', reason: 'wrong\u001b[2Jtotals', since: '', until: null, released: 0 };
  const view = {
    attention: [{ level: 'error', kind: 'config-refused', about: null, text: 'routes.yaml is refused' }],
    traffic: {
      requests: 24,
      serviceShare: 0.125,
      unclaimedShare: 0.5,
      routesByStage: { legacy: 1, canary: 1 },
    },
    routes: [
      row('orders', { verdict: 'pending', matchRate: 0.99996 }),
      row('pay', { stage: 'canary', percent: 10, hold }),
    ],
    unclaimed: row('unclaimed', { breaker: null }),
  };
  const pay = {
    ...row('pay', { stage: 'canary', percent: 10, hold }),
    verdict: {
      ...{ route: 'pay', state: 'pending', unverified: [], counts: {}, skips: {}, matchRate: 1 },
      parts: [
        {
          ...{ method: 'GET', entry: 'GET /pay', state: 'pending', n: 2438, bad: 0, share: 1 },
          ...{ more: 1240, latency: null, reasons: [] },
        },
      ],
      reasons: [
        'GET pending',
        'GET, match entry 1: 1,240 more distinct requests, about 12 minutes at this rate',
      ],
    },
    tripwire: {
      ...{ state: 'tripped', window: 60_000 },
      last: { at: '2026-11-26T03:00:00.000Z', reason: 'errors 12 %\u001b[2J' },
    },
    next: {
      stage: 'migrated',
      gate: 'ready+no-tripwire',
      isOpen: false,
      reasons: ['the verdict is pending'],
    },
    latencySides: {
      ...{ legacy: { p50: 1, p95: 12.34, p99: 20 }, service: { p50: 2, p95: 3, p99: 4 }, slowShare: 0.02 },
    },
  };
  const answer = ({ url }: Seen) => [200, url === '/api/routes/pay' ? pay : view] as const;

  it('shows attention first, then the routes, then how far it has come', async () => {
    await using admin = await openStubAdmin(answer);
    await using folder = await openFolder();
    const { code, stdout } = await folder.figway(['status', '--admin', admin.url]);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    expect(lines[0]).toBe('✗ routes.yaml is refused');
    expect(lines[2]).toMatch(
      /^route +owner +stage +requests +by service +match +verdict +legacy +service +breaker +hold$/,
    );
    expect(lines[3]).toMatch(/^orders +team +legacy +12 +25 % +99.99 % +pending +12 ms +- +closed +-$/);
    expect(lines[4]).toMatch(/^pay .* canary 10 % .* by alice: wrong\uFFFD\[2Jtotals$/);
    expect(stdout).toContain('12.5 % of all traffic is served by services, 50 % is unclaimed (24 requests)');
  });

  it('shows whom observing guards would lock out', async () => {
    const counts = {
      lockedOut: 3,
      refusedByBoth: 1,
      refusedByUpstream: 0,
      passed: 9,
      undecided: 0,
      codes: {},
    };
    const callers = [{ caller: 'key partner\u001b[2J', requests: 2 }];
    const observed = [{ route: 'orders', guard: 'auth', since: '', ...counts, callers }];
    await using admin = await openStubAdmin(() => [200, { ...view, observed }]);
    await using folder = await openFolder();
    const { stdout } = await folder.figway(['status', '--admin', admin.url]);
    expect(stdout).toMatch(/^observing guard +would lock out +both refuse +upstream alone refuses +mostly$/m);
    expect(stdout).toMatch(/^orders auth +3 +1 +0 +key partner\uFFFD\[2J$/m);
    const one = await folder.figway(['status', 'pay', '--admin', admin.url]);
    expect(one.stdout).not.toContain('observing guard');
  });

  it('shows one route, and exits with 2 for one that is not there', async () => {
    await using admin = await openStubAdmin(answer);
    await using folder = await openFolder();
    const one = await folder.figway(['status', 'pay', '--json', '--admin', admin.url]);
    expect(JSON.parse(one.stdout)).toMatchObject({ route: 'pay', percent: 10, next: { stage: 'migrated' } });
    const shown = await folder.figway(['status', 'pay', '--admin', admin.url]);
    expect(shown.stdout.split('\n').slice(-9, -1)).toEqual([
      'verdict pending',
      '  GET of GET /pay (100 % of the requests): pending, 0 bad of 2,438 distinct requests',
      '  - GET pending',
      '  - GET, match entry 1: 1,240 more distinct requests, about 12 minutes at this rate',
      'the same requests, p50 p95 p99: legacy 1 12 20, service 2 3 4 ms; 2 % slower',
      'tripwire tripped (over 1m); last 2026-11-26T03:00:00.000Z: errors 12 %\uFFFD[2J',
      'next: migrated, which asks for the verdict `ready` and no tripwire in the last window: closed',
      '  - the verdict is pending',
    ]);
    const none = await folder.figway(['status', 'order', '--admin', admin.url]);
    expect(none.code).toBe(2);
    expect(none.stderr).toContain('there is no route order, did you mean orders?');
  });

  it('uses the address of the routes file', async () => {
    await using admin = await openStubAdmin(answer);
    const listen = admin.url.slice('http://'.length);
    await using folder = await openFolder({
      'routes.yaml': `${shop}admin: { listen: "\${WHERE:-${listen}}" }\n`,
    });
    expect((await folder.figway(['status'])).code).toBe(0);
  });
});
