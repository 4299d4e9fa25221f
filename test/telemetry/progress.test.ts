import { describe, expect, it } from 'vitest';
import { createEvents } from '../../gateway/core/events.ts';
import type { Side } from '../../gateway/core/vocabulary.ts';
import { bucketWidth } from '../../gateway/routing/progress.ts';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import { createProgress } from '../../gateway/telemetry/progress.ts';
import { makeExchange, makeRoute, unclaimedRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const stages = { legacy: 1, shadow: 0, canary: 0, migrated: 1, done: 0 };
const everything = { since: 0, until: Number.MAX_SAFE_INTEGER, routes: [] };

function open(store = createMemoryStore()) {
  const events = createEvents();
  const clock = createManualClock(Date.UTC(2026, 0, 1, 12, 2));
  const progress = createProgress({ events, clock, store, stages: () => stages });
  const serve = (served: Side | undefined, route = makeRoute()) =>
    events.emit({ type: 'exchange-finished', exchange: makeExchange(route, { served }), totalMs: 1 });
  return { events, clock, progress, serve, store };
}

describe('progress', () => {
  it('is a sample for each five minutes', async () => {
    const { clock, progress, serve, store, events } = open();
    serve('legacy');
    serve('service');
    serve(undefined);
    serve('legacy', unclaimedRoute);
    events.emit({ type: 'fell-back', route: makeRoute(), reason: 'breaker-open' });
    events.emit({ type: 'near-missed', route: makeRoute() });
    const servedAt = clock.wall();
    clock.advance(bucketWidth);
    serve('service');
    await expect.poll(() => store.progress({ ...everything, routes: ['orders'] })).toHaveLength(1);
    expect(await store.progress({ ...everything, routes: ['orders'] })).toEqual([
      {
        ...{ at: Date.UTC(2026, 0, 1, 12), ms: bucketWidth, requests: 4, byService: 1, unclaimed: 1 },
        routesByStage: stages,
        routes: {
          orders: { requests: 3, legacy: 1, service: 1, fallbacks: 1, nearMisses: 1, lastLegacyAt: servedAt },
        },
      },
    ]);
    const { samples, isPartial } = await progress.read(everything);
    expect(isPartial).toBe(false);
    expect(samples.map(({ at, requests, byService }) => [at, requests, byService])).toEqual([
      [Date.UTC(2026, 0, 1, 12), 4, 1],
      [Date.UTC(2026, 0, 1, 12, 5), 1, 1],
    ]);
  });

  it('adds up over a restart within a bucket', async () => {
    const first = open();
    first.serve('service');
    await first.progress.close();
    const second = open(first.store);
    second.serve('legacy');
    await second.progress.close();
    expect(await first.store.progress(everything)).toMatchObject([{ requests: 2, byService: 1 }]);
  });

  it('remembers a day by itself while the store is away, and hands it over', async () => {
    const store = createMemoryStore();
    let isAway = true;
    const flaky = {
      ...store,
      appendProgress: (...given: Parameters<typeof store.appendProgress>) =>
        isAway ? Promise.reject(new Error('away')) : store.appendProgress(...given),
      progress: (query: Parameters<typeof store.progress>[0]) =>
        isAway ? Promise.reject(new Error('away')) : store.progress(query),
    };
    const { clock, progress, serve } = open(flaky);
    for (let bucket = 0; bucket < 300; bucket += 1) {
      serve('legacy');
      clock.advance(bucketWidth);
    }
    const { samples, isPartial } = await progress.read(everything);
    expect(isPartial).toBe(true);
    expect(samples.length).toBeGreaterThan(280);
    expect(samples.length).toBeLessThan(291);
    isAway = false;
    await progress.save();
    expect((await store.progress(everything)).length).toBeGreaterThan(280);
    expect((await progress.read(everything)).isPartial).toBe(false);
  });
});
