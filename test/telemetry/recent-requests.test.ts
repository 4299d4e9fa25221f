import { describe, expect, it } from 'vitest';
import { createEvents } from '../../gateway/core/events.ts';
import type { Exchange } from '../../gateway/core/exchange.ts';
import { createRecentRequests } from '../../gateway/telemetry/recent-requests.ts';
import { makeExchange, unclaimedRoute } from '../kit/exchanges.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const minute = 60_000;

function open(fields: readonly string[] = []) {
  const events = createEvents();
  const clock = createManualClock();
  const recent = createRecentRequests({ events, clock, fields: () => new Set(fields) });
  const finish = (raw: string, headers: Record<string, string> = {}, ended: Partial<Exchange> = {}) => {
    const exchange = makeExchange(unclaimedRoute, ended, { raw });
    Object.assign(exchange.req.headers, headers);
    events.emit({ type: 'exchange-finished', exchange, totalMs: 1 });
  };
  const lines = () => recent.take().parts.flatMap(part => part.lines.split('\n'));
  return { clock, recent, finish, lines };
}

describe('recent requests', () => {
  it('are kept without values, and with the fields that routes match on alone', () => {
    const { finish, lines } = open(['x-api']);
    finish('/orders/1?token=s3cret', {
      'x-api': 'v2',
      authorization: 'Bearer s3cret',
      host: 'Shop.example.com:80',
    });
    const [line = ''] = lines();
    expect(line.split('\t').map(part => part.replace(/[0-9a-f]{16}/, '#'))).toEqual([
      ...['GET', '', 'shop.example.com', '/orders/1', '?token=#', 'x-api=#'],
    ]);
    expect(line).not.toMatch(/s3cret|v2/);
  });

  it('are forgotten after an hour', () => {
    const { clock, finish, lines, recent } = open();
    finish('/old');
    clock.advance(30 * minute);
    finish('/new');
    expect(lines().map(line => line.split('\t')[3])).toEqual(['/old', '/new']);
    clock.advance(31 * minute);
    expect(lines().map(line => line.split('\t')[3])).toEqual(['/new']);
    expect(recent.take().since).toBe(clock.wall() - 60 * minute);
    clock.advance(60 * minute);
    expect(recent.take().parts).toEqual([]);
  });

  it('are an even sample where too many come', () => {
    const { clock, finish, recent } = open();
    for (let at = 0; at < 40_000; at += 1) finish(at < 20_000 ? '/early' : '/late');
    const [part] = recent.take().parts;
    const kept = part?.lines.split('\n') ?? [];
    expect(kept).toHaveLength(4000);
    expect(part?.weight).toBe(10);
    const early = kept.filter(line => line.includes('/early')).length;
    // Six standard deviations.
    expect(Math.abs(early - 2000)).toBeLessThan(190);
    clock.advance(minute);
    expect(clock.pending()).toBe(0);
  });

  it('leave out what is too long, what had no answer, and what was never read', () => {
    const { finish, recent } = open();
    finish(`/${'x'.repeat(600)}`);
    finish('/aborted', {}, { status: 0 });
    finish('/', {}, { refusal: 'url-too-long' });
    expect(recent.take().parts).toEqual([]);
  });
});
