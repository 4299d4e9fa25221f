import { describe, expect, it } from 'vitest';
import { createEvents } from '../../gateway/core/events.ts';
import type { Exchange } from '../../gateway/core/exchange.ts';
import { withoutCredentials } from '../../gateway/core/secrets.ts';
import { type AccessRecord, toJson } from '../../gateway/telemetry/access-record.ts';
import type { LogConfig } from '../../gateway/telemetry/schema.ts';
import { createTelemetry } from '../../gateway/telemetry/telemetry.ts';
import { makeExchange, makeRoute, unclaimedRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const entry = { text: '', methods: undefined, host: undefined, headers: [], query: [] };
const orders = makeRoute({
  stage: 'canary',
  entries: [
    { ...entry, pattern: '/orders' },
    { ...entry, pattern: '/orders/:id' },
  ],
});

/** Telemetry that writes into a list; `settings` may change while it runs. */
function openLog(settings: Partial<LogConfig> = {}, isHuman = false) {
  const log: LogConfig = { level: 'info', paths: false, ...settings };
  const clock = createManualClock();
  const events = createEvents();
  const written: string[] = [];
  const state = { backlog: 0 };
  const telemetry = createTelemetry({
    events,
    clock,
    log: () => log,
    revision: () => 'build-7',
    facts: () => ({
      routes: [],
      held: [],
      upstreams: [],
      limits: { store: 'memory', isUp: true, detail: '' },
      comparing: { inFlight: 0, unkept: 0, verdicts: [] },
    }),
    write: lines => void written.push(lines),
    backlog: () => state.backlog,
    isHuman,
  });
  const finish = (exchange: Exchange, totalMs = 12.345) =>
    events.emit({ type: 'exchange-finished', exchange, totalMs });
  return {
    telemetry,
    clock,
    events,
    written,
    finish,
    log,
    state,
    lines: () => written.join('\n').split('\n'),
  };
}

const served = {
  served: 'service',
  because: 'canary',
  entry: 1,
  upstreamMs: 9.87,
  bytesIn: 3,
  bytesOut: 40,
} as const;

describe('the access record', () => {
  it('is one JSON line with exactly these fields, in this order', () => {
    const { finish, telemetry, written } = openLog();
    const exchange = makeExchange(orders, {
      ...served,
      decision: { serve: 'service', shadow: 'legacy', because: 'canary', detail: '' },
      copied: 'legacy',
    });
    finish(exchange);
    telemetry.flush();
    expect(written).toHaveLength(1);
    const record = JSON.parse(written[0] ?? '');
    expect(Object.keys(record).join(' ')).toBe(
      'time request_id trace_id method path_template status route stage side because upstream_ms total_ms bytes_in bytes_out fallback refusal shadow revision',
    );
    expect(record).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      request_id: 'request-1',
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
      method: 'GET',
      path_template: '/orders/:id',
      status: 200,
      route: 'orders',
      stage: 'canary',
      side: 'service',
      because: 'canary',
      upstream_ms: 9.9,
      total_ms: 12.3,
      bytes_in: 3,
      bytes_out: 40,
      fallback: null,
      refusal: null,
      shadow: 'legacy',
      revision: 'build-7',
    });
  });

  it('of unclaimed traffic has no template, and of a refusal no side', () => {
    const { finish, telemetry, lines } = openLog();
    finish(makeExchange(unclaimedRoute, { because: 'unclaimed' }));
    finish(makeExchange(orders, { served: undefined, status: 401, refusal: 'token-missing' }));
    telemetry.flush();
    const [unclaimed, refused] = lines().map(line => JSON.parse(line));
    expect(unclaimed).toMatchObject({ path_template: null, route: 'unclaimed', upstream_ms: null });
    expect(refused).toMatchObject({ side: null, refusal: 'token-missing', status: 401 });
  });

  it('names no shadow for a request that is out of the sample, nor for one that would be refused', () => {
    const { finish, telemetry, written } = openLog();
    const decision = { serve: 'legacy', shadow: 'service', because: 'stage', detail: '' } as const;
    finish(makeExchange(orders, { decision, skip: 'sampled-out' }));
    finish(makeExchange(orders, { decision, copied: 'service', isUncopied: true }));
    telemetry.flush();
    expect(
      written
        .join('\n')
        .split('\n')
        .map(line => JSON.parse(line).shadow),
    ).toEqual([null, null]);
  });

  it('holds path and query only where `paths` asks for them, without credentials', () => {
    const { finish, telemetry, lines, log } = openLog();
    const ask = () => finish(makeExchange(orders, {}, { raw: '/orders/42?access_token=abc&full=1' }));
    ask();
    log.paths = true;
    ask();
    telemetry.flush();
    const [without, withPath] = lines();
    expect(without).not.toMatch(/42|full|abc/);
    expect(JSON.parse(withPath ?? '').path).toBe('/orders/42?access_token=***&full=1');
  });

  it('stays one line whatever the method, the id and the path are', () => {
    const { finish, telemetry, lines } = openLog({ paths: true });
    finish(makeExchange(orders, {}, { method: 'M-SEARCH', raw: '/x?a="\n\u2028\\' }));
    telemetry.flush();
    expect(lines()).toHaveLength(1);
    expect(JSON.parse(lines()[0] ?? '').path).toBe('/x?a="\n\u2028\\');
  });

  it('is what JSON.stringify would write', () => {
    const record: AccessRecord = {
      ...{ time: '2026-01-01T00:00:00.000Z', request_id: 'a.b-c_1', trace_id: '4bf92f3577b34da6' },
      ...{ method: 'GET', path_template: '/a"b/\\\u2028:id', status: 0, route: 'a "b"', stage: 'canary' },
      ...{ side: null, because: 'fallback', upstream_ms: null, total_ms: 0.1, bytes_in: 0 },
      ...{ bytes_out: 2 ** 40, fallback: 'status-404', refusal: null, shadow: 'legacy', revision: 'é\n"' },
    };
    expect(toJson(record)).toBe(JSON.stringify(record));
    expect(toJson({ ...record, path: '/"\n?' })).toBe(JSON.stringify({ ...record, path: '/"\n?' }));
  });

  it('is written by its level: warn keeps fallbacks and failed upstreams, error our own failures', () => {
    const { finish, telemetry, lines, log } = openLog({ level: 'warn' });
    finish(makeExchange(orders));
    finish(makeExchange(orders, { refusal: 'token-missing' }));
    finish(makeExchange(orders, { fallback: 'upstream-refused' }));
    finish(makeExchange(orders, { refusal: 'upstream-timeout' }));
    log.level = 'error';
    finish(makeExchange(orders, { fallback: 'status-404' }));
    finish(makeExchange(orders, { refusal: 'internal' }));
    telemetry.flush();
    expect(lines().map(line => JSON.parse(line).fallback ?? JSON.parse(line).refusal)).toEqual([
      'upstream-refused',
      'upstream-timeout',
      'internal',
    ]);
  });

  it('is one readable line on a terminal', () => {
    const { finish, telemetry, lines } = openLog({}, true);
    finish(makeExchange(orders, served));
    finish(makeExchange(orders, { because: 'fallback', fallback: 'breaker-open', entry: 0 }));
    finish(makeExchange(unclaimedRoute, { served: undefined, refusal: 'bad-request-target', status: 400 }));
    telemetry.flush();
    expect(lines()).toEqual([
      '00:00:00 200 GET /orders/:id → service (canary) 12.3 ms orders',
      '00:00:00 200 GET /orders → legacy (fallback), fallback: breaker-open 12.3 ms orders',
      '00:00:00 400 GET (unclaimed) → bad-request-target 12.3 ms unclaimed',
    ]);
  });
});

