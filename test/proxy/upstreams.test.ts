import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createEvents } from '../../gateway/core/events.ts';
import { type UpstreamConfig, upstream as upstreamSchema } from '../../gateway/proxy/schema.ts';
import type { AttemptEnd, Permit, TransportSettings, Upstream } from '../../gateway/proxy/upstream.ts';
import { createUpstreams } from '../../gateway/proxy/upstreams.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const legacy = 'http://127.0.0.1:4000';
const orders = 'http://127.0.0.1:4103';

const parse = (configs: Record<string, unknown>): Record<string, UpstreamConfig> =>
  Object.fromEntries(Object.entries(configs).map(([name, config]) => [name, upstreamSchema.parse(config)]));

function openWorld() {
  const clock = createManualClock();
  const events = createEvents();
  const heard: string[] = [];
  for (const type of ['breaker-opened', 'breaker-half-opened', 'breaker-closed'] as const)
    events.on(type, event => heard.push(`${event.type} ${event.upstream}`));
  for (const type of ['instance-ejected', 'instance-restored'] as const)
    events.on(type, event => heard.push(`${event.type} ${event.instance}: ${event.reason}`));
  const opened: { origin: string; settings: TransportSettings }[] = [];
  const closed: string[] = [];
  const upstreams = createUpstreams({
    clock,
    events,
    openTransport(origin, settings) {
      if (origin.endsWith(':1')) throw new Error('no certificate');
      opened.push({ origin, settings });
      return {
        dispatch: () => expect.fail('nothing is sent here'),
        openConnections: () => 2,
        close: async () => void closed.push(origin),
      };
    },
  });
  const apply = (configs: Record<string, unknown>) => upstreams.apply(parse(configs), 'legacy');
  const one = (config: Record<string, unknown>, name = 'orders') =>
    apply({ legacy: { url: legacy }, [name]: config }).get(name) ?? expect.fail();
  return { clock, heard, opened, closed, upstreams, apply, one };
}

const enter = (upstream: Upstream): Permit => {
  const entered = upstream.enter();
  return 'instance' in entered ? entered : expect.fail(JSON.stringify(entered));
};

async function attempts(upstream: Upstream, end: AttemptEnd, times: number) {
  for (let i = 0; i < times; i++) enter(upstream).settle(end);
  await setImmediate();
}

describe('settings that are not given', () => {
  it('are a service’s: 10 s, its own Host, a breaker, no retry, nothing in the way', () => {
    const { one, opened } = openWorld();
    const upstream = one({ url: orders });
    expect(upstream).toMatchObject({
      isMonolith: false,
      timeout: 10_000,
      idle: 60_000,
      hostPolicy: 'service',
      attempts: 1,
    });
    expect(upstream.takeRetry()).toBe(false);
    expect(upstream.status().breaker).toBe('closed');
    expect(opened[1]).toEqual({
      origin: orders,
      settings: { timeout: 10_000, idle: 60_000, tls: undefined },
    });
    expect(enter(upstream).instance).toMatchObject({ origin: orders, authority: '127.0.0.1:4103' });
    for (let i = 0; i < 5000; i++) enter(upstream);
    expect(upstream.status()).toMatchObject({ inFlight: 5001, queued: 0, openConnections: 2 });
  });

  it('are the monolith’s: 60 s, the client’s Host, no breaker', async () => {
    const { one } = openWorld();
    const monolith = one({ url: legacy }, 'legacy');
    expect(monolith).toMatchObject({ isMonolith: true, timeout: 60_000, hostPolicy: 'client' });
    await attempts(monolith, 'bad', 100);
    expect(monolith.status().breaker).toBe('none');
  });

  it('give way to those that are', async () => {
    const { one } = openWorld();
    const off = one({ url: orders, breaker: 'off', retry: {}, timeout: '2s', host: 'client' });
    await attempts(off, 'bad', 100);
    expect(off).toMatchObject({ attempts: 2, timeout: 2000, hostPolicy: 'client' });
    expect(off.takeRetry()).toBe(true);
    expect(off.status().breaker).toBe('none');
    expect(one({ url: legacy, breaker: {} }, 'legacy').status().breaker).toBe('closed');
  });
});

