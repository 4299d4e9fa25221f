import { readFile } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import type { PreviewView } from '../../gateway/admin/previewing.ts';
import { openFolder } from '../kit/command-line.ts';
import { openWorld } from '../kit/world.ts';

const head = `monolith: legacy
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}" }
routes:
`;
const before = `${head}  orders-read: { match: [GET /orders/:id], service: orders, stage: legacy, by: [ip] }
  full: { match: [{ path: /list, query: { full: "1" } }], service: orders, stage: legacy }
  old: { match: [GET /old], service: orders, stage: migrated }
`;

const answers = {
  legacy: (_: unknown, res: import('node:http').ServerResponse) => void res.end('legacy'),
  orders: (_: unknown, res: import('node:http').ServerResponse) => void res.end('orders'),
};

async function ask(url: string, path: string, init: RequestInit = {}): Promise<void> {
  await (await fetch(url + path, init)).text();
}

async function preview(adminUrl: string, body: object): Promise<PreviewView> {
  const response = await fetch(`${adminUrl}/api/preview`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response.json() as Promise<PreviewView>;
}

describe('a preview', () => {
  it('tells what would move, and changes nothing', async () => {
    await using world = await openWorld(before, answers);
    for (let at = 0; at < 10; at += 1) await ask(world.url, `/orders/${at}`);
    for (let at = 0; at < 4; at += 1) await ask(world.url, `/cart/${at}?token=s3cret`, { method: 'POST' });
    for (const path of ['/list?full=1&full=2', '/list?full=2', '/old', '/Orders/9', '/', '/'])
      await ask(world.url, path);
    const text = (await readFile(world.file, 'utf8'))
      .replace('stage: legacy, by: [ip]', 'stage: canary, percent: 50, by: [ip]')
      .replace('[GET /old]', '[GET /older]')
      .replace('full: "1"', 'full: "2"')
      .concat('  carts: { match: [POST /cart/:id], service: orders, stage: migrated, data: service }\n')
      .concat('  typo: { match: [GET /crat], service: orders, stage: legacy }\n')
      .concat(
        '  fielded: { match: [{ path: /, headers: { x-api: "2" } }], service: orders, stage: legacy }\n',
      );
    const view = await preview(world.adminUrl, { text });
    expect(view).toMatchObject({
      requests: 20,
      moved: 10,
      movedShare: 0.5,
      writes: 1,
      others: 0,
      problems: [],
    });
    const rows = view.templates.map(({ template, method, from, to, requests, moved }) =>
      [method, template, from, '→', to, requests, moved].join(' '),
    );
    expect(rows.toSorted()).toEqual([
      'GET /list full (legacy) → unclaimed 1 0',
      'GET /list unclaimed → full (legacy) 1 0',
      'GET /old old (migrated) → unclaimed 1 1',
      'GET /orders/:id orders-read (legacy) → orders-read (canary 50 %) 10 5',
      'POST /cart/:id unclaimed → carts (migrated) 4 4',
    ]);
    expect(view.unmatchedRoutes).toEqual(['old', 'typo', 'fielded']);
    expect(view.notes).toEqual([
      'x-api was not kept, since no route matched on it: who sends it is not known',
    ]);
    expect(JSON.stringify(view)).not.toContain('s3cret');
    await ask(world.url, '/orders/1');
    expect(world.upstreams.orders.seen.map(({ url }) => url)).toEqual(['/old']);
  });

  it('finds what routes match on: host, fields, preflights', async () => {
    const matched = `${head}  fielded: { match: [{ path: /, host: a.example.com, method: [PUT], headers: { x-api: "2" } }], service: orders, stage: legacy }\n`;
    await using world = await openWorld(matched, answers);
    const fields = { 'x-api': '2', host: 'a.example.com:80' };
    const { request } = await import('node:http');
    const send = (method: string, headers: Record<string, string>): Promise<void> =>
      new Promise((resolve, reject) => {
        const req = request(world.url, { method, headers }, res => res.resume().once('end', resolve));
        req.once('error', reject).end();
      });
    await send('PUT', fields);
    await send('PUT', { ...fields, 'x-api': '3' });
    await send('OPTIONS', {
      ...fields,
      origin: 'https://b.example.com',
      'access-control-request-method': 'PUT',
    });
    const text = (await readFile(world.file, 'utf8')).replace(
      'stage: legacy',
      'stage: migrated, data: synced',
    );
    const view = await preview(world.adminUrl, { text });
    expect(view.templates).toMatchObject([{ method: 'PUT', template: '/', requests: 2, moved: 2 }]);
    expect(view.requests).toBe(3);
  });

  it('shows the errors of a file, and never the environment', async () => {
    await using world = await openWorld(before, answers);
    const text = before.replace('stage: migrated', 'stage: "${legacy}"').replace('/list', 'list');
    const { problems, templates } = await preview(world.adminUrl, { text });
    expect(templates).toEqual([]);
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).toContain('routes.full.match[0].path: a path begins with a slash');
    expect(problems.join('\n')).toContain('routes.old.stage');
    expect(problems.join('\n')).not.toContain('127.0.0.1');
  });

  it('is asked for on the command line, with included files', async () => {
    await using world = await openWorld(before, answers);
    for (let at = 0; at < 4; at += 1) await ask(world.url, `/orders/${at}`);
    await using folder = await openFolder({
      'next.yaml': `include: [routes.d/*.yaml]\nmonolith: legacy\nupstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }\n`,
      'routes.d/team.yaml':
        'owner: team\nroutes:\n  orders-read: { match: [GET /orders/:id], service: orders, stage: migrated }\n',
      'bad.yaml': 'monolith: nobody\nupstreams: { legacy: { url: http://127.0.0.1:4000 } }\n',
    });
    const run = (words: string[]) => folder.figway(['preview', ...words, '--admin', world.adminUrl]);
    const told = await run(['next.yaml']);
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout).toMatch(
      /\/orders\/:id +GET +4 +4 +orders-read \(legacy\) +orders-read \(migrated\)\n/,
    );
    expect(told.stdout).toMatch(/moves 100 % of 4 requests since \d\d:\d\d, 1 template, 0 of them writes\n/);
    const bad = await run(['bad.yaml', '--json']);
    expect(bad.code).toBe(1);
    expect((JSON.parse(bad.stdout) as PreviewView).problems[0]).toContain('monolith');
    // As the file is on disk, edited but not in force: here it is in force.
    expect(await preview(world.adminUrl, {})).toMatchObject({ requests: 4, moved: 0, templates: [] });
  });

  it('stalls nobody while a thousand routes are compiled', { timeout: 60_000 }, async () => {
    const many = Array.from(
      { length: 1000 },
      (_, at) => `  r${at}: { match: [GET /r${at}/:id], service: orders, stage: legacy }\n`,
    );
    await using world = await openWorld(`${head}${many.join('')}`, answers);
    for (let at = 0; at < 30; at += 1)
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => ask(world.url, `/r${(at * 10 + n) % 1000}/1?q=${n}`)),
      );
    const text = (await readFile(world.file, 'utf8')).replaceAll('stage: legacy', 'stage: migrated');
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const view = await preview(world.adminUrl, { text });
    delay.disable();
    expect(view).toMatchObject({ requests: 300, movedShare: 1, others: 0 });
    expect(view.templates).toHaveLength(300);
    // What it takes on the main thread is a body of 70 KB, and an answer of 300 rows.
    expect(delay.max / 1e6).toBeLessThan(500);
  });
});
