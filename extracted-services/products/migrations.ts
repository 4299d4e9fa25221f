import { inboxMigration } from '../chassis/events/inbox.ts';
import { outboxMigration } from '../chassis/events/outbox.ts';

const tables = `
CREATE TABLE products (
  id BIGINT PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "searchable" TEXT NOT NULL,
  category TEXT NOT NULL, description TEXT NOT NULL, "priceCents" BIGINT NOT NULL CHECK ("priceCents" >= 0),
  stock BIGINT NOT NULL, "legacyChange" BIGINT NOT NULL
);
CREATE INDEX products_by_category ON products (category, id);
CREATE TABLE reservations (
  id TEXT PRIMARY KEY, state TEXT NOT NULL, "expiresAt" BIGINT NOT NULL, "madeAt" BIGINT NOT NULL
);
CREATE INDEX reservations_due ON reservations ("expiresAt") WHERE state = 'held';
CREATE INDEX reservations_by_age ON reservations ("madeAt") WHERE state <> 'held';
CREATE TABLE reservation_lines (
  "reservationId" TEXT NOT NULL REFERENCES reservations, "productId" BIGINT NOT NULL, quantity BIGINT NOT NULL,
  PRIMARY KEY ("reservationId", "productId")
);
CREATE TABLE backfill (
  id BIGINT PRIMARY KEY CHECK (id = 1), "after" BIGINT NOT NULL, copied BIGINT NOT NULL, "isFinished" BIGINT NOT NULL
);
`;

/** The service's tables, oldest first: add at the end, and never change one that is out. */
export const migrations: readonly string[] = [tables, outboxMigration, inboxMigration];
