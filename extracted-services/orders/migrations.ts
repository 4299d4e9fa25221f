import { inboxMigration } from '../chassis/events/inbox.ts';
import { outboxMigration } from '../chassis/events/outbox.ts';
import { firstOwnId } from './order.ts';

/** Events, and what can be made of them at any time: `views` are the read model, `sagas` the work that is left. */
const tables = `
CREATE TABLE events (
  position BIGINT PRIMARY KEY, "orderId" BIGINT NOT NULL, version BIGINT NOT NULL, type TEXT NOT NULL,
  schema BIGINT NOT NULL, at TEXT NOT NULL, data TEXT NOT NULL, UNIQUE ("orderId", version)
);
CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO counters (name, value) VALUES ('position', 0), ('order', ${firstOwnId - 1});
CREATE TABLE sagas ("orderId" BIGINT PRIMARY KEY, owner TEXT NOT NULL, "heldUntil" BIGINT NOT NULL);
CREATE TABLE generations (
  generation BIGINT PRIMARY KEY, position BIGINT NOT NULL, "isActive" BIGINT NOT NULL
);
INSERT INTO generations (generation, position, "isActive") VALUES (1, 0, 1);
CREATE TABLE views (
  generation BIGINT NOT NULL, id BIGINT NOT NULL, "userId" BIGINT NOT NULL, status TEXT NOT NULL,
  version BIGINT NOT NULL, "isThere" BIGINT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (generation, id)
);
CREATE INDEX views_by_user ON views (generation, "userId", id);
CREATE TABLE customers (id BIGINT PRIMARY KEY, name TEXT NOT NULL, "asOf" TEXT NOT NULL);
CREATE TABLE products (
  id BIGINT PRIMARY KEY, sku TEXT NOT NULL, name TEXT NOT NULL, cents BIGINT NOT NULL, "asOf" TEXT NOT NULL
);
CREATE TABLE idempotency_keys (
  key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, "orderId" BIGINT NOT NULL, at TEXT NOT NULL
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);
CREATE TABLE backfill (
  id BIGINT PRIMARY KEY CHECK (id = 1), "updatedAt" TEXT NOT NULL, "orderId" BIGINT NOT NULL,
  copied BIGINT NOT NULL, "isFinished" BIGINT NOT NULL
);
`;

/** The backfill goes by id now: a run that was cut off on its way by time begins anew. */
const backfillById = `
DELETE FROM backfill WHERE "isFinished" = 0;
ALTER TABLE backfill DROP COLUMN "updatedAt";
`;

/** The service's tables, oldest first: add at the end, and never change one that is out. */
export const migrations: readonly string[] = [tables, outboxMigration, inboxMigration, backfillById];
