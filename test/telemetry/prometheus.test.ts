import { describe, expect, it } from 'vitest';
import { createEvents } from '../../gateway/core/events.ts';
import type { UpstreamStatus } from '../../gateway/proxy/upstream.ts';
import { createTelemetry } from '../../gateway/telemetry/telemetry.ts';
import { makeExchange, makeRoute, unclaimedRoute } from '../kit/exchanges.ts';

const orders = makeRoute({ stage: 'canary' });
const upstream: UpstreamStatus = {
  name: 'orders',
  breaker: 'open',
  inFlight: 0,
  queued: 0,
  openConnections: 3,
  instances: [],
};

function openMetrics() {
  const events = createEvents();
  const telemetry = createTelemetry({
    events,
    log: () => ({ level: 'error', paths: false }),
    revision: () => '',
    facts: () => ({
      routes: [unclaimedRoute, orders],
      held: ['orders'],
      upstreams: [upstream],
      limits: { store: 'redis', isUp: false, detail: 'no answer' },
      comparing: { inFlight: 0, unkept: 0, verdicts: [] },
    }),
    write: () => {},
    isHuman: false,
  });
  return {
    events,
    telemetry,
    finish: (exchange: ReturnType<typeof makeExchange>, totalMs: number) =>
      events.emit({ type: 'exchange-finished', exchange, totalMs }),
    async lines(prefix: string) {
      const text = await telemetry.metrics();
      return text.split('\n').filter(line => line.startsWith(prefix));
    },
    [Symbol.dispose]: telemetry.close,
  };
}

describe('the metrics', () => {
  it('count requests by route, stage, side and why', async () => {
    using metrics = openMetrics();
    const service = () => makeExchange(orders, { served: 'service', because: 'canary' });
    metrics.finish(service(), 10);
    metrics.finish(service(), 10);
    metrics.finish(makeExchange(orders, { because: 'fallback' }), 10);
    metrics.finish(makeExchange(unclaimedRoute, { because: 'unclaimed' }), 10);
    metrics.finish(makeExchange(orders, { served: undefined, status: 401 }), 1);
    expect(await metrics.lines('figway_requests_total')).toEqual([
      'figway_requests_total{route="orders",stage="canary",side="service",because="canary"} 2',
      'figway_requests_total{route="orders",stage="canary",side="legacy",because="fallback"} 1',
      'figway_requests_total{route="orders",stage="canary",side="none",because="stage"} 1',
      'figway_requests_total{route="unclaimed",stage="legacy",side="legacy",because="unclaimed"} 1',
    ]);
    expect(await metrics.lines('figway_service_served_ratio')).toEqual(['figway_service_served_ratio 0.4']);
  });

  it('measure durations in cumulative buckets, a bound belonging to its bucket', async () => {
    using metrics = openMetrics();
    for (const ms of [5, 5.1, 700, 20_000]) metrics.finish(makeExchange(orders), ms);
    const lines = await metrics.lines('http_server_request_duration_seconds');
    const labels =
      'http_route="orders",http_request_method="GET",http_response_status_code="200",side="legacy"';
    const bucket = (le: string) =>
      lines
        .find(line => line.includes(`le="${le}"`) && line.includes('orders'))
        ?.split(' ')
        .at(-1);
    expect(['0.005', '0.01', '0.5', '0.75', '10', '+Inf'].map(bucket)).toEqual([
      '1',
      '2',
      '2',
      '3',
      '3',
      '4',
    ]);
    expect(lines).toContain(`http_server_request_duration_seconds_count{${labels}} 4`);
    expect(lines.find(line => line.includes('_sum{'))).toMatch(/ 20\.7101$/);
    expect(lines.filter(line => line.includes('_bucket'))).toHaveLength(15);
  });

  it('put every method that is not known under one label', async () => {
    using metrics = openMetrics();
    for (let at = 0; at < 50; at += 1) metrics.finish(makeExchange(orders, {}, { method: `X${at}` }), 1);
    const counts = await metrics.lines('http_server_request_duration_seconds_count');
    expect(counts).toEqual([expect.stringContaining('http_request_method="_OTHER"')]);
  });

  it('carry no path, user or id, whatever the requests are', async () => {
    using metrics = openMetrics();
    const identity = { user: 'mallory', key: 'key-1', scopes: [], roles: [] };
    const exchange = makeExchange(orders, { identity }, { raw: '/orders/secret-path?q=1' });
    metrics.finish(exchange, 1);
    metrics.events.emit({
      type: 'refused',
      route: orders,
      guard: 'auth',
      code: 'token-missing',
      mode: 'enforce',
      exchange,
    });
    expect(await metrics.telemetry.metrics()).not.toMatch(/secret-path|mallory|key-1|request-1/);
  });

  it('count refusals, near misses, fallbacks, retries and turns of a breaker', async () => {
    using metrics = openMetrics();
    const { events } = metrics;
    events.emit({ type: 'refused', route: orders, guard: 'auth', code: 'token-missing', mode: 'observe' });
    events.emit({ type: 'near-missed', route: orders });
    events.emit({ type: 'fell-back', route: orders, reason: 'upstream-refused' });
    events.emit({ type: 'retried', upstream: 'orders', reason: 'upstream-reset' });
    events.emit({ type: 'breaker-opened', upstream: 'orders' });
    events.emit({ type: 'upstream-answered', upstream: 'orders', status: 200, ms: 30 });
    const expected = [
      'figway_refusals_total{route="orders",guard="auth",code="token-missing",mode="observe"} 1',
      'figway_near_misses_total{route="orders"} 1',
      'figway_fallbacks_total{route="orders",reason="upstream-refused"} 1',
      'figway_retries_total{upstream="orders",reason="upstream-reset"} 1',
      'figway_breaker_transitions_total{upstream="orders",state="open"} 1',
      'http_client_request_duration_seconds_count{upstream="orders"} 1',
      'figway_breaker_state{upstream="orders"} 2',
      'figway_upstream_open_connections{upstream="orders"} 3',
      'figway_holds{route="orders"} 1',
      'figway_stage_info{route="orders",stage="canary"} 1',
    ];
    const text = await metrics.telemetry.metrics();
    for (const line of expected) expect(text.split('\n')).toContain(line);
    expect(text).toContain('process_cpu_seconds_total');
  });

  it('tell which config runs, and that a newer one is refused', async () => {
    using metrics = openMetrics();
    const { events } = metrics;
    events.emit({ type: 'config-loaded', revision: 'r1', hash: 'a1', routes: 1, warnings: 0, ms: 1 });
    events.emit({ type: 'config-refused', hash: 'b2', problems: [] });
    expect(await metrics.lines('figway_config_')).toEqual([
      'figway_config_info{revision="r1",hash="a1"} 1',
      'figway_config_last_reload_successful 0',
      expect.stringMatching(/^figway_config_last_reload_timestamp_seconds 1\.?\d+/),
    ]);
  });

  it('escape what a name may hold', async () => {
    using metrics = openMetrics();
    metrics.finish(makeExchange(makeRoute({ name: 'a"b\\c\nd' })), 1);
    expect(await metrics.lines('figway_requests_total')).toEqual([
      expect.stringContaining('route="a\\"b\\\\c\\nd"'),
    ]);
  });

  it('forget routes that left the table, but never unclaimed', async () => {
    using metrics = openMetrics();
    metrics.finish(makeExchange(orders), 1);
    metrics.finish(makeExchange(unclaimedRoute), 1);
    metrics.telemetry.tally.keep(name => name === 'users');
    expect(await metrics.lines('figway_requests_total')).toHaveLength(1);
  });
});

