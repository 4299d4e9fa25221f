import type { Clock } from '../chassis/clock.ts';
import type { Log } from '../chassis/log.ts';
import type { Repository } from './repository.ts';
import { expireDue, forgetEnded } from './stock.ts';

/** Milliseconds between two looks for reservations whose time is up. */
const interval = 1000;
/** And between two looks for those that ended long ago. */
const forgetEvery = 3_600_000;

/** Gives back, second by second, what was reserved and never committed. */
export function createSweeper(
  repository: Repository,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): { close(): Promise<void> } {
  let forgetAt = 0;
  let isClosed = false;
  let round: Promise<void> | undefined;
  let cancel = (): void => {};
  const sweep = async (): Promise<void> => {
    try {
      const count = await expireDue(repository, clock.wall());
      if (count > 0) log('info', 'reservations expired', { count });
      if (clock.now() >= forgetAt) {
        await forgetEnded(repository, clock.wall());
        forgetAt = clock.now() + forgetEvery;
      }
    } catch (error) {
      log('error', `sweeping: ${String(error)}`);
    }
    if (!isClosed) cancel = clock.after(interval, start);
  };
  const start = (): void => {
    round = sweep();
  };
  start();
  return {
    async close() {
      isClosed = true;
      cancel();
      await round;
      cancel();
    },
  };
}
