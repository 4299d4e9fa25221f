import type { Clock } from '../chassis/clock.ts';
import type { ReadModel } from './repository.ts';

export interface Projector {
  /** Resolves when all that was committed before the call is in the read model. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds between two looks for events that another process has appended. */
const interval = 200;
/** Events a transaction. */
const pageSize = 200;

/** Keeps the read model at the heels of the events. */
export function createProjector(
  readModel: ReadModel,
  { clock, onTrouble }: { readonly clock: Clock; readonly onTrouble: (what: string) => void },
): Projector {
  let isClosed = false;
  let cancel = (): void => {};
  let last: Promise<void> = Promise.resolve();

  const round = async (): Promise<void> => {
    while (!isClosed && (await readModel.project(pageSize)) === pageSize);
  };
  /** After what is under way, which may have looked before the caller's commit. */
  const catchUp = (): Promise<void> => {
    const next = last.catch(() => {}).then(round);
    last = next;
    return next;
  };
  const look = (): void => {
    catchUp()
      .catch(error => onTrouble(`read model: ${String(error)}`))
      .finally(() => {
        if (!isClosed) cancel = clock.after(interval, look);
      });
  };
  look();
  return {
    catchUp,
    async close() {
      isClosed = true;
      cancel();
      await last.catch(() => {});
    },
  };
}
