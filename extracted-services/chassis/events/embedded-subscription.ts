import type { Database } from '../database/database.ts';
import type { BusSettings, SubscribeOptions, Subscription } from './bus.ts';
import { parseCloudEvent } from './cloud-event.ts';
import { backoffAfter, isLast, reasonOf, settleAll, toSettings } from './delivery.ts';
import { createClaims, type Delivery, lease } from './embedded-claims.ts';

export interface EmbeddedSubscription extends Subscription {
  /** Looks for events now. */
  wake(): void;
}

/** Milliseconds between two looks for events that another process has published. */
const pollEvery = 100;

/** Takes a group's deliveries as they fall due, at most `prefetch` at once and one of a subject at once. */
export function subscribeEmbedded(
  database: Database,
  options: SubscribeOptions,
  { clock, onTrouble }: BusSettings,
): EmbeddedSubscription {
  const settings = toSettings(options);
  const claims = createClaims(database, settings, clock);
  const underWay = new Map<number, Promise<void>>();
  let isClosed = false;
  let looking: Promise<void> | undefined;
  let looksAgain = false;
  let cancel = (): void => {};
  let renewal = (): void => {};

  const trouble = (error: unknown): void => onTrouble(`${settings.group}: ${reasonOf(error)}`);
  const ready = register(database, settings.group, settings.types);
  ready.then(look, trouble);
  renew();

  function look(): void {
    looksAgain = true;
    if (looking || isClosed) return;
    cancel();
    looking = takeWhatIsDue()
      .catch(trouble)
      .finally(() => {
        looking = undefined;
        if (!isClosed) cancel = clock.after(pollEvery, look);
      });
  }

  async function takeWhatIsDue(): Promise<void> {
    while (looksAgain && !isClosed) {
      looksAgain = false;
      const free = settings.prefetch - underWay.size;
      const taken = free > 0 ? await claims.take(free) : [];
      // What was taken while this was closed goes back unopened.
      if (!isClosed) taken.forEach(begin);
    }
  }

  function begin(delivery: Delivery): void {
    const work = handle(delivery)
      .catch(trouble)
      .finally(() => {
        underWay.delete(delivery.position);
        look();
      });
    underWay.set(delivery.position, work);
  }

  async function handle({ position, body, attempts }: Delivery): Promise<void> {
    const event = parseCloudEvent(body);
    if ('malformed' in event) return claims.bury(position, `malformed: ${event.malformed}`);
    if (!settings.types.includes(event.type)) return claims.finish(position);
    if (attempts > settings.attempts) {
      return claims.bury(position, 'the process ended, or lost its hold, each time while it was handled');
    }
    try {
      await settings.handle(event);
    } catch (error) {
      onTrouble(`${settings.group}: attempt ${attempts} at ${event.type} ${event.id}: ${reasonOf(error)}`);
      if (isLast(error, attempts, settings.attempts)) return claims.bury(position, reasonOf(error));
      return claims.putBack(position, backoffAfter(attempts, settings.backoff));
    }
    return claims.finish(position);
  }

  function renew(): void {
    renewal = clock.after(lease / 3, () => {
      Promise.all([...underWay.keys()].map(claims.renew)).catch(trouble);
      renew();
    });
  }

  return {
    ready,
    wake: look,
    async close() {
      if (isClosed) return;
      isClosed = true;
      cancel();
      await ready.catch(() => {});
      await looking;
      await settleAll(underWay.values(), clock);
      renewal();
      await claims.release();
    },
  };
}

/** What the group wants, in place of what it wanted before. */
const register = (database: Database, group: string, types: readonly string[]): Promise<void> =>
  database.transaction(async tx => {
    await tx.run('DELETE FROM subscriptions WHERE group_name = ?', group);
    for (const type of new Set(types)) {
      await tx.run('INSERT INTO subscriptions (group_name, type) VALUES (?, ?)', group, type);
    }
  });
