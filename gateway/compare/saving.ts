import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Evidence, EvidenceStore } from './evidence.ts';

/** Milliseconds between two savings: what a crash may cost. */
const every = 5000;
/** Milliseconds of evidence that is read again at start, and that the store keeps: the span of the slowest routes. */
const kept = 60 * 86_400_000;
/** Milliseconds between two clearings of what is older. */
const forgetEvery = 3_600_000;

/** Writes evidence down as it grows, and reads it at start. Where the store is away it goes on in memory. */
export interface Saving {
  /** Reads what earlier processes gathered. Never rejects. */
  load(): Promise<void>;
  /** Writes what has changed. Never rejects. */
  save(): Promise<void>;
  close(): void;
}

export interface SavingDeps {
  readonly evidence: Evidence;
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly events: Events;
}

export function createSaving({ evidence, store, clock, events }: SavingDeps): Saving {
  let isFailing = false;
  let saving: Promise<void> | undefined;
  let forgottenAt = clock.now();

  const fail = (task: string, error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    if (!isFailing) events.emit({ type: 'store-failed', task, reason });
    isFailing = true;
  };

  const write = async (): Promise<void> => {
    const changes = evidence.takeChanges();
    if (changes.epochs.length === 0 && changes.trials.length === 0) return;
    try {
      await store.saveEvidence(changes.epochs, changes.trials);
      if (isFailing) events.emit({ type: 'store-restored' });
      isFailing = false;
    } catch (error) {
      evidence.putBack(changes);
      fail('save evidence', error);
    }
  };

  const forget = async (): Promise<void> => {
    if (clock.now() - forgottenAt < forgetEvery) return;
    forgottenAt = clock.now();
    await store.forgetEvidence(clock.wall() - kept).catch(error => fail('forget old evidence', error));
  };

  const save = (): Promise<void> => {
    saving ??= write()
      .then(forget)
      .finally(() => {
        saving = undefined;
      });
    return saving;
  };

  const tick = (): void => {
    cancel = clock.after(every, tick);
    void save();
  };
  let cancel = clock.after(every, tick);

  return {
    async load() {
      try {
        const unread = evidence.restore(await store.loadEvidence(clock.wall() - kept));
        if (unread > 0) fail('read evidence', new Error(`${unread} records are not readable`));
      } catch (error) {
        fail('read evidence', error);
      }
    },
    async save() {
      // What changed while an earlier saving ran is not in it.
      await saving;
      await save();
    },
    close: () => cancel(),
  };
}
