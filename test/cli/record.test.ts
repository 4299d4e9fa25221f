import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { recordBounds } from '../../gateway/compare/record-account.ts';
import { makeToken } from '../kit/admin.ts';
import { openFolder, spawnFigway } from '../kit/command-line.ts';
import { openWorld } from '../kit/world.ts';

const answer =
  (by: string): RequestListener =>
  (req, res) => {
    req.resume().on('end', () => {
      res.setHeader('set-cookie', 'sid=cookie-secret');
      res.setHeader('content-type', 'application/json');
      res.end(
        `{"url":${JSON.stringify(req.url)},"by":"${by}","big":10765432100123456789,"apiToken":"body-secret","customer":{"email":"a@b.example"}}`,
      );
    });
  };

const yaml = `
monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}" }
routes:
  orders-read:
    match: [GET /orders/:id]
    service: orders
    stage: shadow
    compare: { sample: 100%, redact: [ $.customer.email ] }
  orders-write:
    match: [POST /orders]
    service: orders
    stage: legacy
`;

/** Starts to record and waits until the gateway does. */
async function startRecording(adminUrl: string, cwd: string, words: readonly string[] = []) {
  const child = spawnFigway(cwd, ['record', '--out', 'out.ndjson', '--admin', adminUrl, ...words]);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, said: () => ({ stdout, stderr }) };
}

interface Line {
  readonly request: Record<string, unknown>;
  readonly legacy?: { readonly status: number; readonly body: string; readonly headers: object };
  readonly service?: { readonly body: string };
}

const linesIn = (text: string): Line[] =>
  text
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as Line);

describe('figway record', () => {
  it('records what passes by without its credentials, and what it writes can be replayed and judged', async () => {
    await using world = await openWorld(yaml, { legacy: answer('legacy'), orders: answer('service') });
    await using folder = await openFolder();
    const recording = await startRecording(world.adminUrl, folder.path);
    const linesNow = async () => linesIn(await folder.read('out.ndjson').catch(() => ''));
    const headers = { authorization: 'Bearer header-secret', cookie: 'sid=cookie-secret', accept: 'text/x' };
    const ask = async (path: string, more: RequestInit = {}) => {
      const response = await fetch(world.url + path, { headers, ...more });
      expect(await response.json()).toMatchObject({ by: 'legacy' });
    };
    await expect
      .poll(async () => {
        await ask('/orders/0');
        return (await linesNow()).length;
      })
      .toBeGreaterThan(0);
    await ask('/orders/7?access_token=query-secret&a=1');
    await ask('/orders', {
      method: 'POST',
      body: JSON.stringify({ sku: 'x', password: 'upload-secret' }),
      headers: { 'content-type': 'application/json', ...headers },
    });
    await ask('/elsewhere');
    await expect
      .poll(async () => (await linesNow()).map(({ request }) => `${request.method} ${request.url}`))
      .toEqual(
        expect.arrayContaining(['GET /orders/7?access_token=***&a=1', 'POST /orders', 'GET /elsewhere']),
      );
    recording.child.kill('SIGINT');
    expect([await recording.ended, recording.said().stderr]).toEqual([0, '']);
    expect(recording.said().stdout).toMatch(/^out\.ndjson: \d+ exchanges\n$/);

    const text = await folder.read('out.ndjson');
    expect(text).not.toMatch(/-secret/);
    const lines = linesIn(text);
    const ofRoute = lines.filter(({ request }) => String(request.url).startsWith('/orders/'));
    expect(JSON.stringify(ofRoute)).not.toContain('a@b.example');
    const seventh = lines.find(({ request }) => String(request.url).startsWith('/orders/7'));
    expect(seventh?.request.headers).toMatchObject({ authorization: '***', cookie: '***', accept: 'text/x' });
    expect(seventh?.legacy?.body).toContain(
      '"big":10765432100123456789,"apiToken":"***","customer":{"email":"***"}',
    );
    expect(seventh?.service?.body).toContain('"by":"service"');
    const post = lines.find(({ request }) => request.method === 'POST');
    expect(post?.request.body).toBe('{"sku":"x","password":"***"}');
    expect(post?.service).toBeUndefined();

    const judged = lines.filter(line => line.service !== undefined).map(line => JSON.stringify(line));
    await folder.write('pairs.ndjson', judged.join('\n'));
    const pairs = await folder.figway(['compare', 'pairs', 'pairs.ndjson']);
    expect(JSON.parse(pairs.stdout.split('\n')[0] ?? '')).toMatchObject({
      outcome: 'mismatch',
      differences: [{ path: '$.by', legacy: 'legacy', service: 'service' }],
    });
    const sides = ['--legacy', world.upstreams.legacy.url, '--service', world.upstreams.orders.url];
    const replayed = await folder.figway(['compare', 'replay', 'out.ndjson', '--json', ...sides]);
    expect(JSON.parse(replayed.stdout)).toMatchObject({
      source: { format: 'pairs' },
      input: {
        corrupt: 0,
        passed: { 'its query was redacted': 1, 'its body was redacted': 1 },
      },
      counts: { mismatch: 2 },
    });

    const differences = await fetch(`${world.adminUrl}/api/routes/orders-read/differences`);
    expect(await differences.json()).toMatchObject({
      differences: [{ path: '$.by', entry: 'GET /orders/:id', state: 'open' }],
    });
  });

  it('records one route, for so long, and says so where nothing passed by', async () => {
    await using world = await openWorld(yaml, { legacy: answer('legacy'), orders: answer('service') });
    await using folder = await openFolder();
    const ran = await folder.figway(
      ['record', '--out', 'out.ndjson', '--route', 'orders-read', '--for', '200ms', '--json'],
      { FIGWAY_ADMIN_URL: world.adminUrl },
    );
    expect([ran.code, JSON.parse(ran.stdout)]).toEqual([
      2,
      { file: 'out.ndjson', recorded: 0, leftOut: 0, ended: 'time' },
    ]);
    const missing = await folder.figway(['record', '--out', 'x', '--route', 'no', '--admin', world.adminUrl]);
    expect([missing.code, missing.stderr]).toEqual([2, 'figway: there is no route "no"\n']);
    expect((await folder.figway(['record', '--admin', world.adminUrl])).code).toBe(3);
  });

  it('ends with what it has where the gateway does', async () => {
    const world = await openWorld(yaml, { legacy: answer('legacy'), orders: answer('service') });
    await using folder = await openFolder();
    const recording = await startRecording(world.adminUrl, folder.path);
    await expect
      .poll(async () => {
        await (await fetch(`${world.url}/elsewhere`)).text();
        return linesIn(await folder.read('out.ndjson').catch(() => '')).length;
      })
      .toBeGreaterThan(0);
    await world[Symbol.asyncDispose]();
    expect(await recording.ended).toBe(0);
    expect(recording.said().stdout).toMatch(/the gateway was stopped|broke/);
  });
});

