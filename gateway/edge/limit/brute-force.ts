import { Refusal } from '../../core/errors.ts';

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
