import { expect, it } from 'vitest';
import {
  bucketWidth,
  type LeftoverRecord,
  type ProgressSample,
  type RouteProgress,
  type TemplateRecord,
  templatesKept,
} from '../../gateway/routing/progress.ts';
import type { Store } from '../../gateway/store/store.ts';
import type { OpenStore } from './store.suite.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** A midnight. */
const start = Date.UTC(2026, 0, 1);

export function describeProgress(open: OpenStore): void {
  it('gives back samples oldest first, of the time and with the routes that are asked for', async () => {
    await using opened = await open();
    const { store } = opened;
    const routes = { orders: route({ legacy: 3 }), users: route({ service: 4 }), "it's": route({}) };
    for (const at of [2, 0, 1]) await store.appendProgress('a', sample(start + at * bucketWidth, { routes }));
    const asked = await read(store, { since: start + bucketWidth, routes: ['orders', "it's", 'unknown'] });
    const { users: _, ...given } = routes;
    expect(asked).toEqual([
      sample(start + bucketWidth, { routes: given }),
      sample(start + 2 * bucketWidth, { routes: given }),
    ]);
    const totals = await read(store, { until: start + bucketWidth });
    expect(totals).toEqual([sample(start, { routes: {} })]);
  });

  it('adds up gateways, and replaces what one of them says again', async () => {
    await using opened = await open();
    const { store } = opened;
    const of = (requests: number, lastLegacyAt: number) =>
      sample(start, { requests, routes: { orders: route({ requests, lastLegacyAt }) } });
    await store.appendProgress('a', of(1, start + 9));
    await store.appendProgress('b', of(10, start + 5));
    await store.appendProgress('a', of(2, start + 7));
    const [read1] = await read(store, { routes: ['orders'] });
    expect(read1).toMatchObject({
      requests: 12,
      routes: { orders: { requests: 12, lastLegacyAt: start + 7 } },
    });
  });

  it('keeps hours after two days, days after sixty, and nothing after 400, and loses no request', async () => {
    await using opened = await open();
    const { store } = opened;
    for (let at = 0; at < 2 * day; at += hour / 2)
      await store.appendProgress('a', sample(start + at, { routes: { orders: route({ requests: 7 }) } }));
    const sums = async () => {
      const samples = await read(store, { routes: ['orders'] });
      const widths = samples.slice(0, -1).map(({ ms }) => ms);
      return {
        requests: samples.reduce((sum, { requests }) => sum + requests, 0),
        ofOrders: samples.reduce((sum, { routes }) => sum + (routes.orders?.requests ?? 0), 0),
        widths: [...new Set(widths)],
        starts: samples.slice(0, 3).map(({ at }) => (at - start) / hour),
      };
    };
    expect(await sums()).toMatchObject({ requests: 960, ofOrders: 672, widths: [bucketWidth] });
    await store.appendProgress('a', sample(start + 5 * day));
    expect(await sums()).toEqual({ requests: 970, ofOrders: 672, widths: [hour], starts: [0, 1, 2] });
    await store.appendProgress('a', sample(start + 70 * day));
    expect(await sums()).toEqual({ requests: 980, ofOrders: 672, widths: [day], starts: [0, 24, 120] });
    await store.appendProgress('a', sample(start + 402 * day));
    const kept = await read(store, { routes: ['orders'] });
    expect(kept.map(({ at }) => (at - start) / day)).toEqual([5, 70, 402]);
  }, 60_000);

  it('keeps of routes by stage what was last', async () => {
    await using opened = await open();
    const { store } = opened;
    const stages = (legacy: number) => ({ ...sample(start).routesByStage, legacy });
    await store.appendProgress('a', sample(start, { routesByStage: stages(5) }));
    await store.appendProgress('a', sample(start + bucketWidth, { routesByStage: stages(4) }));
    await store.appendProgress('a', sample(start + 10 * day));
    expect((await read(store, {}))[0]?.routesByStage.legacy).toBe(4);
  });

  it('refuses samples and questions with too many routes', async () => {
    await using opened = await open();
    const { store } = opened;
    const names = (length: number) => Array.from({ length }, (_, at) => `route-${at}`);
    const routes = Object.fromEntries(names(2001).map(name => [name, route({})]));
    await expect(store.appendProgress('a', sample(start, { routes }))).rejects.toThrow(
      'routes of a sample: at most 2000, got 2001',
    );
    await expect(read(store, { routes: names(21) })).rejects.toThrow('at most 20, got 21');
    expect(store.status().isAway).toBe(false);
  });

  it('adds up what is seen of a template, over calls and within one', async () => {
    await using opened = await open();
    const { store } = opened;
    const later = { lastSeen: 5000, clients: 2, p95: 9, methods: { GET: 1, POST: 2 } };
    await store.saveTemplates([template('/a/{id}', { p95: 20, clients: 3 }), template('/b')]);
    await store.saveTemplates([template('/a/{id}', later), template('/a/{id}', { firstSeen: 1 })]);
    expect(await store.templates()).toEqual([
      {
        ...template('/a/{id}'),
        methods: { GET: 21, POST: 2 },
        requests: 30,
        errors: 3,
        cookieGets: 6,
        clients: 3,
        firstSeen: 1,
        lastSeen: 5000,
        p95: 9,
      },
      template('/b'),
    ]);
  });

  it(`keeps the ${templatesKept} templates seen last`, async () => {
    await using opened = await open();
    const { store } = opened;
    const many = Array.from({ length: templatesKept + 3 }, (_, at) => template(`/t-${at}`, { lastSeen: at }));
    await store.saveTemplates(many);
    const kept = await store.templates();
    expect(kept).toHaveLength(templatesKept);
    expect(kept.map(one => one.lastSeen)).not.toContain(2);
    await expect(store.saveTemplates([template('x'.repeat(513))])).rejects.toThrow('at most 512, got 513');
  });

  it('remembers the latest that legacy did for a route, and the earliest since', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.saveLeftovers([leftover('orders', { since: 100, lastLegacyAt: 500 }), leftover('users')]);
    await store.saveLeftovers([leftover('orders', { since: 300, lastLegacyAt: 400, lastHoldAt: 350 })]);
    expect(await store.leftovers()).toEqual([
      leftover('orders', { since: 100, lastLegacyAt: 500, lastHoldAt: 350 }),
      leftover('users'),
    ]);
  });
}

