import { readFile, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startGatewayProcess } from '../kit/process.ts';
import { echo, openUpstream } from '../kit/upstream.ts';
import { openWorld, type World } from '../kit/world.ts';

const table = (stage: string, more = ''): string => `
monolith: legacy
debugHeaders: true
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes:
  # the orders team asked for this one first
  orders:
    match: [/orders/:id]
    service: orders
    stage: ${stage}   # one word
    data: synced
${more}`;

type Shop = World<Record<'legacy' | 'orders', RequestListener>>;

const open = (yaml: string): Promise<Shop> =>
  openWorld(yaml, { legacy: echo('legacy'), orders: echo('orders') });

async function server(world: Shop): Promise<string> {
  const answer = await fetch(`${world.url}/orders/1`);
  return ((await answer.json()) as { from: string }).from;
}

async function admin(world: Shop, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${world.adminUrl}${path}`, {
    ...(body === undefined
      ? {}
      : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return { status: answer.status, body: await answer.json() };
}

describe('moves', () => {
  it('a promotion through the admin port edits one line, counts at once, and is recorded with who and why', async () => {
    await using world = await open(table('legacy'));
    const moved = await admin(world, '/api/routes/orders/stage', {
      stage: 'shadow',
      reason: 'service is up',
    });
    expect(moved.status).toBe(200);
    const before = table('legacy').split('\n');
    const after = (await readFile(world.file, 'utf8')).split('\n').slice(-before.length);
    expect(after.filter((line, i) => line !== before[i])).toEqual(['    stage: shadow   # one word']);
    const { body } = await admin(world, '/api/moves');
    expect(body).toMatchObject({
      moves: [
        {
          route: 'orders',
          from: { stage: 'legacy' },
          to: { stage: 'shadow' },
          by: 'loopback',
          reason: 'service is up',
          ungated: false,
        },
      ],
    });
  });

  it('a move that needs evidence is refused, and made with force, on record', async () => {
    await using world = await open(table('shadow', '    percent: 10\n    by: [ip]\n'));
    const refused = await admin(world, '/api/routes/orders/stage', { stage: 'canary', reason: 'looks fine' });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'gate-closed' });
    const forced = await admin(world, '/api/routes/orders/stage', {
      stage: 'canary',
      reason: 'contract tests, build 412',
      force: true,
    });
    expect(forced.status).toBe(200);
    const { body } = await admin(world, '/api/moves');
    expect(body).toMatchObject({ moves: [{ ungated: true, reason: 'contract tests, build 412' }] });
  });

  it('a hand edit is obeyed and recorded with its revision, as ungated where it passes a gate', async () => {
    await using world = await open(table('legacy', 'revision: build-7\n'));
    await world.edit(table('migrated', 'revision: build-8\n'));
    expect(await server(world)).toBe('orders');
    await expect
      .poll(async () => (await admin(world, '/api/moves')).body)
      .toMatchObject({
        moves: [{ to: { stage: 'migrated' }, by: 'revision build-8', revision: 'build-8', ungated: true }],
      });
  });
});

describe('holds', () => {
  it('a hold sends a route to legacy at once, whatever the state of the file, and survives a reload', async () => {
    await using world = await open(table('migrated'));
    expect(await server(world)).toBe('orders');
    await world.edit('routes: [broken');
    expect((await admin(world, '/api/routes/orders/hold', { reason: 'errors at 3 am' })).status).toBe(200);
    const held = await fetch(`${world.url}/orders/1`);
    expect(held.headers.get('x-figway')).toBe(
      'route=orders; stage=migrated; served=legacy; because="held: errors at 3 am"',
    );
    await world.edit(table('migrated', '# mended\n'));
    expect(await server(world)).toBe('legacy');
    expect((await admin(world, '/api/routes/orders/release', { reason: 'fixed' })).status).toBe(200);
    expect(await server(world)).toBe('orders');
  });

  it('where the service owns the data a hold answers 503, and stale reads only where the route accepts them', async () => {
    const owned = (fallback: string): string =>
      table('migrated').replace('data: synced', `data: service\n    fallback: ${fallback}`);
    await using world = await open(owned('off'));
    await admin(world, '/api/routes/orders/hold', { reason: 'leaking' });
    const refused = await fetch(`${world.url}/orders/1`);
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'held' });
    await world.edit(owned('{ when: safe, stale: true }'));
    expect(await server(world)).toBe('legacy');
    expect((await fetch(`${world.url}/orders/1`, { method: 'POST', body: 'x' })).status).toBe(503);
    expect(world.upstreams.legacy.seen.filter(request => request.method === 'POST')).toEqual([]);
  });

  it('a hold survives a restart', async () => {
    const legacy = await openUpstream(echo('legacy'));
    const orders = await openUpstream(echo('orders'));
    const yaml = table('migrated');
    const env = { legacy: legacy.url, orders: orders.url };
    await using first = await startGatewayProcess(yaml, env);
    const held = await fetch(`${first.adminUrl}/api/routes/orders/hold`, {
      method: 'POST',
      body: JSON.stringify({ reason: 'over night' }),
      headers: { 'content-type': 'application/json' },
    });
    expect(held.status).toBe(200);
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    await using again = await first.restart();
    expect(await (await fetch(`${again.url}/orders/1`)).json()).toMatchObject({ from: 'legacy' });
    await Promise.all([legacy.close(), orders.close()]);
  });
});

describe('last good', () => {
  it('runs when the file is broken at start and that is asked for, loudly; else every problem and exit 1', async () => {
    const legacy = await openUpstream(echo('legacy'));
    const orders = await openUpstream(echo('orders'));
    await using first = await startGatewayProcess(table('migrated'), {
      legacy: legacy.url,
      orders: orders.url,
    });
    first.child.kill('SIGTERM');
    expect(await first.exited).toBe(0);
    const text = await readFile(first.file, 'utf8');
    await writeFile(
      first.file,
      text.replace('stage: migrated', 'stage: migratd').replace('monolith: legacy', 'monolith: legcy'),
    );

    const refused = await first.restart().catch((error: unknown) => String(error));
    expect(refused).toContain('exited with 1');
    expect(refused).toContain('got "migratd"');
    expect(refused).toContain('error monolith');

    await using again = await first.restart(['--last-good']);
    expect(await (await fetch(`${again.url}/orders/1`)).json()).toMatchObject({ from: 'orders' });
    expect(again.output()).toContain('config-refused');
    const metrics = await (await fetch(`${again.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^figway_config_last_reload_successful 0$/m);
    expect((await fetch(`${again.adminUrl}/readyz`)).status).toBe(200);

    await writeFile(again.file, text);
    await expect
      .poll(async () => (await fetch(`${again.adminUrl}/metrics`)).text())
      .toMatch(/^figway_config_last_reload_successful 1$/m);
    await Promise.all([legacy.close(), orders.close()]);
  });
});
