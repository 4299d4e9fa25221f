import type { Queries } from '../database/database.ts';
import type { CloudEvent } from './cloud-event.ts';

/** What `handleOnce` and `handleNewest` need: one of a service's migrations. */
export const inboxMigration = `
CREATE TABLE inbox (
  consumer TEXT NOT NULL, id TEXT NOT NULL, handled_at TEXT NOT NULL, PRIMARY KEY (consumer, id)
);
CREATE INDEX inbox_by_age ON inbox (handled_at);
CREATE TABLE inbox_newest (
  consumer TEXT NOT NULL, type TEXT NOT NULL, subject TEXT NOT NULL, time TEXT NOT NULL,
  PRIMARY KEY (consumer, type, subject)
);
`;

/** How long an event is known, in milliseconds: 30 days. */
const knownFor = 30 * 24 * 3_600_000;

/**
 * Does the work of an event, in the transaction of that work, unless this consumer has done it before: what is
 * delivered at least once takes effect once. Resolves with whether it was done now.
 */
export async function handleOnce(
  tx: Queries,
  consumer: string,
  event: CloudEvent,
  work: (tx: Queries) => Promise<void>,
): Promise<boolean> {
  const now = Date.now();
  const { changes } = await tx.run(
    'INSERT INTO inbox (consumer, id, handled_at) VALUES (?, ?, ?) ON CONFLICT (consumer, id) DO NOTHING',
    ...[consumer, event.id, new Date(now).toISOString()],
  );
  if (changes === 0) return false;
  await tx.run('DELETE FROM inbox WHERE handled_at < ?', new Date(now - knownFor).toISOString());
  await work(tx);
  return true;
}

/**
 * The same for events that carry a whole state, such as `product.changed.v1`: one that is older than what was handled
 * for its type and subject is left out, so that the newest state stays, in whatever order they come.
 */
export async function handleNewest(
  tx: Queries,
  consumer: string,
  event: CloudEvent,
  work: (tx: Queries) => Promise<void>,
): Promise<boolean> {
  let isNewest = false;
  await handleOnce(tx, consumer, event, async () => {
    const time = new Date(event.time).toISOString();
    const { changes } = await tx.run(
      `INSERT INTO inbox_newest (consumer, type, subject, time) VALUES (?, ?, ?, ?)
       ON CONFLICT (consumer, type, subject) DO UPDATE SET time = excluded.time
       WHERE excluded.time >= inbox_newest.time`,
      ...[consumer, event.type, event.subject, time],
    );
    isNewest = changes > 0;
    if (isNewest) await work(tx);
  });
  return isNewest;
}
