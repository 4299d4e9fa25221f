import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../../gateway/gateway.ts';
import { type Database, isPostgresMissing, openDatabase } from '../kit/postgres.ts';
import { isMissing, openRedisServer } from '../kit/services.ts';
import { openTcpProxy } from '../kit/tcp-proxy.ts';
import { openTempFolder } from '../kit/temp-folder.ts';
import { echo, openUpstream, type ScriptedUpstream } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const yaml = (facts: string): string => `
${facts}
monolith: legacy
upstreams: { legacy: { url: "\${legacy}" }, orders: { url: "\${orders}" } }
routes: { orders: { match: [GET /orders], service: orders, stage: migrated } }
`;

interface Shop extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  readonly log: readonly string[];
}

const upstreams: Record<string, ScriptedUpstream> = {};

beforeAll(async () => {
  for (const name of ['legacy', 'orders']) upstreams[name] = await openUpstream(echo(name));
});

afterAll(async () => {
  for (const upstream of Object.values(upstreams)) await upstream.close();
});

/** One gateway of several; a world counts what its process leaves open, so that it can be one alone. */
async function open(facts: string): Promise<Shop & { edit(facts: string): Promise<unknown> }> {
  const folder = await openTempFolder();
  const file = join(folder.path, 'routes.yaml');
  const own = `store: { path: "${join(folder.path, 'figway.db')}" }\n`;
  const write = (more: string) =>
    writeFile(
      file,
      `listen: { gateway: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }\n${more.includes('store:') ? '' : own}${yaml(more)}`,
    );
  await write(facts);
  const log: string[] = [];
  const env = Object.fromEntries(Object.entries(upstreams).map(([name, { url }]) => [name, url]));
  const gateway = await startGateway({ file, env, stdout: line => log.push(line), isHuman: false });
  return {
    url: gateway.url,
    adminUrl: gateway.adminUrl,
    log,
    async edit(more) {
      await write(more);
      return gateway.reload();
    },
    async [Symbol.asyncDispose]() {
      await gateway.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The only gateway, which must leave nothing open. */
const openAlone = (facts: string): Promise<Shop> =>
  openWorld(yaml(facts), { legacy: echo('legacy'), orders: echo('orders') });

/** Which side serves. */
async function served({ url }: Shop): Promise<string> {
  const { from } = (await (await fetch(`${url}/orders`)).json()) as { from: string };
  return from;
}

async function order({ adminUrl }: Shop, what: 'hold' | 'release', reason: string): Promise<void> {
  const answer = await fetch(`${adminUrl}/api/routes/orders/${what}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason }),
  });
  expect(answer.status).toBe(200);
}

async function attention({ adminUrl }: Shop, kind: string): Promise<string[]> {
  const status = (await (await fetch(`${adminUrl}/api/status`)).json()) as {
    attention: { kind: string; text: string }[];
  };
  return status.attention.filter(one => one.kind === kind).map(({ text }) => text);
}

const eventsOf = ({ log }: Shop, name: RegExp): string[] =>
  [...log.join('\n').matchAll(/"event":"([a-z-]+)"/g)]
    .map(found => found[1] ?? '')
    .filter(one => name.test(one));

describe.skipIf(isMissing('redis'))(
  'gateways with stores of their own and one Redis',
  { timeout: 60_000 },
  () => {
    it('hold together, go on alone while Redis is away, and agree when it is back', async () => {
      await using redis = await openRedisServer();
      const facts = `redis: ${redis.url}/3`;
      await using one = await open(facts);
      await using other = await open(facts);
      const up = async (world: Shop) =>
        ((await (await fetch(`${world.adminUrl}/api/status`)).json()) as { holdSharing: { redis: string } })
          .holdSharing.redis;
      for (const world of [one, other]) await expect.poll(() => up(world)).toBe('up');
      expect(await served(other)).toBe('orders');

      await order(one, 'hold', 'wrong totals');
      await expect.poll(() => served(other)).toBe('legacy');
      expect(await attention(other, 'held')).toEqual([expect.stringContaining('wrong totals')]);
      await order(other, 'release', 'fixed');
      await expect.poll(() => served(one)).toBe('orders');

      await redis.stop();
      await expect
        .poll(() => attention(other, 'holds-degraded'), { timeout: 10_000 })
        .toEqual([
          expect.stringMatching(/^Redis is away, no other gateway learns of a hold or a release .*: /),
        ]);
      await order(one, 'hold', 'while alone');
      expect([await served(one), await served(other)]).toEqual(['legacy', 'orders']);

      await redis.start();
      await expect.poll(() => served(other), { timeout: 15_000 }).toBe('legacy');
      expect(await attention(other, 'held')).toEqual([expect.stringContaining('while alone')]);
      await expect.poll(() => attention(other, 'holds-degraded')).toEqual([]);
      await expect
        .poll(() => eventsOf(other, /^holds-/), { timeout: 5000 })
        .toEqual(['holds-degraded', 'holds-restored']);
    });

    it('do not hear of each other with different databases of one Redis', async () => {
      await using redis = await openRedisServer();
      await using one = await open(`redis: ${redis.url}/3`);
      await using same = await open(`redis: ${redis.url}/3`);
      await using elsewhere = await open(`redis: ${redis.url}/4`);
      await order(one, 'hold', 'here alone');
      await expect.poll(() => served(same)).toBe('legacy');
      expect(await served(elsewhere)).toBe('orders');
    });

    it('follow to another Redis with a reload', async () => {
      await using redis = await openRedisServer();
      await using one = await open(`redis: ${redis.url}`);
      await using other = await open('');
      await order(one, 'hold', 'wrong totals');
      expect(await served(other)).toBe('orders');
      await other.edit(`redis: ${redis.url}`);
      await expect.poll(() => served(other)).toBe('legacy');
    });

    it('stay connected while nothing is said', async () => {
      await using redis = await openRedisServer();
      await using one = await open(`redis: ${redis.url}`);
      await using other = await open(`redis: ${redis.url}`);
      // Longer than the silence after which a connection is given up.
      await new Promise(resolve => setTimeout(resolve, 6500));
      await order(one, 'hold', 'wrong totals');
      await expect.poll(() => served(other), { timeout: 1000 }).toBe('legacy');
      expect(eventsOf(other, /^holds-/)).toEqual([]);
    });
  },
);

const storeIn = ({ url }: Pick<Database, 'url'>): string => `store: { postgres: "${url}" }`;

describe.skipIf(isPostgresMissing)('gateways with one PostgreSQL', { timeout: 60_000 }, () => {
  it('without Redis learn of a hold and of its end within seconds, and keep it over a restart', async () => {
    await using database = await openDatabase();
    await using one = await open(storeIn(database));
    {
      await using other = await open(storeIn(database));
      await order(one, 'hold', 'wrong totals');
      await expect.poll(() => served(other), { timeout: 10_000 }).toBe('legacy');
      await order(other, 'release', 'fixed');
      await expect.poll(() => served(one), { timeout: 10_000 }).toBe('orders');
      await order(other, 'hold', 'over the restart');
    }
    await using again = await open(storeIn(database));
    expect(await served(again)).toBe('legacy');
    expect(await attention(again, 'held')).toEqual([expect.stringContaining('over the restart')]);
  });

  it.skipIf(isMissing('redis'))(
    'hear of a hold at once with Redis, and go on by the store without it',
    async () => {
      await using database = await openDatabase();
      await using redis = await openRedisServer();
      const facts = `${storeIn(database)}\nredis: ${redis.url}`;
      await using one = await open(facts);
      await using other = await open(facts);
      await order(one, 'hold', 'wrong totals');
      await expect.poll(() => served(other)).toBe('legacy');
      await redis.stop();
      await expect
        .poll(() => attention(other, 'holds-degraded'), { timeout: 10_000 })
        .toEqual([
          expect.stringMatching(
            /^Redis is away, other gateways learn of a hold or a release from the store, within seconds: /,
          ),
        ]);
      await order(one, 'release', 'fixed');
      await expect.poll(() => served(other), { timeout: 30_000 }).toBe('orders');
    },
  );

  it('serve on while it answers nothing, hold all the same, loudly, and save it afterwards', async () => {
    await using database = await openDatabase();
    await using proxy = await openTcpProxy(database.port);
    await using world = await openAlone(storeIn({ url: database.urlAt(proxy.port) }));
    await expect.poll(() => attention(world, 'store-away')).toEqual([]);
    proxy.pause();
    const held = order(world, 'hold', 'wrong totals');
    const slowest = { ms: 0 };
    let isHeld = false;
    void held.then(() => {
      isHeld = true;
    });
    while (!isHeld) {
      const began = performance.now();
      expect(['legacy', 'orders']).toContain(await served(world));
      slowest.ms = Math.max(slowest.ms, performance.now() - began);
    }
    // The hold waited seconds for the store; no request did.
    expect(slowest.ms).toBeLessThan(2000);
    expect(await served(world)).toBe('legacy');
    expect(await attention(world, 'holds-unsaved')).toHaveLength(1);
    expect(await attention(world, 'store-away')).toEqual([expect.stringMatching(/no answer within|timeout/)]);
    proxy.resume();
    await expect.poll(() => attention(world, 'holds-unsaved'), { timeout: 20_000 }).toEqual([]);
    await expect.poll(() => attention(world, 'store-away')).toEqual([]);
    expect(await database.ask('SELECT route, reason FROM figway.hold')).toEqual([
      { route: 'orders', reason: 'wrong totals' },
    ]);
  });

  it('start while it is away, and take its holds once it is there', async () => {
    await using database = await openDatabase();
    await using proxy = await openTcpProxy(database.port);
    const url = database.urlAt(proxy.port);
    {
      await using before = await open(storeIn(database));
      await order(before, 'hold', 'from before');
    }
    await proxy.shut();
    await using world = await openAlone(storeIn({ url }));
    expect(await served(world)).toBe('orders');
    expect(await attention(world, 'store-away')).toEqual([expect.stringContaining('ECONNREFUSED')]);
    await proxy.open();
    await expect.poll(() => served(world), { timeout: 15_000 }).toBe('legacy');
  });
});
