import type { Clock } from '../../core/clock.ts';
import { Refusal } from '../../core/errors.ts';

/** Wrong tokens from one address in a window, and from all together; beyond, nobody's is looked at. */
export const attemptBound = 10;
const totalBound = 200;
/** Milliseconds. */
export const attemptWindow = 60_000;

/** Failed logins, counted in fixed windows. It keeps at most as many addresses as failures are let through. */
export interface Attempts {
  /** Throws `limit-exceeded` for an address that has failed too often. */
  requireRoom(address: string): void;
  fail(address: string): void;
}

export function createAttempts(clock: Clock): Attempts {
  const failures = new Map<string, number>();
  let total = 0;
  let endsAt = 0;

  return {
    requireRoom(address) {
      if (clock.now() >= endsAt) {
        failures.clear();
        total = 0;
        endsAt = clock.now() + attemptWindow;
      }
      if (total < totalBound && (failures.get(address) ?? 0) < attemptBound) return;
      const seconds = Math.ceil((endsAt - clock.now()) / 1000);
      throw new Refusal('limit-exceeded', `too many logins failed, try again in ${seconds} s`, [
        'retry-after',
        String(seconds),
      ]);
    },
    fail(address) {
      total += 1;
      failures.set(address, (failures.get(address) ?? 0) + 1);
    },
  };
}
