import type { Refusal } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { GuardMode, GuardName } from '../core/vocabulary.ts';

/**
 * One admission step, compiled for one route. `check` answers at once where it can:
 * undefined lets the request pass, a Refusal stops it (enforce) or is only counted (observe).
 */
export interface Guard {
  readonly name: GuardName;
  readonly mode: GuardMode;
  check(exchange: Exchange): Refusal | undefined | Promise<Refusal | undefined>;
}
