/**
 * Every step from an empty schema to today's tables, in order; `figway.migration` counts those that are done.
 * A step that was released is never edited: the next one is added, here and in `sqlite.ts`.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE hold (
     route TEXT PRIMARY KEY, by TEXT NOT NULL, reason TEXT NOT NULL, since BIGINT NOT NULL,
     until BIGINT, released DOUBLE PRECISION NOT NULL, ramp TEXT
   );
   CREATE TABLE move (
     position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT NOT NULL UNIQUE, at BIGINT NOT NULL,
     route TEXT NOT NULL, from_stage TEXT NOT NULL, from_percent DOUBLE PRECISION, to_stage TEXT NOT NULL,
     to_percent DOUBLE PRECISION, by TEXT NOT NULL, reason TEXT NOT NULL, revision TEXT NOT NULL,
     ungated INTEGER NOT NULL
   );
   CREATE TABLE last_good (
     one INTEGER PRIMARY KEY CHECK (one = 1), at BIGINT NOT NULL, hash TEXT NOT NULL,
     main TEXT NOT NULL, files TEXT NOT NULL
   );
   CREATE TABLE latch (thing TEXT PRIMARY KEY, turn BIGINT NOT NULL);
   INSERT INTO latch VALUES ('probe', 0), ('progress', 0), ('templates', 0), ('comparisons', 0);
   CREATE TABLE epoch (
     id TEXT PRIMARY KEY, key TEXT NOT NULL, updated_at BIGINT NOT NULL, state TEXT NOT NULL
   );
   CREATE INDEX epoch_updated ON epoch (updated_at);
   CREATE TABLE trial (
     epoch TEXT NOT NULL, fingerprint TEXT NOT NULL, at BIGINT NOT NULL, outcome TEXT NOT NULL,
     signatures TEXT NOT NULL, PRIMARY KEY (epoch, fingerprint, at)
   );
   CREATE INDEX trial_at ON trial (at, epoch, fingerprint);
   CREATE TABLE comparison (
     position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT NOT NULL UNIQUE, at BIGINT NOT NULL,
     route TEXT NOT NULL, outcome TEXT NOT NULL, bytes BIGINT NOT NULL, facts TEXT NOT NULL
   );
   CREATE INDEX comparison_route ON comparison (route, at, position, bytes);
   CREATE INDEX comparison_outcome ON comparison (route, outcome, at, position);
   CREATE TABLE comparison_signature (
     position BIGINT NOT NULL REFERENCES comparison (position) ON DELETE CASCADE, signature TEXT NOT NULL,
     route TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (position, signature)
   );
   CREATE INDEX comparison_signature_route ON comparison_signature (route, signature, at, position);
   CREATE TABLE progress (
     at BIGINT NOT NULL, node TEXT NOT NULL, ms BIGINT NOT NULL, requests BIGINT NOT NULL,
     by_service BIGINT NOT NULL, unclaimed BIGINT NOT NULL, stages TEXT NOT NULL, PRIMARY KEY (at, node)
   );
   CREATE TABLE progress_route (
     at BIGINT NOT NULL, node TEXT NOT NULL, route TEXT NOT NULL, requests BIGINT NOT NULL,
     legacy BIGINT NOT NULL, service BIGINT NOT NULL, fallbacks BIGINT NOT NULL, near_misses BIGINT NOT NULL,
     last_legacy_at BIGINT NOT NULL, PRIMARY KEY (at, node, route)
   );
   CREATE INDEX progress_route_route ON progress_route (route, at);
   CREATE TABLE template (template TEXT PRIMARY KEY, last_seen BIGINT NOT NULL, facts TEXT NOT NULL);
   CREATE TABLE leftover (
     route TEXT PRIMARY KEY, since BIGINT NOT NULL, last_legacy_at BIGINT NOT NULL,
     last_fallback_at BIGINT NOT NULL, last_near_miss_at BIGINT NOT NULL, last_hold_at BIGINT NOT NULL
   );`,
  'ALTER TABLE move ADD COLUMN evidence TEXT',
  'CREATE TABLE trip (route TEXT PRIMARY KEY, at BIGINT NOT NULL, reason TEXT NOT NULL)',
  'CREATE TABLE moved (route TEXT PRIMARY KEY, what TEXT NOT NULL, at BIGINT NOT NULL, edit TEXT)',
];
