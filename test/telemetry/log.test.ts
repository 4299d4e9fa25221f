import { describe, expect, it } from 'vitest';
import { createEvents, type GatewayEvent } from '../../gateway/core/events.ts';
import type { Level } from '../../gateway/telemetry/level.ts';
import { createTelemetry } from '../../gateway/telemetry/telemetry.ts';
import { makeRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const route = makeRoute();

function openLog(level: Level = 'info', isHuman = false) {
  const events = createEvents();
  const clock = createManualClock();
  const written: string[] = [];
  const telemetry = createTelemetry({
    events,
    clock,
    log: () => ({ level, paths: false }),
    revision: () => '',
    facts: () => ({
      routes: [],
      held: [],
      upstreams: [],
      limits: { store: 'memory', isUp: true, detail: '' },
      comparing: { inFlight: 0, unkept: 0, verdicts: [] },
    }),
    write: lines => void written.push(lines),
    isHuman,
  });
  return {
    clock,
    written,
    tell(...all: GatewayEvent[]) {
      for (const event of all) events.emit(event);
      telemetry.flush();
      return written.join('\n').split('\n').filter(Boolean);
    },
  };
}

describe('the log', () => {
  it('is a JSON line for each event, with time, level and name', () => {
    const { tell } = openLog();
    const [line = ''] = tell({ type: 'breaker-opened', upstream: 'orders' });
    expect(JSON.parse(line)).toEqual({
      time: '2026-01-01T00:00:00.000Z',
      level: 'warn',
      event: 'breaker-opened',
      upstream: 'orders',
    });
  });

  it('tells every problem of a refused config, at once', () => {
    const { tell, written } = openLog();
    const [line = ''] = tell({
      type: 'config-refused',
      hash: 'abc',
      problems: [
        { line: 'routes.yaml:1:2 error a', code: 'x' },
        { line: 'routes.yaml:3:4 error b', code: 'y' },
      ],
    });
    expect(JSON.parse(line)).toMatchObject({
      level: 'error',
      event: 'config-refused',
      problems: ['routes.yaml:1:2 error a', 'routes.yaml:3:4 error b'],
    });
    expect(written).toHaveLength(1);
  });

  it('is readable on a terminal', () => {
    const { tell } = openLog('info', true);
    expect(
      tell(
        { type: 'route-held', route: 'orders', by: 'alice', reason: 'wrong totals', until: undefined },
        { type: 'config-refused', hash: 'abc', problems: [{ line: 'routes.yaml:1:2 error a', code: 'x' }] },
      ),
    ).toEqual([
      '00:00:00 warn  route-held route=orders by=alice reason="wrong totals"',
      '00:00:00 error config-refused hash=abc',
      '  routes.yaml:1:2 error a',
    ]);
  });

  it('names a peer that forwards without trust once a minute, however often it does', () => {
    const { tell, clock } = openLog();
    const event = { type: 'untrusted-forwarded', peer: '192.0.2.7' } as const;
    expect(tell(event, event, event, { ...event, peer: '192.0.2.8' })).toHaveLength(2);
    clock.advance(60_001);
    expect(tell(event)).toHaveLength(3);
  });

  it('keeps to its level', () => {
    const quiet = { type: 'near-missed', route } as const;
    expect(openLog('info').tell(quiet)).toHaveLength(0);
    expect(openLog('debug').tell(quiet)).toHaveLength(1);
    expect(openLog('error').tell({ type: 'breaker-opened', upstream: 'orders' })).toHaveLength(0);
  });

  it('tells of a crash with its stack', () => {
    const { tell } = openLog();
    const [line = ''] = tell({ type: 'crashed', error: new TypeError('x is undefined') });
    expect(JSON.parse(line).error).toMatch(/^TypeError: x is undefined\n +at /);
  });
});
