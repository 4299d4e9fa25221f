import { type Database, openDatabase } from '../database/database.ts';
import type { Bus, BusSettings } from './bus.ts';
import { type CloudEvent, toEventText } from './cloud-event.ts';
import { createEmbeddedDeadLetters } from './embedded-dead-letters.ts';
import { type EmbeddedSubscription, subscribeEmbedded } from './embedded-subscription.ts';

/**
 * A delivery is one event for one group. `due_at` is when somebody may take it, in milliseconds since 1970: who takes it
 * moves it into the future and is its `holder`, so that it is taken again should that process end.
 */
const tables = `
CREATE TABLE subscriptions (group_name TEXT NOT NULL, type TEXT NOT NULL, PRIMARY KEY (group_name, type));
CREATE TABLE deliveries (
  position AUTO_ID, group_name TEXT NOT NULL, id TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0, due_at BIGINT NOT NULL, holder TEXT, dead_at TEXT, reason TEXT
);
CREATE INDEX deliveries_waiting ON deliveries (group_name, position) WHERE dead_at IS NULL;
CREATE INDEX deliveries_of_subject ON deliveries (group_name, subject, position) WHERE dead_at IS NULL;
CREATE INDEX deliveries_dead ON deliveries (group_name, position) WHERE dead_at IS NOT NULL;
`;

/** A bus in a SQLite file that processes of one machine share. They look for new events ten times a second. */
export async function openEmbeddedBus(file: string, settings: BusSettings): Promise<Bus> {
  const database = await openDatabase({ file, schema: 'bus', migrations: [tables] });
  const subscriptions = new Set<EmbeddedSubscription>();
  const wake = (): void => {
    for (const subscription of subscriptions) subscription.wake();
  };
  return {
    async publish(event) {
      await publish(database, event, settings.clock.wall());
      wake();
    },
    subscribe(options) {
      const subscription = subscribeEmbedded(database, options, settings);
      subscriptions.add(subscription);
      return {
        ready: subscription.ready,
        async close() {
          await subscription.close();
          subscriptions.delete(subscription);
        },
      };
    },
    deadLetters: createEmbeddedDeadLetters(database, settings.clock, wake),
    async close() {
      await Promise.all([...subscriptions].map(subscription => subscription.close()));
      await database.close();
    },
  };
}

async function publish(database: Database, event: CloudEvent, now: number): Promise<void> {
  await database.run(
    `INSERT INTO deliveries (group_name, id, subject, body, due_at)
     SELECT group_name, ?, ?, ?, ? FROM subscriptions WHERE type = ?`,
    ...[event.id, event.subject, toEventText(event), now, event.type],
  );
}
