import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock as clock } from '../../../gateway/core/clock.ts';
import { createEvents } from '../../../gateway/core/events.ts';
import { createMemoryStore } from '../../../gateway/edge/limit/memory-store.ts';
import { openSharedCounts } from '../../../gateway/edge/limit/shared-counts.ts';
import { createSharedStore } from '../../../gateway/edge/limit/shared-store.ts';
import { createSharedHits } from '../../../gateway/workers/hits.ts';

const rate = { requests: 1000, window: 3_600_000 };
const processes = 2;

/** Processes that count one rule together, and how often they asked. */
async function openProcesses(ahead: number) {
  const hits = createSharedHits(clock);
  let asked = 0;
  const opened = Array.from({ length: processes }, () => {
    const shared = openSharedCounts({
      ...{ events: createEvents(), clock, deadline: 60_000 },
      open(listener) {
        setImmediate(listener.ready);
        return {
          isReady: true,
          async run(keys, args) {
            await nextTurn();
            asked++;
            return hits.add(keys, args);
          },
          close: () => {},
        };
      },
    });
    const memory = createMemoryStore(rate, { used: 0, max: 1000 }, clock);
    return { shared, store: createSharedStore({ rate, prefix: 'x:', memory, shared, clock, ahead }) };
  });
  await Promise.all(opened.map(({ shared }) => shared.ready));
  return {
    stores: opened.map(({ store }) => store),
    asked: () => asked,
    [Symbol.dispose]() {
      for (const { shared } of opened) shared.close();
    },
  };
}

/** How many of so many hits are within the limit, sent by a few clients of each process at a time. */
async function countAdmitted(stores: Awaited<ReturnType<typeof openProcesses>>['stores'], times: number) {
  let admitted = 0;
  const client = async (at: number): Promise<void> => {
    for (let hit = 0; hit < times; hit++) {
      const count = await stores[at % stores.length]?.increment('one');
      if ((count?.totalHits ?? Number.NaN) <= rate.requests) admitted++;
      if (hit % 7 === at) await nextTurn();
    }
  };
  await Promise.all(Array.from({ length: 6 }, (_, at) => client(at)));
  return admitted;
}

describe('hits that are counted ahead', () => {
  it('never let the sum exceed the limit, and keep it within 2 %', async () => {
    using opened = await openProcesses(10);
    const admitted = await countAdmitted(opened.stores, 400);
    expect(admitted).toBeLessThanOrEqual(rate.requests);
    expect(admitted).toBeGreaterThanOrEqual(rate.requests * 0.98);
  });

  it('spare most questions', async () => {
    using alone = await openProcesses(0);
    await countAdmitted(alone.stores, 100);
    using opened = await openProcesses(10);
    expect(await countAdmitted(opened.stores, 100)).toBe(600);
    expect(opened.asked()).toBeLessThan(alone.asked() / 2);
  });

  it('are spent by one process though another has used up the rest', async () => {
    using opened = await openProcesses(10);
    const [one, other] = opened.stores;
    await one?.increment('one');
    let admitted = 1;
    for (let hit = 0; hit < 1200; hit++)
      if (((await other?.increment('one'))?.totalHits ?? 0) <= rate.requests) admitted++;
    for (let hit = 0; hit < 20; hit++)
      if (((await one?.increment('one'))?.totalHits ?? 0) <= rate.requests) admitted++;
    expect(admitted).toBeGreaterThanOrEqual(rate.requests * 0.98);
    expect(admitted).toBeLessThanOrEqual(rate.requests);
  });
});
