import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrations } from '../../gateway/store/migrations/postgres.ts';
import { openStore } from '../../gateway/store/open.ts';
import { createPostgresStore } from '../../gateway/store/postgres.ts';
import type { Store } from '../../gateway/store/store.ts';
import { hold, move } from '../contract/store.suite.ts';
import { comparison } from '../contract/store-comparisons.suite.ts';
import { type Database, isPostgresMissing, openDatabase } from '../kit/postgres.ts';
import { openTcpProxy, type TcpProxy } from '../kit/tcp-proxy.ts';

/** Milliseconds within which a call has to end, with room for a busy machine. */
const vital = 7000;

describe.skipIf(isPostgresMissing)('a store in PostgreSQL', { timeout: 60_000 }, () => {
  let database: Database;
  let proxy: TcpProxy;
  const stores: Store[] = [];

  const open = (url = database.urlAt(proxy.port)): Store => {
    const store = createPostgresStore(url);
    stores.push(store);
    return store;
  };

  beforeEach(async () => {
    database = await openDatabase();
    proxy = await openTcpProxy(database.port);
  });

  afterEach(async () => {
    await Promise.all(stores.splice(0).map(store => store.close()));
    await proxy[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  it('that is away at the start opens, says so without a password, and is there by itself later', async () => {
    await proxy.shut();
    const url = new URL(database.urlAt(proxy.port));
    url.username = 'postgres';
    url.password = 'correct-horse';
    const began = performance.now();
    const store = await openStore({ postgres: url.href });
    stores.push(store);
    expect(performance.now() - began).toBeLessThan(vital);
    const said =
      JSON.stringify(store.status()) + String(await store.holds().catch((error: unknown) => error));
    expect(store.status()).toMatchObject({ kind: 'postgres', isAway: true });
    expect(said).toContain(`127.0.0.1:${proxy.port}/${database.name}`);
    expect(said).toContain('ECONNREFUSED');
    expect(said).not.toContain('correct-horse');
    await proxy.open();
    await expect.poll(() => store.status().isAway).toBe(false);
    await store.hold(hold());
    expect(await store.holds()).toEqual([hold()]);
  });

  it('that goes away in between rejects every method soon, and comes back with what it had', async () => {
    const store = open();
    await store.hold(hold());
    await proxy.shut();
    for (const asked of everyMethod(store)) await expect(asked()).rejects.toThrow(/^store .* is away: /);
    expect(store.status().isAway).toBe(true);
    await proxy.open();
    await expect.poll(() => store.status().isAway).toBe(false);
    expect(await store.holds()).toEqual([hold()]);
  });

  it('that answers nothing lets nobody wait beyond the deadline, and goes on when it answers again', async () => {
    const store = open();
    await store.hold(hold());
    proxy.pause();
    const began = performance.now();
    const ends = await Promise.allSettled([store.hold(hold({ route: 'users' })), store.holds()]);
    expect(performance.now() - began).toBeLessThan(vital);
    expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(store.status()).toMatchObject({ isAway: true });
    proxy.resume();
    await expect.poll(() => store.status().isAway).toBe(false);
    await store.hold(hold({ route: 'products' }));
    expect((await store.holds()).map(({ route }) => route)).toContain('products');
  });

  it('takes a hold at once while comparisons wait for a lock', async () => {
    const store = open();
    await store.holds();
    const locked = database.ask('BEGIN; LOCK TABLE figway.comparison; SELECT pg_sleep(3); COMMIT');
    const locks = `SELECT 1 FROM pg_locks JOIN pg_database AS d ON d.oid = database
      WHERE mode = 'AccessExclusiveLock' AND datname = '${database.name}'`;
    await expect.poll(() => database.ask(locks)).not.toEqual([]);
    const kept = store.keepComparisons([comparison('a')]);
    const began = performance.now();
    await store.hold(hold());
    expect(performance.now() - began).toBeLessThan(2500);
    await Promise.all([locked, kept]);
    expect(await store.comparison('a')).toEqual(comparison('a'));
  });

  it('goes on after its connections were ended by the server', async () => {
    const store = open();
    await store.hold(hold());
    await database.ask(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'figway' AND datname = '${database.name}'`,
    );
    await expect.poll(() => store.holds().catch(() => [])).toEqual([hold()]);
    expect(store.status().isAway).toBe(false);
  });

  it('begins anew where its schema was taken away while it ran', async () => {
    const store = open();
    await store.hold(hold());
    await database.ask('DROP SCHEMA figway CASCADE');
    await expect(store.hold(hold())).rejects.toThrow('is away');
    await store.hold(hold({ route: 'users' }));
    expect((await store.holds()).map(({ route }) => route)).toEqual(['users']);
  });

  it('does the others when one of many fails', async () => {
    const store = open();
    const wrong = hold({ route: 'wrong', since: 'not a number' as unknown as number });
    const ends = await Promise.allSettled([
      store.hold(hold()),
      store.hold(wrong),
      store.hold(hold({ route: 'users' })),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.holds()).map(({ route }) => route)).toEqual(['orders', 'users']);
  });

  it('is made by many gateways at once, once', async () => {
    const many = Array.from({ length: 6 }, () => open());
    await Promise.all(many.map((store, at) => store.record(move(`move-${at}`))));
    expect(await many[0]?.moves(10)).toHaveLength(6);
    expect(await database.ask('SELECT count(*)::int AS steps FROM figway.migration')).toEqual([
      { steps: migrations.length },
    ]);
  });

  it('of a newer Figway is refused', async () => {
    await open().holds();
    await database.ask('INSERT INTO figway.migration VALUES (99)');
    await expect(open().holds()).rejects.toThrow(/newer Figway \(tables version 99, this one knows \d+\)/);
  });

  it('needs nothing but a schema of its own', async () => {
    const role = `${database.name}_role`;
    await database.ask(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
    try {
      const url = new URL(database.url);
      url.username = role;
      url.password = 'pw';
      const store = open(url.href);
      await expect(store.holds()).rejects.toThrow('permission denied for database');
      await database.ask(`CREATE SCHEMA figway AUTHORIZATION ${role}`);
      await store.hold(hold());
      await store.keepComparisons([comparison('a')]);
      expect(await store.holds()).toEqual([hold()]);
      await store.close();
    } finally {
      await database.ask(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  });

  it('adds up what several gateways saw of a template at the same time', async () => {
    const seen = {
      ...{ template: '/a/{id}', methods: { GET: 1 }, requests: 1, errors: 0, cookieGets: 0 },
      ...{ clients: 1, firstSeen: 1, lastSeen: 1, p95: 1 },
    };
    const several = [open(), open(), open()];
    await Promise.all(several.map(store => store.holds()));
    await Promise.all(
      several.flatMap(store => Array.from({ length: 20 }, () => store.saveTemplates([seen]))),
    );
    expect(await several[0]?.templates()).toMatchObject([{ requests: 60, methods: { GET: 60 } }]);
  });

  it('never has more than three connections', async () => {
    const store = open(database.url);
    await Promise.all([
      ...Array.from({ length: 200 }, (_, at) => store.hold(hold({ route: `route-${at}` }))),
      ...Array.from({ length: 50 }, (_, at) => store.keepComparisons([comparison(`c-${at}`)])),
      ...Array.from({ length: 50 }, () => store.templates()),
    ]);
    const [row] = await database.ask(
      `SELECT count(*)::int AS open FROM pg_stat_activity WHERE application_name = 'figway' AND datname = '${database.name}'`,
    );
    expect(row?.open).toBeGreaterThan(0);
    expect(row?.open).toBeLessThanOrEqual(3);
  });
});

/** One call of each method. */
const everyMethod = (store: Store): (() => Promise<unknown>)[] => [
  () => store.holds(),
  () => store.hold(hold()),
  () => store.release('orders'),
  () => store.moves(1),
  () => store.record(move('a')),
  () => store.lastGood(),
  () => store.keepLastGood({ at: 1, hash: 'a', main: 'm', files: [] }),
  () => store.saveEvidence([], [{ epoch: 'a', fingerprint: 'f', at: 1, outcome: 'match', signatures: [] }]),
  () => store.loadEvidence(0),
  () => store.forgetEvidence(0),
  () => store.keepComparisons([comparison('a')]),
  () => store.comparisons({ route: 'orders', limit: 1 }),
  () => store.comparison('a'),
  () => store.pruneComparisons([]),
  () => store.appendProgress('a', emptySample),
  () => store.progress({ since: 0, until: 1, routes: [] }),
  () => store.saveTemplates([]),
  () => store.templates(),
  () => store.saveLeftovers([]),
  () => store.leftovers(),
];

const emptySample = {
  ...{ at: 0, ms: 300_000, requests: 0, byService: 0, unclaimed: 0, routes: {} },
  routesByStage: { legacy: 0, shadow: 0, canary: 0, migrated: 0, done: 0 },
};
