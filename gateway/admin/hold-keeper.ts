import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Hold, HoldStore } from '../routing/route.ts';

/** Wait before a hold that the store did not take is offered again. */
const retryAfter = 10_000;

/** Brings what is held in memory into the store, and tries again while that is away. */
export interface HoldKeeper {
  /**
   * Resolves when the store has it or refused it. Never rejects.
   * @param released the hold that was released: one that another gateway set later stays.
   */
  save(route: string, released?: Hold): Promise<void>;
  /** The holds that are kept; undefined where the store is away: then they are read later. */
  read(): Promise<readonly Hold[] | undefined>;
  /** Whether the store has not taken what is in memory. */
  isUnsaved(route: string): boolean;
  /** Routes of which that is so. */
  readonly unsaved: number;
  close(): void;
}

export interface HoldKeeperDeps {
  readonly store: HoldStore;
  readonly clock: Clock;
  readonly events: Events;
  of(route: string): Hold | undefined;
  /** Reads the store, now that it may be there again. */
  reload(): Promise<void>;
  /** Hears of each route that is offered to the store again. */
  offered(route: string): void;
  /** Hears of each that the store has taken. */
  saved(route: string): void;
}

export function createHoldKeeper({
  store,
  clock,
  events,
  of,
  reload,
  offered,
  saved,
}: HoldKeeperDeps): HoldKeeper {
  /** Routes whose hold in the store is not what is in memory, with the hold that was released. */
  const unsaved = new Map<string, Hold | undefined>();
  let isRead = true;
  let isFailing = false;
  /** The present failure was told of. */
  let isTold = false;
  let cancelRetry: (() => void) | undefined;

  async function save(route: string, released?: Hold): Promise<void> {
    unsaved.set(route, released);
    const hold = of(route);
    try {
      await (hold === undefined ? store.release(route, released?.since) : store.hold(hold));
    } catch (error) {
      fail(hold === undefined ? `release of ${route}` : `hold on ${route}`, error);
      return;
    }
    // Changed again while the store wrote: the later save settles it.
    if (of(route) !== hold || !unsaved.delete(route)) return;
    saved(route);
    restore();
  }

  function fail(task: string, error: unknown): void {
    // The rest of what fails until the next try has the same reason, and is counted in `unsaved`.
    if (!isTold) {
      const reason = error instanceof Error ? error.message : String(error);
      events.emit({ type: 'store-failed', task, reason });
    }
    isFailing = true;
    isTold = true;
    cancelRetry ??= clock.after(retryAfter, () => void retry());
  }

  function restore(): void {
    if (isFailing && isRead && unsaved.size === 0) {
      isFailing = false;
      isTold = false;
      cancelRetry?.();
      cancelRetry = undefined;
      events.emit({ type: 'store-restored' });
    }
  }

  async function retry(): Promise<void> {
    cancelRetry = undefined;
    isTold = false;
    if (!isRead) await reload();
    await Promise.all(
      [...unsaved].map(([route, released]) => {
        offered(route);
        return save(route, released);
      }),
    );
  }

  return {
    save,
    async read() {
      isRead = false;
      try {
        const holds = await store.holds();
        isRead = true;
        restore();
        return holds;
      } catch (error) {
        fail('read of the holds', error);
        return undefined;
      }
    },
    isUnsaved: route => unsaved.has(route),
    get unsaved() {
      return unsaved.size;
    },
    close: () => cancelRetry?.(),
  };
}
