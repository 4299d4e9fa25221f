import { describe, expect, it } from 'vitest';
import { openFolder, openStubAdmin } from '../kit/command-line.ts';
import { shop } from '../kit/routes-files.ts';

describe('figway explain', () => {
  it('tells route, entry, side and the path that is forwarded', async () => {
    const migrated = shop.replace('stage: legacy', 'stage: migrated');
    await using folder = await openFolder({ 'routes.yaml': migrated });
    const { code, stdout } = await folder.figway(['explain', 'GET', '/orders/42?full=1']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/route +orders-read of team-orders, stage migrated/);
    expect(stdout).toMatch(/entry +GET \/orders\/:id, with :id = 42/);
    expect(stdout).toMatch(/served +by service/);
    expect(stdout).toContain('to orders as /v1/orders/42\n');
  });

  it('tells the bucket of a client in canary', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const { stdout } = await folder.figway(['explain', '/pay', '-H', 'Cookie: sid=3', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      route: 'pay',
      split: { cohort: 'checkout', bucket: 1894, threshold: 1000 },
      decision: { serve: 'legacy' },
      upstream: 'legacy',
    });
  });

  it('tells why the next best entry did not win', async () => {
    const wide = shop.replace('- GET /orders\n', '- GET /orders/*\n');
    await using folder = await openFolder({ 'routes.yaml': wide });
    const { stdout } = await folder.figway(['explain', 'GET', '/orders/42']);
    expect(stdout).toMatch(/not +orders-read: GET \/orders\/\*: .*wins over/);
  });

  it('tells of unclaimed and of refused requests, and exits with 0', async () => {
    await using folder = await openFolder({ 'routes.yaml': shop });
    const unclaimed = await folder.figway(['explain', 'GET /elsewhere']);
    expect(unclaimed.code).toBe(0);
    expect(unclaimed.stdout).toContain('unclaimed: no route matches');
    const refused = await folder.figway(['explain', 'GET', '/a/../pay']);
    expect(refused.code).toBe(0);
    expect(refused.stdout).toMatch(/refused +bad-request-target: /);
  });

  it('asks the running gateway with --live', async () => {
    await using admin = await openStubAdmin(() => [
      200,
      {
        method: 'GET',
        target: '/pay',
        outcome: 'unclaimed',
        params: [],
        others: [],
        readings: [],
        guards: [],
      },
    ]);
    await using folder = await openFolder();
    const words = [
      'explain',
      '/pay',
      '-H',
      'Cookie: sid=3',
      '--user',
      'alice',
      '--live',
      '--admin',
      admin.url,
    ];
    const { code } = await folder.figway(words);
    expect(code).toBe(0);
    const url = new URL(admin.seen[0]?.url ?? '', admin.url);
    expect(url.pathname).toBe('/api/explain');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      method: 'GET',
      path: '/pay',
      user: 'alice',
      ip: '127.0.0.1',
      header: 'cookie: sid=3',
    });
  });
});
