import { describe, expect, it } from 'vitest';
import type { TripwireConfig } from '../../gateway/compare/schema.ts';
import { createTripwire, mostInWindow, type Sighting, toSighting } from '../../gateway/compare/tripwire.ts';
import { outcomes } from '../../gateway/core/outcome.ts';
import { mismatch, trial, wrongTotal } from '../kit/trials.ts';

const wire = (settings: Partial<TripwireConfig> = {}) =>
  createTripwire({ errors: 5, minimum: 50, clients: 3, window: 60_000, ...settings });

/** The n-th request, of one of nine clients. */
const request = (n: number, facts: Partial<Sighting> = {}): Sighting => ({
  ...{ at: 1000 + n, fingerprint: `f${n}`, client: `c${n % 9}`, errors: false },
  ...facts,
});

describe('a tripwire', () => {
  it('trips when enough distinct requests of enough clients went wrong, and says why', () => {
    const tripwire = wire();
    for (let n = 0; n < 73; n += 1) expect(tripwire.see(request(n))).toBeUndefined();
    for (let n = 73; n < 77; n += 1) tripwire.see(request(n, { errors: true }));
    for (let n = 77; n < 82; n += 1) tripwire.see(request(n, { errors: true }));
    expect(tripwire.see(request(82, { errors: true }))).toEqual({
      measure: 'errors',
      reason: 'errors 12 % of 83 requests of 9 clients in 1m, bound 5 %',
    });
  });

  it('stays still at the bound, and trips beyond it', () => {
    const tripwire = wire();
    for (let n = 0; n < 95; n += 1) tripwire.see(request(n));
    for (let n = 95; n < 100; n += 1) expect(tripwire.see(request(n, { errors: true }))).toBeUndefined();
    expect(tripwire.see(request(100, { errors: true }))?.measure).toBe('errors');
  });

  it('stays still below the minimum', () => {
    const tripwire = wire();
    for (let n = 0; n < 49; n += 1) expect(tripwire.see(request(n, { errors: true }))).toBeUndefined();
    expect(tripwire.see(request(49, { errors: true }))).toBeDefined();
  });

  it('is not tripped by one poller, however often', () => {
    const tripwire = wire();
    for (let n = 0; n < 100; n += 1) tripwire.see(request(n));
    for (let n = 0; n < 10_000; n += 1)
      expect(tripwire.see(request(100, { fingerprint: 'poll', errors: true }))).toBeUndefined();
  });

  it('is not tripped by fewer clients than asked for', () => {
    const tripwire = wire();
    for (let n = 0; n < 100; n += 1) tripwire.see(request(n));
    for (let n = 100; n < 200; n += 1)
      expect(tripwire.see(request(n, { client: `bad${n % 2}`, errors: true }))).toBeUndefined();
    expect(tripwire.see(request(200, { client: 'bad2', errors: true }))).toBeDefined();
  });

  it('turns a request bad once that was good before', () => {
    const tripwire = wire();
    for (let n = 0; n < 60; n += 1) tripwire.see(request(n));
    for (let n = 0; n < 3; n += 1)
      expect(tripwire.see(request(n, { at: 2000, errors: true }))).toBeUndefined();
    expect(tripwire.see(request(3, { at: 2000, errors: true }))?.reason).toContain(
      'errors 6.7 % of 60 requests',
    );
  });

  it('forgets what is older than the window, and all when it is cleared', () => {
    const tripwire = wire();
    for (let n = 0; n < 60; n += 1) tripwire.see(request(n, { at: 1000, errors: true }));
    expect(tripwire.tripped(60_999)).toBeDefined();
    expect(tripwire.tripped(61_000)).toBeUndefined();
    for (let n = 0; n < 60; n += 1) tripwire.see(request(n, { at: 62_000, errors: true }));
    expect(tripwire.tripped(62_000)).toBeDefined();
    tripwire.clear();
    expect(tripwire.tripped(62_000)).toBeUndefined();
    for (let n = 0; n < 49; n += 1)
      expect(tripwire.see(request(n, { at: 62_001, errors: true }))).toBeUndefined();
  });

  it('watches each measure by its own requests, and only those that are set', () => {
    const tripwire = wire({ mismatches: 1, slower: 25 });
    for (let n = 0; n < 60; n += 1) tripwire.see(request(n, { mismatches: n < 3, slower: n < 10 }));
    expect(tripwire.tripped(1060)?.reason).toBe(
      'mismatches 5 % of 60 requests of 9 clients in 1m, bound 1 %',
    );
    const slow = wire({ errors: undefined, slower: 25 });
    for (let n = 0; n < 60; n += 1) slow.see(request(n, { errors: true, mismatches: true }));
    expect(slow.tripped(1060)).toBeUndefined();
    for (let n = 0; n < 60; n += 1) slow.see(request(n, { slower: n < 16 }));
    expect(slow.tripped(1060)?.measure).toBe('slower');
  });

  it('keeps a bounded number of requests', () => {
    const tripwire = wire();
    for (let n = 0; n < 3000; n += 1) tripwire.see(request(n, { at: 1000, errors: true }));
    for (let n = 3000; n < mostInWindow + 3001; n += 1) tripwire.see(request(n, { at: 1000 }));
    // The first 3,000 had to go.
    expect(tripwire.tripped(1000)).toBeUndefined();
  });
});

describe('what a trial shows', () => {
  it.each(outcomes)('with %s', outcome => {
    const shown = toSighting(trial({ outcome, ms: { legacy: 10, service: 100 } }), outcome);
    if (outcome === 'skipped' || outcome === 'legacy-failed') return expect(shown).toBeUndefined();
    const facts = { at: trial().at, fingerprint: 'f', client: 'c' };
    if (outcome === 'service-failed') return expect(shown).toEqual({ ...facts, errors: true });
    expect(shown).toEqual({ ...facts, errors: false, mismatches: outcome === 'mismatch', slower: true });
  });

  it('is a mismatch where the signature is unknown, and none where it has proved to be noise', () => {
    expect(toSighting(mismatch([wrongTotal]), 'mismatch')?.mismatches).toBe(true);
    expect(toSighting(mismatch([wrongTotal]), 'noise')?.mismatches).toBe(false);
    expect(toSighting(mismatch([wrongTotal]), 'excused')?.mismatches).toBe(false);
  });

  it('is no pair where a side has not answered', () => {
    expect(toSighting(trial({ ms: { legacy: 10 } }), 'match')).not.toHaveProperty('slower');
    expect(toSighting(trial({ ms: { legacy: 100, service: 150 } }), 'match')?.slower).toBe(false);
    expect(toSighting(trial({ ms: { legacy: 100, service: 150.1 } }), 'match')?.slower).toBe(true);
  });
});
