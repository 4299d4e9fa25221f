import { describe, expect, it } from 'vitest';
import { createEvents, type EventOf, type GatewayEvent } from '../../gateway/core/events.ts';
import { bounds } from '../../gateway/telemetry/tally.ts';
import { createTelemetry } from '../../gateway/telemetry/telemetry.ts';
import { makeExchange, makeRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';
import { codesIn, readPage, tableOf } from '../kit/markdown.ts';
import { sendRaw } from '../kit/raw.ts';
import { echo } from '../kit/upstream.ts';
import { openWorld } from '../kit/world.ts';

const page = readPage('docs/metrics-and-logs.md');

const table = `
monolith: legacy
redis: redis://127.0.0.1:1
log: { paths: true, level: info }
upstreams:
  legacy: { url: "\${legacy}" }
  orders: { url: "\${orders}", retry: { attempts: 2 }, breaker: { minimum: 2 } }
routes:
  orders: { match: [GET /orders/:id], service: orders, stage: canary, percent: 100, by: [ip] }
`;

/** A gateway after traffic that counts under every metric, and what it logged. */
async function scrape() {
  await using world = await openWorld(table, { legacy: echo('legacy'), orders: echo('orders') });
  await fetch(`${world.url}/orders/1`);
  await world.upstreams.orders.kill();
  await fetch(`${world.url}/orders/1`);
  await fetch(`${world.url}/Orders/1`);
  await sendRaw(world.url, 'GET /a/../orders/1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  await fetch(`${world.adminUrl}/api/routes/orders/hold`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'to see it' }),
  });
  await expect
    .poll(async () => (await fetch(`${world.adminUrl}/metrics`)).text())
    .toMatch(/^figway_match_ratio\{/m);
  const answer = await fetch(`${world.adminUrl}/metrics`);
  await expect.poll(() => world.log.join('\n')).toContain('"status":400');
  return { metrics: await answer.text(), log: world.log.join('\n').split('\n') };
}

/** Name, type and labels of each metric in a scrape, as the rows of the page say them. */
function metricsIn(text: string): string[][] {
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]);
  return types
    .filter(([name = '']) => /^(figway|http)_/.test(name))
    .map(([name = '', type = '']) => {
      const sample = new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, 'm').exec(text);
      if (sample === null) throw new Error(`${name} has no sample: the traffic of this test lacks something`);
      const labels = [...(sample[1] ?? '').matchAll(/(\w+)="/g)].map(([, label = '']) => label);
      return [name, type, labels.join(' ')];
    });
}

describe('docs/metrics-and-logs.md', () => {
  it('lists every metric with its type and labels, and every field of the access record', async () => {
    const { metrics, log } = await scrape();
    const told = tableOf(page, 'metric').map(([name, type = '', labels]) => [
      codesIn(name).join(),
      type,
      codesIn(labels).join(' '),
    ]);
    expect(told.toSorted()).toEqual(metricsIn(metrics).toSorted());
    const record = log.map(line => JSON.parse(line)).find(line => 'request_id' in line && 'status' in line);
    expect(tableOf(page, 'field').flatMap(([name]) => codesIn(name))).toEqual(Object.keys(record));
  });

  it('names the buckets', () => {
    expect(page.replaceAll('\n', ' ')).toContain(`in seconds: ${bounds.join(', ')}.`);
  });

  it('lists every event that is logged, with its level and fields', () => {
    const told = tableOf(page, 'event').map(([name, level = '', fields]) => [
      codesIn(name).join(),
      level,
      codesIn(fields).join(' '),
    ]);
    expect(told.toSorted()).toEqual(loggedEvents().toSorted());
  });
});