describe('the way in', () => {
  it('is shut while the breaker is open, says when to come back, and opens again', async () => {
    const { one, clock, heard } = openWorld();
    const upstream = one({ url: orders });
    await attempts(upstream, 'bad', 20);
    expect(upstream.enter()).toEqual({
      code: 'breaker-open',
      reached: 'no',
      detail: 'the breaker of orders is open; ask again in 5 s',
      retryAfter: 5,
    });
    clock.advance(5000);
    const probe = enter(upstream);
    expect(upstream.enter()).toMatchObject({ code: 'breaker-open', retryAfter: 1 });
    probe.answered();
    await setImmediate();
    expect(upstream.status()).toMatchObject({ breaker: 'closed', inFlight: 1 });
    probe.settle('good');
    expect(heard).toEqual(['breaker-opened orders', 'breaker-half-opened orders', 'breaker-closed orders']);
  });

  it('leaves other upstreams alone', async () => {
    const { apply } = openWorld();
    const map = apply({ legacy: { url: legacy }, orders: { url: orders }, carts: { url: orders } });
    await attempts(map.get('orders') ?? expect.fail(), 'bad', 20);
    expect(map.get('carts')?.status().breaker).toBe('closed');
    enter(map.get('carts') ?? expect.fail());
  });

  it('waits for a place in a full bulkhead, and is refused when there is none', async () => {
    const { one, clock } = openWorld();
    const upstream = one({ url: orders, concurrency: 2 });
    const first = enter(upstream);
    enter(upstream);
    const waits = [upstream.enter(), upstream.enter()];
    expect(upstream.enter()).toEqual({
      code: 'overloaded',
      reached: 'no',
      detail: 'orders has 2 requests in flight, which is its bound, and 2 waiting',
      retryAfter: 1,
    });
    first.settle('good');
    expect(await waits[0]).toHaveProperty('instance');
    clock.advance(500);
    expect(await waits[1]).toMatchObject({ code: 'overloaded' });
    expect(upstream.status()).toMatchObject({ inFlight: 2, queued: 0 });
  });

  it('refuses who waited for a place when the breaker opened meanwhile, and keeps no place for them', async () => {
    const { one } = openWorld();
    const upstream = one({ url: orders, concurrency: 2, breaker: { minimum: 1 } });
    const [bad, gone] = [enter(upstream), enter(upstream)];
    const waits = [upstream.enter(), upstream.enter()];
    bad.settle('bad');
    const first = await waits[0];
    await setImmediate();
    gone.settle('unknown');
    expect(await waits[1]).toMatchObject({ code: 'breaker-open' });
    expect(upstream.status()).toMatchObject({ inFlight: 1, queued: 0, breaker: 'open' });
    if (first !== undefined && 'instance' in first) first.settle('unknown');
    expect(upstream.status().inFlight).toBe(0);
  });

  it('lets nobody queue for an upstream whose breaker is open', async () => {
    const { one } = openWorld();
    const upstream = one({ url: orders, concurrency: 2, breaker: { minimum: 1 } });
    enter(upstream);
    const bad = enter(upstream);
    const waits = upstream.enter();
    bad.settle('bad');
    await waits;
    await setImmediate();
    expect(upstream.enter()).toMatchObject({ code: 'breaker-open' });
    expect(upstream.status()).toMatchObject({ inFlight: 2, queued: 0 });
  });

  it('opens for no more retries than the budget has', async () => {
    const { one } = openWorld();
    const upstream = one({ url: orders, retry: { budget: '10%' } });
    await attempts(upstream, 'good', 100);
    let retries = 0;
    while (upstream.takeRetry()) {
      retries++;
      enter(upstream).settle('good');
    }
    expect(retries).toBe(10);
  });

  it('takes a permit back once', () => {
    const { one } = openWorld();
    const upstream = one({ url: orders });
    const [permit] = [enter(upstream), enter(upstream)];
    permit?.settle('good');
    permit?.settle('bad');
    expect(upstream.status().inFlight).toBe(1);
  });

  it('leads a retry to another instance', () => {
    const { one } = openWorld();
    const upstream = one({ urls: [legacy, orders] });
    const { instance } = enter(upstream);
    const again = upstream.enter(instance);
    expect('instance' in again && again.instance).not.toBe(instance);
  });

  it('names the instance that is given a rest', async () => {
    const { one, heard } = openWorld();
    const upstream = one({ urls: [legacy, orders] });
    for (let i = 0; i < 10; i++) {
      const permit = enter(upstream);
      permit.settle(permit.instance.origin === orders ? 'bad' : 'good');
    }
    expect(heard).toEqual([`instance-ejected ${orders}: 5 failures in a row`]);
  });
});