describe('/api/record', () => {
  it('is for operators, all routes for those who may see all', async () => {
    const viewer = makeToken('vera', 'viewer');
    const operator = makeToken('olga', 'operator', ['orders-*']);
    const tokens = [viewer, operator].map(({ entry: { id, sha256, role, routes } }) =>
      JSON.stringify({ id, sha256, role, ...(routes === undefined ? {} : { routes }) }),
    );
    const admin = `admin: { listen: "127.0.0.1:0", tokens: [${tokens.join(', ')}] }\n`;
    await using world = await openWorld(admin + yaml, {
      legacy: answer('legacy'),
      orders: answer('service'),
    });
    const ask = async (path: string, { header }: { header: string }) => {
      const response = await fetch(world.adminUrl + path, { headers: { authorization: header } });
      await response.text();
      return response.status;
    };
    expect(await ask('/api/record?for=10ms', viewer)).toBe(403);
    expect(await ask('/api/record?for=10ms', operator)).toBe(403);
    expect(await ask('/api/record?for=10ms&route=orders-read', operator)).toBe(200);
    expect(await ask('/api/record?for=25h&route=orders-read', operator)).toBe(400);
    const open = await Promise.all(
      Array.from({ length: recordBounds.recordings }, () =>
        fetch(`${world.adminUrl}/api/record?route=orders-read`, {
          headers: { authorization: operator.header },
        }),
      ),
    );
    expect(await ask('/api/record?route=orders-read', operator)).toBe(503);
    for (const one of open) await one.body?.cancel();
    await expect.poll(() => ask('/api/record?for=10ms&route=orders-read', operator)).toBe(200);
  });
});
