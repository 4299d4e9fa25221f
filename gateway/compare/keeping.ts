import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { ComparisonStore, KeptComparison, Retention } from './kept.ts';

/** Milliseconds that a comparison waits for company. */
const delay = 1000;
/** Comparisons that wait for the store; beyond, the newest is lost. */
const room = 500;
/** Milliseconds between two prunings. */
const pruneEvery = 10 * 60_000;

/** Hands comparisons to the store, in batches. While that is away they are lost, and counted: no request waits for it. */
export interface Keeping {
  keep(comparison: KeptComparison): void;
  /** Those that the store did not take. */
  readonly lost: number;
  /** Hands over what waits. Never rejects. */
  flush(): Promise<void>;
  close(): void;
}

export interface KeepingDeps {
  readonly store: ComparisonStore;
  readonly clock: Clock;
  readonly events: Events;
  /** How long those of each route are kept. */
  readonly retentions: () => readonly Retention[];
}

export function createKeeping({ store, clock, events, retentions }: KeepingDeps): Keeping {
  let waiting: KeptComparison[] = [];
  let lost = 0;
  let isFailing = false;
  let writing: Promise<void> | undefined;
  let cancelFlush: (() => void) | undefined;

  const attempt = async (task: string, work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      if (isFailing) events.emit({ type: 'store-restored' });
      isFailing = false;
      return true;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!isFailing) events.emit({ type: 'store-failed', task, reason });
      isFailing = true;
      return false;
    }
  };

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      const isKept = await attempt('keep comparisons', () => store.keepComparisons(batch));
      if (!isKept) lost += batch.length;
    }
  };

  const flush = (): Promise<void> => {
    cancelFlush?.();
    cancelFlush = undefined;
    writing ??= write().finally(() => {
      writing = undefined;
    });
    return writing;
  };

  const prune = (): void => {
    void attempt('prune comparisons', () => store.pruneComparisons(retentions()));
    cancelPrune = clock.after(pruneEvery, prune);
  };
  let cancelPrune = clock.after(pruneEvery, prune);

  return {
    keep(comparison) {
      if (waiting.length >= room) {
        lost++;
        return;
      }
      waiting.push(comparison);
      cancelFlush ??= clock.after(delay, () => void flush());
    },
    get lost() {
      return lost;
    },
    flush,
    close() {
      cancelFlush?.();
      cancelPrune();
    },
  };
}
