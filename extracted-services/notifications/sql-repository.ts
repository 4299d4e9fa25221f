import { type DatabaseOptions, openDatabase, type Queries } from '../chassis/database/database.ts';
import { handleOnce, inboxMigration } from '../chassis/events/inbox.ts';
import type { Changes, Notification, Repository } from './repository.ts';

/** `mails` is where sending ends: what is in there has left the shop. */
const tables = `
CREATE TABLE notifications (
  id AUTO_ID, "eventId" TEXT NOT NULL UNIQUE, "userId" TEXT NOT NULL, "eventType" TEXT NOT NULL,
  subject TEXT NOT NULL, text TEXT NOT NULL, "createdAt" TEXT NOT NULL
);
CREATE INDEX notifications_by_user ON notifications ("userId", id);
CREATE TABLE people ("userId" TEXT PRIMARY KEY, email TEXT NOT NULL, "asOf" TEXT NOT NULL);
CREATE TABLE mails (
  "notificationId" BIGINT PRIMARY KEY, address TEXT NOT NULL, subject TEXT NOT NULL, text TEXT NOT NULL,
  "sentAt" TEXT NOT NULL
);
`;

/** Who this is among the consumers in an inbox. */
const consumer = 'notifications';

/** Opens notifications in SQLite or PostgreSQL. */
export async function openRepository(options: Omit<DatabaseOptions, 'migrations'>): Promise<Repository> {
  const database = await openDatabase({ ...options, migrations: [inboxMigration, tables] });
  return {
    list: ({ userId, before = Number.MAX_SAFE_INTEGER, limit }) =>
      database.all<Notification>(
        `SELECT id, "userId", "eventType", n.subject, n.text, "createdAt", "sentAt" AS "mailedAt"
         FROM notifications AS n LEFT JOIN mails ON "notificationId" = id
         WHERE ("userId" = ? OR ? = 1) AND id < ? ORDER BY id DESC LIMIT ?`,
        ...[userId ?? '', userId === undefined ? 1 : 0, before, limit],
      ),
    once: (event, work) =>
      database.transaction(tx => handleOnce(tx, consumer, event, inner => work(toChanges(inner)))),
    close: () => database.close(),
  };
}

const toChanges = (tx: Queries): Changes => ({
  async notify({ eventId, userId, eventType, subject, text, createdAt }) {
    await tx.run(
      `INSERT INTO notifications ("eventId", "userId", "eventType", subject, text, "createdAt")
       VALUES (?, ?, ?, ?, ?, ?)`,
      ...[eventId, userId, eventType, subject, text, createdAt],
    );
    await mailWhatWaits(tx, userId, createdAt);
  },
  async savePerson({ userId, email, asOf }, now) {
    await tx.run(
      `INSERT INTO people ("userId", email, "asOf") VALUES (?, ?, ?)
       ON CONFLICT ("userId") DO UPDATE SET email = excluded.email, "asOf" = excluded."asOf"
       WHERE excluded."asOf" >= people."asOf"`,
      ...[userId, email, asOf],
    );
    await mailWhatWaits(tx, userId, now);
  },
});

/** Nothing while there is no address. */
const mailWhatWaits = (tx: Queries, userId: string, now: string): Promise<unknown> =>
  tx.run(
    `INSERT INTO mails ("notificationId", address, subject, text, "sentAt")
     SELECT n.id, people.email, n.subject, n.text, CAST(? AS TEXT)
     FROM notifications AS n JOIN people ON people."userId" = n."userId"
     WHERE n."userId" = ? AND NOT EXISTS (SELECT 1 FROM mails WHERE "notificationId" = n.id)`,
    ...[now, userId],
  );
