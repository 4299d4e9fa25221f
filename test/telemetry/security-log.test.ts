import { describe, expect, it } from 'vitest';
import { createEvents } from '../../gateway/core/events.ts';
import type { Exchange } from '../../gateway/core/exchange.ts';
import type { GuardMode } from '../../gateway/core/vocabulary.ts';
import { createTelemetry } from '../../gateway/telemetry/telemetry.ts';
import { makeExchange, makeRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const route = makeRoute();

function openLog(level: 'info' | 'warn' = 'info') {
  const events = createEvents();
  const clock = createManualClock();
  const written: string[] = [];
  const telemetry = createTelemetry({
    ...{ events, clock, revision: () => '', isHuman: false, write: lines => void written.push(lines) },
    log: () => ({ level, paths: false }),
    facts: () => ({
      ...{ routes: [], held: [], upstreams: [] },
      limits: { store: 'memory', isUp: true, detail: '' },
      comparing: { inFlight: 0, unkept: 0, verdicts: [] },
    }),
  });
  const lines = (): Record<string, unknown>[] => {
    telemetry.flush();
    return written
      .join('\n')
      .split('\n')
      .filter(Boolean)
      .map(line => JSON.parse(line) as Record<string, unknown>);
  };
  return {
    ...{ clock, telemetry, lines },
    refuse(mode: GuardMode, guard: 'ip' | 'auth' | 'body' | 'message', ended: Partial<Exchange> = {}): void {
      const exchange = makeExchange(route, ended, { raw: '/orders/42?token=secret-token' });
      exchange.req.headers.authorization = 'Bearer secret-token';
      events.emit({ type: 'refused', route, guard, code: 'token-missing', mode, exchange });
    },
  };
}

const at = (address: string): Partial<Exchange> => ({
  client: { peer: '10.0.0.1', trusted: true, address, proto: 'http' },
});

describe('the security log', () => {
  it('says who, what, why and from where, and no credential', () => {
    const { refuse, lines } = openLog();
    refuse('enforce', 'auth', {
      ...at('192.0.2.7'),
      identity: { user: 'alice', key: undefined, scopes: [], roles: [] },
    });
    refuse('observe', 'ip', at('192.0.2.8'));
    expect(lines()).toMatchObject([
      {
        ...{ level: 'info', event: 'refused', route: 'orders', guard: 'auth', code: 'token-missing' },
        ...{ user: 'alice', key: null, address: '192.0.2.7', peer: '10.0.0.1', method: 'GET' },
        ...{ path_template: null, request_id: 'request-1' },
      },
      { event: 'would-refuse', guard: 'ip', user: null, address: '192.0.2.8' },
    ]);
    expect(JSON.stringify(lines())).not.toContain('secret');
  });

  it('leaves malformed messages and large bodies to the access record, unless they are only observed', () => {
    const { refuse, lines } = openLog();
    refuse('enforce', 'message');
    refuse('enforce', 'body');
    refuse('observe', 'body');
    expect(lines().map(({ event }) => event)).toEqual(['would-refuse']);
  });

  it('has 20 lines a minute for one caller and 600 in all, and counts what it drops', async () => {
    const { refuse, lines, clock, telemetry } = openLog();
    for (let i = 0; i < 50; i++) refuse('enforce', 'auth', at('192.0.2.7'));
    expect(lines()).toHaveLength(20);
    for (let i = 0; i < 1000; i++) refuse('enforce', 'auth', at(`2001:db8::${i.toString(16)}`));
    expect(lines()).toHaveLength(600);
    expect(await telemetry.metrics()).toContain('figway_refusals_untold_total 450');
    clock.advance(60_000);
    expect(lines().at(-1)).toMatchObject({ level: 'warn', event: 'refusals-dropped', lines: 450, told: 600 });
    refuse('enforce', 'auth', at('192.0.2.7'));
    expect(lines()).toHaveLength(602);
    expect(await telemetry.metrics()).toContain('figway_refusals_untold_total 450');
  });

  it('keeps to the level of the log', () => {
    const { refuse, lines } = openLog('warn');
    refuse('enforce', 'auth');
    expect(lines()).toEqual([]);
  });
});