const read = (store: Store, query: { since?: number; until?: number; routes?: string[] }) =>
  store.progress({ since: 0, until: start + 1000 * day, routes: [], ...query });

const sample = (at: number, facts: Partial<ProgressSample> = {}): ProgressSample => ({
  at,
  ms: bucketWidth,
  requests: 10,
  byService: 4,
  unclaimed: 2,
  routesByStage: { legacy: 3, shadow: 1, canary: 0, migrated: 2, done: 0 },
  routes: {},
  ...facts,
});

const route = (facts: Partial<RouteProgress>): RouteProgress => ({
  requests: 10,
  legacy: 0,
  service: 0,
  fallbacks: 1,
  nearMisses: 2,
  lastLegacyAt: 0,
  ...facts,
});

const template = (name: string, facts: Partial<TemplateRecord> = {}): TemplateRecord => ({
  template: name,
  methods: { GET: 10 },
  requests: 10,
  errors: 1,
  cookieGets: 2,
  clients: 1,
  firstSeen: 100,
  lastSeen: 200,
  p95: 12.5,
  ...facts,
});

const leftover = (name: string, facts: Partial<LeftoverRecord> = {}): LeftoverRecord => ({
  route: name,
  since: 100,
  lastLegacyAt: 0,
  lastFallbackAt: 0,
  lastNearMissAt: 0,
  lastHoldAt: 0,
  ...facts,
});