describe('a reload', () => {
  it('keeps an upstream whose settings are the same, with its breaker', async () => {
    const { apply, upstreams, closed, clock } = openWorld();
    const before = apply({ legacy: { url: legacy }, orders: { url: orders } });
    await attempts(before.get('orders') ?? expect.fail(), 'bad', 20);
    const after = apply({ legacy: { url: legacy, timeout: '30s' }, orders: { url: orders } });
    upstreams.retire(after);
    expect(after.get('orders')).toBe(before.get('orders'));
    expect(after.get('orders')?.status().breaker).toBe('open');
    expect(after.get('legacy')).not.toBe(before.get('legacy'));
    clock.advance(5000);
    await setImmediate();
    expect(closed).toEqual([legacy]);
  });

  it('makes a new upstream of one that became the monolith', () => {
    const { upstreams } = openWorld();
    const configs = parse({ legacy: { url: legacy }, orders: { url: orders } });
    const before = upstreams.apply(configs, 'legacy');
    const after = upstreams.apply(configs, 'orders');
    expect(after.get('orders')).not.toBe(before.get('orders'));
  });

  it('ends what is no longer named 5 s later and once nothing is in flight', async () => {
    const { apply, upstreams, closed, clock } = openWorld();
    const old = apply({ legacy: { url: legacy }, orders: { url: orders } }).get('orders') ?? expect.fail();
    upstreams.retire(apply({ legacy: { url: legacy } }));
    expect(upstreams.status().map(({ name }) => name)).toEqual(['legacy']);
    const late = enter(old);
    clock.advance(5000);
    await setImmediate();
    expect(closed).toEqual([]);
    const later = enter(old);
    late.settle('good');
    await setImmediate();
    expect(closed).toEqual([]);
    later.settle('good');
    await setImmediate();
    expect(closed).toEqual([orders]);
    expect(old.enter()).toMatchObject({ code: 'no-healthy-instance', reached: 'no' });
  });

  it('takes a refused config back without touching what runs', async () => {
    const { apply, upstreams, closed, clock } = openWorld();
    const running = apply({ legacy: { url: legacy }, orders: { url: orders } });
    apply({ legacy: { url: legacy }, orders: { url: 'http://127.0.0.1:9999' } });
    upstreams.retire(running);
    expect(upstreams.status()).toMatchObject([{ name: 'legacy' }, { instances: [{ origin: orders }] }]);
    clock.advance(5000);
    await setImmediate();
    expect(closed).toEqual(['http://127.0.0.1:9999']);
    expect(apply({ legacy: { url: legacy }, orders: { url: orders } }).get('orders')).toBe(
      running.get('orders'),
    );
  });

  it('changes nothing when an upstream cannot be made', async () => {
    const { apply, upstreams, closed } = openWorld();
    apply({ legacy: { url: legacy } });
    expect(() => apply({ orders: { url: orders }, broken: { url: 'http://127.0.0.1:1' } })).toThrow(
      'no certificate',
    );
    await setImmediate();
    expect(closed).toEqual([orders]);
    expect(upstreams.status().map(({ name }) => name)).toEqual(['legacy']);
  });
});

it('closes all connections, the retired ones too, and leaves no timer', async () => {
  const { apply, upstreams, closed, clock } = openWorld();
  apply({ legacy: { url: legacy, health: '/readyz' }, orders: { url: orders } });
  upstreams.retire(apply({ legacy: { url: legacy, health: '/readyz' } }));
  expect(clock.pending()).toBe(2);
  await upstreams.close();
  expect(closed.toSorted()).toEqual([legacy, orders]);
  expect(clock.pending()).toBe(0);
});
