import { outboxMigration } from '../chassis/events/outbox.ts';

/** The tables of this service. One that was run is never changed: what comes later is a further script. */
export const migrations: readonly string[] = [
  `
CREATE TABLE users (
  id BIGINT PRIMARY KEY, email TEXT NOT NULL UNIQUE, full_name TEXT NOT NULL, city TEXT NOT NULL,
  role TEXT NOT NULL, created_at TEXT NOT NULL, password_hash TEXT NOT NULL,
  origin TEXT NOT NULL, copied_digest TEXT NOT NULL
);
CREATE TABLE families (
  position AUTO_ID, id TEXT NOT NULL UNIQUE, user_id BIGINT NOT NULL REFERENCES users ON DELETE CASCADE,
  token_hash TEXT NOT NULL, ends_at BIGINT NOT NULL, idle_at BIGINT NOT NULL
);
CREATE INDEX families_by_user ON families (user_id, position);
CREATE INDEX families_by_end ON families (ends_at);
CREATE TABLE signing_keys (
  position AUTO_ID, kid TEXT NOT NULL UNIQUE, jwk TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE TABLE clients (id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL);
CREATE TABLE attempts (
  bucket TEXT NOT NULL, slot BIGINT NOT NULL, tries BIGINT NOT NULL, PRIMARY KEY (bucket, slot)
);
CREATE INDEX attempts_by_slot ON attempts (slot);
CREATE TABLE backfill (id BIGINT PRIMARY KEY CHECK (id = 1), user_id BIGINT NOT NULL, is_finished BIGINT NOT NULL);
`,
  outboxMigration,
];
