import type { Rate } from '../../core/units.ts';
import type { Limiter } from './limiter.ts';

/** What is counted: the same rule of the same route, over all reloads and processes. */
export interface LimitRule extends Rate {
  /** `unclaimed` or a route's name; `edge` for what all share. */
  readonly name: string;
  /** What tells clients apart: `client`, `user`, `ip`, `key`, `header:NAME`, `total` or `failures`. */
  readonly by: string;
}

/** Counters of one config. A rule that was there before goes on with its counts. */
export interface Limits {
  limiter(rule: LimitRule): Limiter;
  /** One client by its address: IPv4 as it is, IPv6 by /56. Remembered. */
  networkOf(address: string): string;
}

/** Whether counts are shared with other processes, and whether that works. */
export interface LimitsStatus {
  readonly store: 'memory' | 'redis';
  /** False while Redis is away or slow: then each process counts alone. */
  readonly isUp: boolean;
  /** Why it is not; empty while it is. No credentials. */
  readonly detail: string;
}
