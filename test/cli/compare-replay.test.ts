import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createAuthority } from '../../estate/certificate.ts';
import type { ReplayReport } from '../../gateway/offline/report.ts';
import { openFolder } from '../kit/command-line.ts';
import { freePort } from '../kit/free-port.ts';
import { openTokenServer } from '../kit/token-server.ts';
import { openUpstream } from '../kit/upstream.ts';

const json =
  (body: unknown, status = 200): RequestListener =>
  (_req, res) => {
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };

const logOf = (targets: readonly string[], status = 200): string =>
  targets
    .map(target => `203.0.113.9 - - [10/Oct/2026:13:55:36 +0000] "GET ${target} HTTP/1.1" ${status} 1\n`)
    .join('');

const orders = (count: number): string[] => Array.from({ length: count }, (_, at) => `/orders/${at + 1}`);

/** Both sides, and a command line in a folder with a log of these targets. */
async function openStage(legacy: RequestListener, service: RequestListener, log: string) {
  const [one, other] = [await openUpstream(legacy), await openUpstream(service)];
  const folder = await openFolder({ 'access.log': log });
  return {
    legacy: one,
    service: other,
    folder,
    replay: async (...words: string[]) => {
      const sides = ['--legacy', one.url, '--service', other.url];
      return folder.figway(['compare', 'replay', 'access.log', ...sides, ...words]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([one.close(), other.close(), folder[Symbol.asyncDispose]()]);
    },
  };
}

const withCredentials = (tokenUrl: string): string => `monolith: legacy
upstreams:
  legacy: { url: http://127.0.0.1:4000 }
  orders:
    url: http://127.0.0.1:4103
    credentials: { tokenUrl: "${tokenUrl}", clientId: gateway, clientSecret: some secret }
routes:
  orders-read: { match: [GET /orders/:id], service: orders, stage: shadow }
`;

const reportIn = (stdout: string): ReplayReport => JSON.parse(stdout) as ReplayReport;

describe('figway compare replay', () => {
  it('is ready once so many distinct requests were equal', async () => {
    await using stage = await openStage(json({ ok: true }), json({ ok: true }), logOf(orders(300)));
    const ran = await stage.replay('--json', '--max-mismatch', '1', '--seed', 'a');
    const report = reportIn(ran.stdout);
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    expect(report.verdict).toMatchObject({ state: 'ready', n: 300, bad: 0, maxMismatch: 1 });
    expect(report).toMatchObject({ seed: 'a', input: { asked: 300 }, counts: { match: 300 } });
    expect(report.latency?.pairs).toBe(300);
    expect(stage.legacy.seen).toHaveLength(300);
    expect(stage.legacy.seen.map(({ url }) => url)).not.toEqual(orders(300));
    expect(stage.service.seen.map(({ url }) => url).toSorted()).toEqual(orders(300).toSorted());
  });

  it('is pending with too few, and says how many more', async () => {
    await using stage = await openStage(json({}), json({}), logOf(['/a', '/b', '/a']));
    const ran = await stage.replay();
    expect(ran.code).toBe(2);
    expect(ran.stdout).toMatch(/pending: 0 bad of 2 distinct requests/);
    expect(ran.stdout).toMatch(/2993 more distinct requests are needed/);
    expect(ran.stdout).toMatch(/1 repeated/);
  });

  it('is blocked by what differs, and shows what overlaps as one finding', async () => {
    const service: RequestListener = (req, res) =>
      json(req.url === '/orders/1' ? { total: 1 } : { total: '1', more: true })(req, res);
    await using stage = await openStage(json({ total: 1 }), service, logOf(orders(60)));
    const ran = await stage.replay('--json', '--html', 'report.html', '--junit', 'report.xml');
    const report = reportIn(ran.stdout);
    expect(ran.code).toBe(1);
    expect(report.verdict).toMatchObject({ state: 'blocked', n: 60, bad: 59 });
    expect(report.findings).toHaveLength(1);
    expect(report.findings[0]).toMatchObject({ count: 59 });
    expect(
      report.findings[0]?.signatures.map(({ template, path, kind, legacy, service: got }) => [
        template,
        path,
        kind,
        legacy,
        got,
      ]),
    ).toEqual(
      expect.arrayContaining([
        ['/orders/:id', '$.total', 'type', 1, '1'],
        ['/orders/:id', '$.more', 'added', undefined, true],
      ]),
    );
    expect(report.examples[0]?.sides.service?.body).toContain('"more": true');
    const junit = await stage.folder.read('report.xml');
    expect(junit).toContain('tests="2" failures="2"');
    expect(junit).toContain('classname="GET /orders/:id"');
    const html = await stage.folder.read('report.html');
    expect(html).toMatch(/<mark>&quot;1&quot;<\/mark>/);
    expect(html).not.toMatch(/<script|https?:\/\/(?!127\.0\.0\.1)/);
  });

  it('with --keep shapes has lengths and hashes of what differs, and no value', async () => {
    const [one, other] = [json({ name: 'value-one' }), json({ name: 'value-other' })];
    await using stage = await openStage(one, other, logOf(orders(5)));
    const ran = await stage.replay('--json', '--keep', 'shapes', '--html', 'r.html', '--junit', 'r.xml');
    expect(reportIn(ran.stdout).examples[0]?.differences[0]?.shapes).toMatchObject({
      legacy: { length: 9 },
      service: { length: 11 },
    });
    for (const text of [ran.stdout, await stage.folder.read('r.html'), await stage.folder.read('r.xml')])
      expect(text).not.toContain('value-o');
  });

  it('goes by the rules and the rewrite of a route, and asks only what it claims', async () => {
    const service: RequestListener = (req, res) => {
      res.setHeader('location', `http://${req.headers.host}/v2/orders/9`);
      json({ path: 'same', updatedAt: '2026-01-02T00:00:00Z' })(req, res);
    };
    const legacy: RequestListener = (req, res) => {
      res.setHeader('location', `http://${req.headers.host}/orders/9`);
      json({ path: 'same', updatedAt: '2026-01-01T00:00:00Z' })(req, res);
    };
    await using stage = await openStage(legacy, service, logOf([...orders(3), '/users/1']));
    await stage.folder.write(
      'routes.yaml',
      `monolith: legacy
upstreams:
  legacy: { url: http://127.0.0.1:4000 }
  orders: { url: http://127.0.0.1:4103 }
routes:
  orders-read:
    match: [GET /orders/:id]
    service: orders
    stage: shadow
    rewrite: /v2/orders/:id
    compare: { maxMismatch: 60%, ignore: [ { path: $.updatedAt, reason: clock } ] }
`,
    );
    const ran = await stage.replay('--route', 'orders-read', '--json');
    const report = reportIn(ran.stdout);
    expect(report.counts).toMatchObject({ excused: 3, mismatch: 0 });
    expect(report.excused).toMatchObject([{ count: 3 }]);
    expect(report.input.passed).toEqual({ 'orders-read does not claim it': 1 });
    expect(report.verdict).toMatchObject({ maxMismatch: 60, state: 'pending' });
    expect(stage.service.seen.map(({ url }) => url).toSorted()).toEqual(orders(3).map(path => `/v2${path}`));
    expect((await stage.replay('--route', 'nothing')).code).toBe(2);
  });

  it('calls nothing a match where both refuse for want of credentials', async () => {
    await using stage = await openStage(json({}, 401), json({}, 403), logOf(orders(3)));
    const ran = await stage.replay('--json');
    expect(ran.code).toBe(2);
    expect(reportIn(ran.stdout)).toMatchObject({
      counts: { match: 0, skipped: 3 },
      skips: { unauthenticated: 3 },
      verdict: { n: 0, state: 'pending' },
    });
    await stage.folder.write('access.log', logOf(orders(3), 401));
    expect(reportIn((await stage.replay('--json')).stdout).counts).toMatchObject({ mismatch: 3, skipped: 0 });
  });

  it('gives each side its own credentials, and shows none of them', async () => {
    const echoing: RequestListener = (req, res) =>
      json({ accept: req.headers.accept, token: req.headers.authorization, by: req.headers['x-side'] })(
        req,
        res,
      );
    await using stage = await openStage(echoing, echoing, logOf(['/me']));
    const fields = ['--header', 'accept: text/x', '--legacy-header', 'authorization: Bearer legacy-secret'];
    const own = ['--service-header', 'authorization: Bearer service-secret', '--service-header', 'x-side: s'];
    const ran = await stage.replay(...fields, ...own, '--json', '--html', 'r.html', '--junit', 'r.xml');
    expect(stage.legacy.seen[0]?.headers).toMatchObject({ authorization: 'Bearer legacy-secret' });
    expect(stage.service.seen[0]?.headers).toMatchObject({
      authorization: 'Bearer service-secret',
      'x-side': 's',
    });
    expect(stage.service.seen[0]?.headers.accept).toBe('text/x');
    const said =
      ran.stdout + ran.stderr + (await stage.folder.read('r.html')) + (await stage.folder.read('r.xml'));
    expect(said).toContain('$.by');
    expect(said).not.toContain('-secret');
  });

  it('asks the service with a token where its upstream has credentials, unless it is given one', async () => {
    await using tokens = await openTokenServer();
    const seenBy = { legacy: new Set<string>(), service: new Set<string>() };
    const noting =
      (side: 'legacy' | 'service'): RequestListener =>
      (req, res) => {
        seenBy[side].add(req.headers.authorization ?? 'none');
        json({})(req, res);
      };
    await using stage = await openStage(noting('legacy'), noting('service'), logOf(orders(20)));
    await stage.folder.write('routes.yaml', withCredentials(tokens.url));
    expect((await stage.replay('--route', 'orders-read')).stderr).toBe('');
    expect([...seenBy.legacy, ...seenBy.service]).toEqual(['none', 'Bearer token-1']);

    await stage.replay('--route', 'orders-read', '--service-header', 'authorization: Bearer mine');
    expect([...seenBy.legacy, ...seenBy.service]).toEqual(['none', 'Bearer token-1', 'Bearer mine']);
    expect(tokens.asked).toHaveLength(1);
  });

  it('speaks to the service by the tls of its upstream', async () => {
    const authority = createAuthority({ name: 'ours', now: Date.now(), days: 1 });
    const own = authority.issue('gateway');
    const callers = new Set<string>();
    const service = createServer(
      { ...authority.issue('orders'), ca: authority.cert, requestCert: true },
      (req, res) => {
        callers.add(String((req.socket as TLSSocket).getPeerCertificate().subject.CN));
        json({ ok: true })(req, res);
      },
    ).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    await using cleanup = new AsyncDisposableStack();
    cleanup.defer(() => {
      service.close();
      service.closeAllConnections();
    });
    const legacy = cleanup.adopt(await openUpstream(json({ ok: true })), upstream => upstream.close());
    await using folder = await openFolder({
      ...{ 'access.log': logOf(orders(3)), 'ca.pem': authority.cert },
      ...{ 'own.pem': own.cert, 'own-key.pem': own.key },
      'routes.yaml': `monolith: legacy
upstreams:
  legacy: { url: http://127.0.0.1:4000 }
  orders: { url: https://127.0.0.1:4103, tls: { ca: ca.pem, cert: own.pem, key: own-key.pem } }
routes:
  orders-read: { match: [GET /orders/:id], service: orders, stage: shadow }
`,
    });
    const sides = ['--legacy', legacy.url, '--service', `https://127.0.0.1:${port}`];
    const replay = ['compare', 'replay', 'access.log', '--json', ...sides];
    expect(reportIn((await folder.figway([...replay, '--route', 'orders-read'])).stdout).counts.match).toBe(
      3,
    );
    expect([...callers]).toEqual(['gateway']);
    // Without the route nobody says whom to believe.
    expect((await folder.figway(replay)).code).toBe(3);
  });

  it('asks nobody anything where there is no token for the service', async () => {
    await using tokens = await openTokenServer();
    tokens.answer(401);
    await using stage = await openStage(json({}), json({}), logOf(orders(2)));
    await stage.folder.write('routes.yaml', withCredentials(tokens.url));
    const ran = await stage.replay('--route', 'orders-read');
    expect([ran.code, ran.stdout]).toEqual([3, '']);
    expect(ran.stderr).toMatch(/no token for upstream orders: \S+ answered 401; --service-header gives/);
    expect([...stage.legacy.seen, ...stage.service.seen]).toEqual([]);
  });

  it('ends with 3 where a side cannot be reached, whatever the other one says', async () => {
    await using stage = await openStage(json({}), json({}), logOf(orders(400)));
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const ran = await stage.replay('--service', nobody, '--json', '--html', 'report.html');
    expect(ran.code).toBe(3);
    expect(ran.stdout).toBe('');
    expect(ran.stderr).toContain(`service at ${nobody} cannot be reached`);
    await expect(stage.folder.read('report.html')).rejects.toThrow();
  });

  it('counts a side that fails, and does not follow where it points', async () => {
    const service: RequestListener = (req, res) => {
      if (req.url === '/orders/1') res.destroy();
      else if (req.url === '/orders/2') json({}, 503)(req, res);
      else if (req.url === '/orders/3') return;
      else res.writeHead(302, { location: '/orders/1' }).end();
    };
    const legacy: RequestListener = (req, res) => {
      if (req.url === '/orders/5') json({}, 500)(req, res);
      else if (req.url === '/orders/4') res.writeHead(302, { location: '/orders/1' }).end();
      else json({})(req, res);
    };
    await using stage = await openStage(legacy, service, logOf(orders(5)));
    const report = reportIn((await stage.replay('--json', '--timeout', '300ms')).stdout);
    expect(report.counts).toMatchObject({ 'service-failed': 3, 'legacy-failed': 1, match: 1 });
    const kinds = report.findings.flatMap(({ signatures }) => signatures.map(({ signature }) => signature));
    expect(kinds).toContain('service-failed: status 503');
    expect(kinds).toContain('service-failed: no whole answer within 300 ms');
  });

  it('sends nothing but GET and HEAD unless it is told to', async () => {
    await using stage = await openStage(json({}), json({}), '');
    const lines = [
      {
        request: {
          method: 'POST',
          url: '/orders',
          body: '{"a":1}',
          headers: { 'content-type': 'application/json' },
        },
      },
      { request: { method: 'DELETE', url: '/orders/1' } },
      { request: { method: 'HEAD', url: '/orders/1' } },
    ];
    await stage.folder.write('access.log', lines.map(line => `${JSON.stringify(line)}\n`).join(''));
    await stage.replay();
    expect(stage.service.seen.map(({ method }) => method)).toEqual(['HEAD']);
    await stage.replay('--writes');
    expect(stage.service.seen.map(({ method }) => method).toSorted()).toEqual([
      'DELETE',
      'HEAD',
      'HEAD',
      'POST',
    ]);
    expect(stage.legacy.seen.find(({ method }) => method === 'POST')?.headers['content-length']).toBe('7');
  });

  it('names the lines that it cannot read and goes on; with none that it can, it ends with 3', async () => {
    await using stage = await openStage(json({}), json({}), `${logOf(['/a'])}what is this\n`);
    const ran = await stage.replay();
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(/^access.log: line 2: no line of a common or combined log/);
    await stage.folder.write('access.log', 'what is this\n');
    expect((await stage.replay()).code).toBe(3);
    expect((await stage.replay('--format', 'common')).stderr).toMatch(/no request in it .*1 cannot be read/);
  });

  it.each([
    [['--legacy', 'ftp://x'], /--legacy: expected an address/],
    [['--legacy', 'http://me:pw@127.0.0.1:1'], /--legacy: .*\*\*\*@/],
    [['--header', 'no colon'], /--header: expected a field/],
    [['--header', 'content-length: 3'], /--header: content-length is set/],
    [['--rate', 'fast'], /--rate: expected a rate/],
    [['--concurrency', '0'], /--concurrency: expected a whole number from 1 to 256/],
    [['--timeout', '1ms'], /--timeout: expected 100ms to 10m/],
    [['--format', 'csv'], /--format: expected one of har/],
  ])('refuses %j', async (words, message) => {
    await using folder = await openFolder({ 'access.log': logOf(['/a']) });
    const sides = ['--legacy', 'http://127.0.0.1:1', '--service', 'http://127.0.0.1:1'];
    const ran = await folder.figway(['compare', 'replay', 'access.log', ...sides, ...words]);
    expect([ran.code, ran.stdout]).toEqual([3, '']);
    expect(ran.stderr).toMatch(message);
    expect(ran.stderr).not.toContain('pw@');
  });
});
