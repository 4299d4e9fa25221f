import { describe, expect, it } from 'vitest';
import { createEvents, type GatewayEvent } from '../../gateway/core/events.ts';
import type { Exchange } from '../../gateway/core/exchange.ts';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import { createDiscovery } from '../../gateway/telemetry/discovery.ts';
import { makeExchange, makeRoute, unclaimedRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';

function open(store = createMemoryStore()) {
  const events = createEvents();
  const clock = createManualClock();
  const failures: GatewayEvent[] = [];
  events.on('store-failed', event => failures.push(event));
  const discovery = createDiscovery({ events, clock, store });
  const finish = (raw: string, ended: Partial<Exchange> = {}, route = unclaimedRoute) =>
    events.emit({
      type: 'exchange-finished',
      exchange: makeExchange(route, ended, { raw }),
      totalMs: 20,
    });
  return { clock, discovery, failures, finish, store };
}

describe('discovery', () => {
  it('looks at nothing while an answer is sent', () => {
    const { discovery, clock, finish } = open();
    for (let at = 0; at < 1000; at += 1) finish(`/orders/${at}`);
    expect(clock.pending()).toBe(2);
    clock.advance(1000);
    expect(discovery.view()).toMatchObject({
      requests: 1000,
      templates: [{ template: '/orders/:id', p95: expect.closeTo(20, -1) }],
    });
  });

  it('leaves out what a route claims, what the gateway refuses, and what is odd', () => {
    const { discovery, finish } = open();
    finish('/claimed', {}, makeRoute());
    finish('/refused', { served: undefined, status: 401 });
    finish('/odd', { target: { raw: '//', path: '//', query: '', isOdd: true } });
    finish('/down', { served: undefined, status: 502 });
    finish('/cookie?q=s3cret', { setsCookie: true });
    const view = discovery.view();
    expect(view.odd).toBe(1);
    expect(view.templates).toMatchObject([
      { template: '/cookie', cookieGets: 1 },
      { template: '/down', errors: 1 },
    ]);
    expect(JSON.stringify(view)).not.toContain('s3cret');
  });

  it('looks at a share where too much comes, and counts all', () => {
    const { discovery, clock, finish } = open();
    let asked = 0;
    for (let period = 0; period < 8; period += 1) {
      for (let at = 0; at < 9000; at += 1) finish('/busy');
      asked += 9000;
      clock.advance(510);
    }
    const { requests } = discovery.view();
    // The first period was a surprise.
    expect(requests).toBeGreaterThan(asked - 9000);
    expect(requests).toBeLessThanOrEqual(asked);
  });

  it('goes on after a restart', async () => {
    const first = open();
    first.finish('/orders/1');
    await first.discovery.close();
    const second = open(first.store);
    await second.discovery.load();
    second.finish('/orders/2');
    await second.discovery.save();
    expect(second.discovery.view().templates).toMatchObject([{ template: '/orders/:id', requests: 2 }]);
    expect(await first.store.templates()).toMatchObject([
      { template: '/orders/:id', requests: 2, methods: { GET: 2 } },
    ]);
  });

  it('keeps what a store that is away does not take, and says so once', async () => {
    const store = createMemoryStore();
    let isAway = true;
    const flaky = {
      ...store,
      saveTemplates: (seen: Parameters<typeof store.saveTemplates>[0]) =>
        isAway ? Promise.reject(new Error('away')) : store.saveTemplates(seen),
    };
    const { clock, failures, finish } = open(flaky);
    for (let minute = 0; minute < 3; minute += 1) {
      finish('/orders/1');
      clock.advance(60_000);
      await Promise.resolve();
    }
    await expect.poll(() => failures.length).toBe(1);
    isAway = false;
    await expect
      .poll(async () => {
        clock.advance(60_000);
        return store.templates();
      })
      .toMatchObject([{ requests: 3 }]);
    expect(failures).toHaveLength(1);
  });
});
