import { type Clock, systemClock } from '../clock.ts';
import type { Database, Queries } from '../database/database.ts';
import type { Bus } from './bus.ts';
import { type CloudEvent, parseCloudEvent, toEventText } from './cloud-event.ts';
import { backoffAfter, reasonOf } from './delivery.ts';

/** What `appendToOutbox` and the relay need: one of a service's migrations. */
export const outboxMigration = `
CREATE TABLE outbox (position AUTO_ID, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, published_at TEXT);
CREATE INDEX outbox_waiting ON outbox (position) WHERE published_at IS NULL;
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
`;

/** Writes an event next to the change that it tells of: in the same transaction, so there is never one without the other. */
export async function appendToOutbox(tx: Queries, event: CloudEvent): Promise<void> {
  await tx.run('INSERT INTO outbox (id, body) VALUES (?, ?)', event.id, toEventText(event));
}

export interface RelayOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock?: Clock;
  /** Milliseconds between two looks into the outbox; default 100. */
  readonly interval?: number;
  /** Told when the bus did not take an event; it is tried again. */
  readonly onTrouble?: (what: string) => void;
}

export interface Relay {
  /** Looks into the outbox now: worth a call after a commit. */
  wake(): void;
  /** Ends after the event under way. */
  close(): Promise<void>;
}

/** Events read at once. */
const pageSize = 50;
/** How long a published event stays to be looked at, in milliseconds. */
const keepFor = 24 * 3_600_000;

/**
 * Publishes what is committed in the outbox, in order, one after another, and marks it after that. A process that ends
 * between the two publishes the event again: at least once. While the bus refuses an event, those behind it wait.
 */
export function createRelay(options: RelayOptions): Relay {
  const { database, bus, clock = systemClock, interval = 100, onTrouble = () => {} } = options;
  let isClosed = false;
  let isWoken = false;
  let failures = 0;
  let cancel = (): void => {};
  let round: Promise<void> | undefined;

  const look = (): void => {
    isWoken = true;
    if (round || isClosed) return;
    cancel();
    round = relay().finally(() => {
      round = undefined;
      if (!isClosed) cancel = clock.after(failures > 0 ? backoffAfter(failures, interval) : interval, look);
    });
  };

  async function relay(): Promise<void> {
    try {
      while (isWoken && !isClosed) {
        isWoken = false;
        await publishPage();
      }
      failures = 0;
      await forget(database, clock.wall() - keepFor);
    } catch (error) {
      failures += 1;
      onTrouble(`outbox: ${reasonOf(error)}`);
    }
  }

  async function publishPage(): Promise<void> {
    const waiting = await database.all<{ position: number; body: string }>(
      'SELECT position, body FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT ?',
      pageSize,
    );
    for (const { position, body } of waiting) {
      if (isClosed) return;
      const event = parseCloudEvent(body);
      if ('malformed' in event) throw new Error(`row ${position} is malformed: ${event.malformed}`);
      await bus.publish(event);
      await database.run(
        'UPDATE outbox SET published_at = ? WHERE position = ?',
        ...[new Date(clock.wall()).toISOString(), position],
      );
    }
    if (waiting.length === pageSize) isWoken = true;
  }

  look();
  return {
    wake: look,
    async close() {
      isClosed = true;
      cancel();
      await round;
    },
  };
}

async function forget(database: Database, before: number): Promise<void> {
  const until = new Date(before).toISOString();
  const old = await database.get('SELECT 1 AS old FROM outbox WHERE published_at < ?', until);
  if (old) await database.run('DELETE FROM outbox WHERE published_at < ?', until);
}
