import type { LastGood } from '../../config/last-good.ts';
import type { Stage } from '../../core/vocabulary.ts';
import type { Move } from '../../routing/route.ts';
import { movesKept } from '../store.ts';
import { ask, type Row, type Task, type TaskRow } from '../task.ts';

/** Old moves are forgotten once for so many new ones. */
const forgetEvery = 50;

/** Milliseconds within which gateways see one edit: a file is rolled out to one after the other. */
const editWindow = 10 * 60_000;

export const moveTasks = {
  moves: {
    lane: 'vital',
    writes: false,
    *run(limit: number): Task<Move[]> {
      const bound = Math.min(Math.max(0, limit), movesKept);
      return (yield* ask('SELECT * FROM move ORDER BY position DESC LIMIT ?', bound)).map(toMove);
    },
  },
  record: {
    lane: 'vital',
    writes: true,
    *run(move: Move): Task<void> {
      const [known] = yield* ask(
        `INSERT INTO moved (route, what, at, edit) VALUES (?, ?, ?, NULL)
         ON CONFLICT (route) DO UPDATE SET what = excluded.what, at = excluded.at,
           edit = CASE WHEN moved.what = excluded.what AND moved.at > ? THEN moved.edit END RETURNING edit`,
        ...[move.route, whatOf(move), move.at, move.at - editWindow],
      );
      // Another gateway has seen it in the file before this one has said whose it is.
      if (typeof known?.edit === 'string') yield* ask('DELETE FROM move WHERE id = ?', known.edit);
      yield* insert(move);
    },
  },
  recordEdit: {
    lane: 'vital',
    writes: true,
    *run(move: Move): Task<void> {
      const [first] = yield* ask(
        `INSERT INTO moved (route, what, at, edit) VALUES (?, ?, ?, ?)
         ON CONFLICT (route) DO UPDATE SET what = excluded.what, at = excluded.at, edit = excluded.edit
         WHERE moved.what <> excluded.what OR moved.at <= ? RETURNING route`,
        ...[move.route, whatOf(move), move.at, move.id, move.at - editWindow],
      );
      if (first !== undefined) yield* insert(move);
    },
  },
  lastGood: {
    lane: 'vital',
    writes: false,
    *run(): Task<LastGood | undefined> {
      const [row] = yield* ask('SELECT * FROM last_good');
      return row === undefined ? undefined : toLastGood(row);
    },
  },
  keepLastGood: {
    lane: 'vital',
    writes: true,
    *run({ at, hash, main, files }: LastGood): Task<void> {
      yield* ask(
        `INSERT INTO last_good (one, at, hash, main, files) VALUES (1, ?, ?, ?, ?)
         ON CONFLICT (one) DO UPDATE SET at = excluded.at, hash = excluded.hash, main = excluded.main,
           files = excluded.files`,
        ...[at, hash, main, JSON.stringify(files)],
      );
    },
  },
} as const satisfies Record<string, TaskRow>;

/** What gateways that read one file see alike. */
const whatOf = ({ from, to, revision }: Move): string =>
  JSON.stringify([revision, from.stage, from.percent, to.stage, to.percent]);

function* insert({ id, at, route, from, to, by, reason, revision, ungated, evidence }: Move): Task<void> {
  const [made] = yield* ask(
    `INSERT INTO move (id, at, route, from_stage, from_percent, to_stage, to_percent, by, reason, revision, ungated,
       evidence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING RETURNING position`,
    ...[id, at, route, from.stage, from.percent ?? null, to.stage, to.percent ?? null],
    ...[by, reason, revision, ungated ? 1 : 0, evidence === undefined ? null : JSON.stringify(evidence)],
  );
  if (made === undefined || Number(made.position) % forgetEvery !== 0) return;
  yield* ask(
    'DELETE FROM move WHERE position < (SELECT position FROM move ORDER BY position DESC LIMIT 1 OFFSET ?)',
    movesKept - 1,
  );
}

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
  ...(typeof row.evidence === 'string' ? { evidence: JSON.parse(row.evidence) } : {}),
});

const toLastGood = (row: Row): LastGood => ({
  at: Number(row.at),
  hash: String(row.hash),
  main: String(row.main),
  files: JSON.parse(String(row.files)),
});

const toNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
