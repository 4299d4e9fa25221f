import type { Clock } from '../chassis/clock.ts';
import { newTrace } from '../chassis/trace.ts';
import type { Acquirer } from './acquirer.ts';
import type { Cashier } from './cashier.ts';
import type { Repository } from './repository.ts';

/** Asks the card network about operations that nobody came back for, and forgets keys after 30 days. */
export interface Settler {
  close(): Promise<void>;
}

export interface SettlerOptions {
  readonly repository: Repository;
  readonly acquirer: Acquirer;
  readonly cashier: Cashier;
  readonly clock: Clock;
  /** Told when the network did not say. */
  readonly onTrouble: (what: string) => void;
}

/** Milliseconds after which an operation is asked about: longer than any call to the network takes. */
const patience = 10_000;
const every = 5000;
const keysLiveFor = 30 * 24 * 3_600_000;

/** Begins at once: what a crash left open is settled after a start. */
export function createSettler({ repository, acquirer, cashier, clock, onTrouble }: SettlerOptions): Settler {
  let isClosed = false;
  let cancel = (): void => {};
  let round: Promise<void> = Promise.resolve();

  const trouble = (error: unknown): void => onTrouble(`settling: ${String(error)}`);
  const settle = async (): Promise<void> => {
    const ago = (ms: number): string => new Date(clock.wall() - ms).toISOString();
    await repository.forgetAnswered(ago(keysLiveFor));
    for (const operation of await repository.openOperations(ago(patience))) {
      if (isClosed) return;
      const trace = newTrace();
      const verdict = await acquirer.inquire(operation.id, trace);
      // One that cannot be concluded is in nobody else's way.
      await cashier.conclude(operation, verdict, trace).catch(trouble);
    }
  };
  const look = (): void => {
    round = settle()
      .catch(trouble)
      .finally(() => {
        if (!isClosed) cancel = clock.after(every, look);
      });
  };
  look();
  return {
    async close() {
      isClosed = true;
      cancel();
      await round;
    },
  };
}
