/**
 * Every step from an empty file to today's tables, in order; `user_version` counts those that are done.
 * A step that was released is never edited: the next one is added, here and in `postgres.ts`.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE hold (
     route TEXT PRIMARY KEY, by TEXT NOT NULL, reason TEXT NOT NULL, since INTEGER NOT NULL,
     until INTEGER, released REAL NOT NULL, ramp TEXT
   ) STRICT;
   CREATE TABLE move (
     position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, route TEXT NOT NULL,
     from_stage TEXT NOT NULL, from_percent REAL, to_stage TEXT NOT NULL, to_percent REAL,
     by TEXT NOT NULL, reason TEXT NOT NULL, revision TEXT NOT NULL, ungated INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE last_good (
     one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL, hash TEXT NOT NULL,
     main TEXT NOT NULL, files TEXT NOT NULL
   ) STRICT;`,
  `CREATE TABLE latch (thing TEXT PRIMARY KEY, turn INTEGER NOT NULL) STRICT;
   INSERT INTO latch VALUES ('probe', 0), ('progress', 0), ('templates', 0), ('comparisons', 0);
   CREATE TABLE epoch (
     id TEXT PRIMARY KEY, key TEXT NOT NULL, updated_at INTEGER NOT NULL, state TEXT NOT NULL
   ) STRICT;
   CREATE INDEX epoch_updated ON epoch (updated_at);
   CREATE TABLE trial (
     epoch TEXT NOT NULL, fingerprint TEXT NOT NULL, at INTEGER NOT NULL, outcome TEXT NOT NULL,
     signatures TEXT NOT NULL, PRIMARY KEY (epoch, fingerprint, at)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX trial_at ON trial (at);
   CREATE TABLE comparison (
     position INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, route TEXT NOT NULL,
     outcome TEXT NOT NULL, bytes INTEGER NOT NULL, facts TEXT NOT NULL
   ) STRICT;
   CREATE INDEX comparison_route ON comparison (route, at, position, bytes);
   CREATE INDEX comparison_outcome ON comparison (route, outcome, at, position);
   CREATE TABLE comparison_signature (
     position INTEGER NOT NULL REFERENCES comparison (position) ON DELETE CASCADE, signature TEXT NOT NULL,
     route TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (position, signature)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX comparison_signature_route ON comparison_signature (route, signature, at, position);
   CREATE TABLE progress (
     at INTEGER NOT NULL, node TEXT NOT NULL, ms INTEGER NOT NULL, requests INTEGER NOT NULL,
     by_service INTEGER NOT NULL, unclaimed INTEGER NOT NULL, stages TEXT NOT NULL, PRIMARY KEY (at, node)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE progress_route (
     at INTEGER NOT NULL, node TEXT NOT NULL, route TEXT NOT NULL, requests INTEGER NOT NULL,
     legacy INTEGER NOT NULL, service INTEGER NOT NULL, fallbacks INTEGER NOT NULL, near_misses INTEGER NOT NULL,
     last_legacy_at INTEGER NOT NULL, PRIMARY KEY (at, node, route)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX progress_route_route ON progress_route (route, at);
   CREATE TABLE template (template TEXT PRIMARY KEY, last_seen INTEGER NOT NULL, facts TEXT NOT NULL) STRICT;
   CREATE TABLE leftover (
     route TEXT PRIMARY KEY, since INTEGER NOT NULL, last_legacy_at INTEGER NOT NULL,
     last_fallback_at INTEGER NOT NULL, last_near_miss_at INTEGER NOT NULL, last_hold_at INTEGER NOT NULL
   ) STRICT;`,
  'ALTER TABLE move ADD COLUMN evidence TEXT',
  'CREATE TABLE trip (route TEXT PRIMARY KEY, at INTEGER NOT NULL, reason TEXT NOT NULL) STRICT',
  'CREATE TABLE moved (route TEXT PRIMARY KEY, what TEXT NOT NULL, at INTEGER NOT NULL, edit TEXT) STRICT',
];
