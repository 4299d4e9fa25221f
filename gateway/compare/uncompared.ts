import type { Clock } from '../core/clock.ts';
import type { Exchange } from '../core/exchange.ts';
import type { SkipReason } from '../core/outcome.ts';
import type { Shadowing } from './shadowing.ts';

/** Requests that were not copied, for the same reason and with the same status of legacy's: one count for all of them. */
export interface Alike {
  readonly shadowing: Shadowing;
  readonly method: string;
  /** Position of the match entry. */
  readonly entry: number;
  readonly skip: SkipReason;
  /** Of legacy's answer; 0 for none. */
  readonly status: number;
  count: number;
}

/** Counts together what is counted only: with a small sample that is most of the traffic. */
export interface Uncompared {
  add(exchange: Exchange, shadowing: Shadowing, skip: SkipReason): void;
  /** Tells all that waits. */
  flush(): void;
}

/** Milliseconds for which a count waits for more of its kind. */
export const gathering = 100;
/** Kinds that may wait; with one more all are told. */
const room = 64;

/** @param tell hears of each request once, within 100 ms. */
export function createUncompared({ after }: Pick<Clock, 'after'>, tell: (alike: Alike) => void): Uncompared {
  let waiting: Alike[] = [];
  let cancel: (() => void) | undefined;

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    const told = waiting;
    waiting = [];
    for (const alike of told) tell(alike);
  };

  const find = ({ method, entry }: Exchange, shadowing: Shadowing, skip: SkipReason, status: number) => {
    for (const alike of waiting)
      if (
        alike.shadowing === shadowing &&
        alike.status === status &&
        alike.skip === skip &&
        alike.entry === entry &&
        alike.method === method
      )
        return alike;
    return undefined;
  };

  return {
    add(exchange, shadowing, skip) {
      const status = exchange.served === 'legacy' ? exchange.status : 0;
      const alike = find(exchange, shadowing, skip, status);
      if (alike !== undefined) {
        alike.count++;
        return;
      }
      if (waiting.length >= room) flush();
      const { method, entry } = exchange;
      waiting.push({ shadowing, method, entry, skip, status, count: 1 });
      cancel ??= after(gathering, flush);
    },
    flush,
  };
}
