/**
 * Every step from an empty file to today's tables, in order; `user_version` counts those that are done.
 * A step that was released is never edited: the next one is added.
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
];
