import { describe, expect, it } from 'vitest';
import { toInstant, toLocal as toServiceLocal } from '../../extracted-services/chassis/berlin-time.ts';
import { toLocal } from '../../legacy-monolith/local-time.ts';

const berlin = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Berlin',
  dateStyle: 'short',
  timeStyle: 'medium',
});
const hour = 3_600_000;

describe('local time', () => {
  it('is the wall clock of Berlin for every third hour of four years', () => {
    for (let at = Date.UTC(2023, 11, 31); at < Date.UTC(2028, 0, 2); at += 3 * hour) {
      expect(toLocal(at)).toBe(berlin.format(at));
    }
  });

  it.each([
    ['just before summer time', Date.UTC(2026, 2, 29, 0, 59, 59), '2026-03-29 01:59:59'],
    ['as summer time begins', Date.UTC(2026, 2, 29, 1), '2026-03-29 03:00:00'],
    ['just before winter time', Date.UTC(2026, 9, 25, 0, 59, 59), '2026-10-25 02:59:59'],
    ['as winter time begins', Date.UTC(2026, 9, 25, 1), '2026-10-25 02:00:00'],
  ])('is right %s', (_, at, local) => {
    expect(toLocal(at)).toBe(local);
    expect(toServiceLocal(new Date(at).toISOString())).toBe(local);
  });

  it('is read back by the service as the same instant', () => {
    for (let at = Date.UTC(2026, 0, 1); at < Date.UTC(2026, 9, 25); at += 7 * hour) {
      expect(toInstant(toLocal(at))).toBe(new Date(at).toISOString());
    }
  });

  it('is written as it was read, also in the hour that happens twice', () => {
    expect(toInstant('2026-10-25 02:30:00')).toBe('2026-10-25T00:30:00.000Z');
    expect(toServiceLocal(toInstant('2026-10-25 02:30:00'))).toBe('2026-10-25 02:30:00');
    expect(toInstant('2026-10-25 03:00:00')).toBe('2026-10-25T02:00:00.000Z');
  });
});
