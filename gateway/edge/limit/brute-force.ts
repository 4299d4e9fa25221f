import { Refusal } from '../../core/errors.ts';
import type { Rate } from '../../core/units.ts';
import type { Limits } from './limits.ts';

/**
 * Failed credentials by address (`edge.bruteForce`). Beyond the bound only failing credentials get 429; good ones
 * still pass. The auth guard calls `failed` for every 401, and asks `isBlocked` when a credential failed.
 */
export interface BruteForce {
  isBlocked(address: string): boolean;
  failed(address: string): void;
  /** 429 with `Retry-After`, for one that is blocked. */
  refusal(address: string): Refusal;
}

export function createBruteForce(rate: Rate | 'off', limits: Limits): BruteForce {
  if (rate === 'off')
    return { isBlocked: () => false, failed() {}, refusal: () => new Refusal('limit-exceeded', 'try later') };
  const limiter = limits.limiter({ ...rate, name: '', by: 'failures' });
  const known = (address: string) => limiter.known(limits.networkOf(address));
  return {
    isBlocked: address => (known(address)?.totalHits ?? 0) >= rate.requests,
    failed(address) {
      limiter.note(limits.networkOf(address));
    },
    refusal(address) {
      const count = known(address);
      const seconds = String(count === undefined ? 1 : limiter.secondsLeft(count));
      return new Refusal(
        'limit-exceeded',
        `more than ${rate.requests} failed credentials, try again in ${seconds} s`,
        ['Retry-After', seconds],
      );
    },
  };
}