/** One of each; that none is missing is the compiler's business. */
const examples: Record<GatewayEvent['type'], GatewayEvent> = {
  'exchange-finished': { type: 'exchange-finished', exchange: makeExchange(makeRoute()), totalMs: 1 },
  refused: {
    ...{ type: 'refused', route: makeRoute(), guard: 'body', code: 'body-too-large', mode: 'observe' },
    exchange: makeExchange(makeRoute()),
  },
  'near-missed': { type: 'near-missed', route: makeRoute() },
  'fell-back': { type: 'fell-back', route: makeRoute(), reason: 'upstream-refused' },
  retried: { type: 'retried', upstream: 'orders', reason: 'upstream-refused' },
  'upstream-answered': { type: 'upstream-answered', upstream: 'orders', status: 200, ms: 1 },
  'breaker-opened': { type: 'breaker-opened', upstream: 'orders' },
  'breaker-half-opened': { type: 'breaker-half-opened', upstream: 'orders' },
  'breaker-closed': { type: 'breaker-closed', upstream: 'orders' },
  'instance-ejected': { type: 'instance-ejected', upstream: 'orders', instance: 'http://a', reason: 'x' },
  'instance-restored': { type: 'instance-restored', upstream: 'orders', instance: 'http://a', reason: 'x' },
  'config-loaded': { type: 'config-loaded', revision: 'r', hash: 'h', routes: 1, warnings: 0, ms: 1 },
  'config-refused': { type: 'config-refused', problems: [{ line: 'a:1:1', code: 'c' }], hash: 'h' },
  'route-moved': {
    ...{ type: 'route-moved', route: 'orders', from: 'legacy', to: 'shadow' },
    ...{ by: 'alice', reason: 'x', ungated: false },
  },
  'route-held': { type: 'route-held', route: 'orders', by: 'alice', reason: 'x', until: undefined },
  'route-released': { type: 'route-released', route: 'orders', by: 'alice', reason: 'x' },
  'store-failed': { type: 'store-failed', task: 'x', reason: 'x' },
  'store-restored': { type: 'store-restored' },
  'limits-degraded': { type: 'limits-degraded', reason: 'x' },
  'holds-degraded': { type: 'holds-degraded', reason: 'x' },
  'holds-restored': { type: 'holds-restored' },
  'limits-restored': { type: 'limits-restored' },
  'token-failed': { type: 'token-failed', upstream: 'orders', reason: 'x' },
  'token-restored': { type: 'token-restored', upstream: 'orders' },
  'keys-failed': { type: 'keys-failed', url: 'https://id.example.com/jwks.json', reason: 'x' },
  'keys-restored': { type: 'keys-restored', url: 'https://id.example.com/jwks.json' },
  compared: {
    ...{ type: 'compared', route: makeRoute(), method: 'GET', outcome: 'match', skip: undefined, count: 1 },
  },
  'tripwire-tripped': { type: 'tripwire-tripped', route: 'orders', reason: 'x', isHeld: true },
  'compare-worker-lost': { type: 'compare-worker-lost', reason: 'x', lost: 1 },
  'worker-started': { type: 'worker-started', worker: 1, pid: 2, ms: 1 },
  'worker-lost': { type: 'worker-lost', worker: 1, pid: 2, reason: 'x', ms: 100 },
  'worker-silent': { type: 'worker-silent', worker: 1, untold: 1 },
  'untrusted-forwarded': { type: 'untrusted-forwarded', peer: '192.0.2.1' },
  'drain-began': { type: 'drain-began', detail: 'x' },
  'drain-ended': { type: 'drain-ended', detail: 'x' },
  crashed: { type: 'crashed', error: new Error('x') },
};

/** Name, level and fields of each event that reaches the log. */
function loggedEvents(): string[][] {
  const events = createEvents();
  const clock = createManualClock();
  const written: string[] = [];
  let backlog = 0;
  const telemetry = createTelemetry({
    events,
    clock,
    log: () => ({ level: 'debug', paths: false }),
    revision: () => '',
    facts: () => ({
      ...{ routes: [], held: [], upstreams: [] },
      limits: { store: 'memory', isUp: true, detail: '' },
      comparing: { inFlight: 0, unkept: 0, verdicts: [] },
    }),
    write: lines => void written.push(...lines.split('\n')),
    backlog: () => backlog,
    isHuman: false,
  });
  for (const event of Object.values(examples)) events.emit(event);
  // More than one caller has lines for.
  for (let i = 0; i < 30; i++)
    events.emit({ ...(examples.refused as EventOf<'refused'>), guard: 'auth', mode: 'enforce' });
  telemetry.flush();
  backlog = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i++) events.emit({ type: 'drain-began', detail: 'x'.repeat(100_000) });
  backlog = 0;
  clock.advance(1000);
  telemetry.close();
  const lines = written.map(line => JSON.parse(line) as Record<string, unknown>);
  const told = lines
    .filter(line => 'event' in line)
    .map(({ time, level, event, ...fields }) => [
      String(event),
      String(level),
      Object.keys(fields).join(' '),
    ]);
  return [...new Map(told.map(row => [row.join(' '), row])).values()];
}