describe('a scrape of many routes', () => {
  it('is one text: each metric described once, every series in it', async () => {
    using metrics = openMetrics();
    for (let at = 0; at < 700; at += 1) metrics.finish(makeExchange(makeRoute({ name: `route-${at}` })), 1);
    const [text, again] = await Promise.all([metrics.telemetry.metrics(), metrics.telemetry.metrics()]);
    const lines = text.split('\n');
    expect(lines.filter(line => line.startsWith('figway_requests_total{'))).toHaveLength(700);
    expect(lines.filter(line => line.startsWith('http_server_request_duration_seconds_bucket'))).toHaveLength(
      10_500,
    );
    expect(lines.filter(line => line.startsWith('# TYPE figway_requests_total'))).toHaveLength(1);
    expect(new Set(lines.filter(line => line.startsWith('# TYPE'))).size).toBe(
      lines.filter(line => line.startsWith('# TYPE')).length,
    );
    expect(again.split('\n').filter(line => line.startsWith('figway_'))).toEqual(
      lines.filter(line => line.startsWith('figway_')),
    );
  });

  it('lets others have their turn', async () => {
    using metrics = openMetrics();
    for (let at = 0; at < 700; at += 1) metrics.finish(makeExchange(makeRoute({ name: `route-${at}` })), 1);
    let turns = 0;
    let isRunning = true;
    const count = () => {
      turns += 1;
      if (isRunning) setImmediate(count);
    };
    setImmediate(count);
    await metrics.telemetry.metrics();
    isRunning = false;
    expect(turns).toBeGreaterThan(20);
  });
});
