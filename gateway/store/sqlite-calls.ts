import type { LastGood, LastGoodStore } from '../config/last-good.ts';
import type { Stage } from '../core/vocabulary.ts';
import type { Hold, HoldStore, Move, MoveStore } from '../routing/route.ts';
import { movesKept } from './store.ts';

/** The methods of the store that reach the file. */
export type StoreMethods = HoldStore & MoveStore & LastGoodStore;
export type StoreCalls = {
  [Name in keyof StoreMethods]: (
    ...given: Parameters<StoreMethods[Name]>
  ) => Awaited<ReturnType<StoreMethods[Name]>>;
};

type Row = Readonly<Record<string, unknown>>;
type Value = string | number | null;

/** One statement of an open file. */
export interface Statement {
  all(...given: Value[]): readonly Row[];
  get(...given: Value[]): Row | undefined;
  run(...given: Value[]): unknown;
}

/** What each method does to an open file, with its statements prepared once. */
export function prepareCalls(prepare: (sql: string) => Statement): StoreCalls {
  const statements = {
    holds: prepare('SELECT * FROM hold ORDER BY since, route'),
    hold: prepare('INSERT OR REPLACE INTO hold VALUES (?, ?, ?, ?, ?, ?, ?)'),
    release: prepare('DELETE FROM hold WHERE route = ?'),
    moves: prepare('SELECT * FROM move ORDER BY position DESC LIMIT ?'),
    record: prepare(
      `INSERT INTO move (id, at, route, from_stage, from_percent, to_stage, to_percent, by, reason, revision, ungated)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    ),
    forget: prepare('DELETE FROM move WHERE position <= (SELECT max(position) FROM move) - ?'),
    lastGood: prepare('SELECT * FROM last_good'),
    keepLastGood: prepare('INSERT OR REPLACE INTO last_good VALUES (1, ?, ?, ?, ?)'),
  };
  return {
    holds: () => statements.holds.all().map(toHold),
    hold({ route, by, reason, since, until, released, ramp }) {
      const steps = ramp === undefined ? null : JSON.stringify(ramp);
      statements.hold.run(route, by, reason, since, until ?? null, released, steps);
    },
    release(route) {
      statements.release.run(route);
    },
    moves: limit => statements.moves.all(Math.max(0, limit)).map(toMove),
    record({ id, at, route, from, to, by, reason, revision, ungated }) {
      statements.record.run(
        ...[id, at, route, from.stage, from.percent ?? null, to.stage, to.percent ?? null],
        ...[by, reason, revision, ungated ? 1 : 0],
      );
      statements.forget.run(movesKept);
    },
    lastGood() {
      const row = statements.lastGood.get();
      return row === undefined ? undefined : toLastGood(row);
    },
    keepLastGood({ at, hash, main, files }) {
      statements.keepLastGood.run(at, hash, main, JSON.stringify(files));
    },
  };
}

const toHold = (row: Row): Hold => ({
  route: String(row.route),
  by: String(row.by),
  reason: String(row.reason),
  since: Number(row.since),
  until: toNumber(row.until),
  released: Number(row.released),
  ...(row.ramp === null ? {} : { ramp: JSON.parse(String(row.ramp)) }),
});

const toMove = (row: Row): Move => ({
  id: String(row.id),
  at: Number(row.at),
  route: String(row.route),
  from: { stage: String(row.from_stage) as Stage, percent: toNumber(row.from_percent) },
  to: { stage: String(row.to_stage) as Stage, percent: toNumber(row.to_percent) },
  by: String(row.by),
  reason: String(row.reason),
  revision: String(row.revision),
  ungated: row.ungated === 1,
});

const toLastGood = (row: Row): LastGood => ({
  at: Number(row.at),
  hash: String(row.hash),
  main: String(row.main),
  files: JSON.parse(String(row.files)),
});

const toNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