describe('lines', () => {
  it('wait for company for at most 100 ms, and are written once', () => {
    const { finish, clock, written } = openLog();
    finish(makeExchange(orders));
    finish(makeExchange(orders));
    clock.advance(99);
    expect(written).toHaveLength(0);
    clock.advance(1);
    expect(written).toHaveLength(1);
    expect(written[0]?.split('\n')).toHaveLength(2);
    clock.advance(1000);
    expect(written).toHaveLength(1);
    expect(clock.pending()).toBe(0);
  });

  it('are written at once when there are 64 KiB of them', () => {
    const { finish, written } = openLog();
    for (let at = 0; at < 1000; at += 1) finish(makeExchange(orders));
    expect(written.length).toBeGreaterThan(3);
    expect(written[0]?.length).toBeLessThan(66_000);
  });

  it('are dropped and counted when nobody takes them, and that is told', async () => {
    const { finish, clock, written, state, telemetry } = openLog();
    state.backlog = 2 ** 21;
    for (let at = 0; at < 5000; at += 1) finish(makeExchange(orders));
    clock.advance(1000);
    expect(written).toEqual([]);
    state.backlog = 0;
    clock.advance(100);
    const lines = written.join('\n').split('\n');
    expect(written.join('').length).toBeLessThan(1.1 * 2 ** 20);
    const last = JSON.parse(lines.at(-1) ?? '');
    expect(last).toMatchObject({
      level: 'error',
      event: 'log-lines-dropped',
      lines: 5000 - (lines.length - 1),
    });
    expect(await telemetry.metrics()).toContain(`figway_log_lines_dropped_total ${last.lines}`);
  });

  it('that wait are written when telemetry is closed, and none after', () => {
    const { finish, telemetry, written } = openLog();
    finish(makeExchange(orders));
    telemetry.close();
    finish(makeExchange(orders));
    expect(written).toHaveLength(1);
  });
});

it.each([
  ['/a?token=x&b=1', '/a?token=***&b=1'],
  ['/a?b=1&api_key=x;password=y', '/a?b=1&api_key=***;password=***'],
  ['/a?X-Amz-Signature=abc&code=9', '/a?X-Amz-Signature=***&code=***'],
  ['/a?page=2&sort=key', '/a?page=2&sort=key'],
  ['/token=1/x', '/token=1/x'],
])('cuts credentials out of %s', (target, cut) => {
  expect(withoutCredentials(target)).toBe(cut);
});
