import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Database, Queries } from '../database/database.ts';
import type { BusSettings, SubscribeOptions, Subscription } from './bus.ts';
import { parseCloudEvent } from './cloud-event.ts';
import { backoffAfter, isLast, reasonOf, settleAll, toSettings } from './delivery.ts';

export interface EmbeddedSubscription extends Subscription {
  /** Looks for events now. */
  wake(): void;
}

/** Milliseconds between two looks for events that another process has published. */
const pollEvery = 100;
/** Milliseconds after which a delivery is taken from a process that no longer says that it is at it. */
const lease = 30_000;

interface Delivery {
  readonly position: number;
  readonly body: string;
  /** This one included. */
  readonly attempts: number;
}

/** Takes a group's deliveries as they fall due, at most `prefetch` at once and one of a subject at once. */
export function subscribeEmbedded(
  database: Database,
  options: SubscribeOptions,
  { clock, onTrouble }: BusSettings,
): EmbeddedSubscription {
  const settings = toSettings(options);
  const claims = createClaims(database, settings, clock);
  const underWay = new Set<Promise<void>>();
  let isClosed = false;
  let isLooking = false;
  let looksAgain = false;
  let cancel = (): void => {};
  let renewal = (): void => {};

  const ready = register(database, settings.group, settings.types);
  ready.then(look, error => onTrouble(`${settings.group}: ${reasonOf(error)}`));
  renew();

  async function look(): Promise<void> {
    looksAgain = true;
    if (isLooking || isClosed) return;
    isLooking = true;
    cancel();
    while (looksAgain && !isClosed) {
      looksAgain = false;
      try {
        const free = settings.prefetch - underWay.size;
        const taken = free > 0 ? await claims.take(free) : [];
        for (const delivery of taken) begin(delivery);
      } catch (error) {
        onTrouble(`${settings.group}: ${reasonOf(error)}`);
      }
    }
    isLooking = false;
    if (!isClosed) cancel = clock.after(pollEvery, look);
  }

  function begin(delivery: Delivery): void {
    const work = handle(delivery)
      .catch(error => onTrouble(`${settings.group}: ${reasonOf(error)}`))
      .finally(() => {
        underWay.delete(work);
        void look();
      });
    underWay.add(work);
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
      claims.renew().catch(error => onTrouble(`${settings.group}: ${reasonOf(error)}`));
      renew();
    });
  }

  return {
    ready,
    wake: () => void look(),
    async close() {
      if (isClosed) return;
      isClosed = true;
      cancel();
      await ready.catch(() => {});
      await settleAll(underWay);
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

/** The deliveries that one subscription holds. One that it has lost to another is not touched any more. */
function createClaims(database: Queries, { group }: { readonly group: string }, clock: Clock) {
  const holder = randomUUID();
  // Only the oldest of a subject: the others wait for it, also while it is tried again.
  const due = `SELECT position FROM deliveries AS d WHERE group_name = ? AND dead_at IS NULL AND due_at <= ?
    AND NOT EXISTS (SELECT 1 FROM deliveries AS e WHERE e.group_name = d.group_name AND e.subject = d.subject
      AND e.dead_at IS NULL AND e.position < d.position) ORDER BY position LIMIT ?`;
  const set = async (change: string, position: number, ...values: (string | number)[]): Promise<void> =>
    void (await database.run(
      `UPDATE deliveries SET ${change}, holder = NULL WHERE position = ? AND holder = ?`,
      ...[...values, position, holder],
    ));
  return {
    /** Up to `count`, oldest first. Asks before it writes: most looks find nothing, and a write stops the others. */
    async take(count: number): Promise<readonly Delivery[]> {
      const now = clock.wall();
      if (!(await database.get(due, group, now, 1))) return [];
      const taken = await database.all<Delivery>(
        `UPDATE deliveries SET due_at = ?, holder = ?, attempts = attempts + 1 WHERE position IN (${due})
         RETURNING position, body, attempts`,
        ...[now + lease, holder, group, now, count],
      );
      return taken.toSorted((a, b) => a.position - b.position);
    },
    finish: async (position: number): Promise<void> =>
      void (await database.run('DELETE FROM deliveries WHERE position = ? AND holder = ?', position, holder)),
    putBack: (position: number, wait: number) => set('due_at = ?', position, clock.wall() + wait),
    bury: (position: number, reason: string) =>
      set('dead_at = ?, reason = ?', position, new Date(clock.wall()).toISOString(), reason),
    renew: () =>
      database.run('UPDATE deliveries SET due_at = ? WHERE holder = ?', clock.wall() + lease, holder),
    release: () =>
      database.run('UPDATE deliveries SET due_at = ?, holder = NULL WHERE holder = ?', clock.wall(), holder),
  };
}
