import type { LastGood } from '../../config/last-good.ts';
import type { Stage } from '../../core/vocabulary.ts';
import type { Move } from '../../routing/route.ts';
import { movesKept } from '../store.ts';
import { ask, type Row, type Task, type TaskRow } from '../task.ts';

/** Old moves are forgotten once for so many new ones. */
const forgetEvery = 50;

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
    *run({ id, at, route, from, to, by, reason, revision, ungated, evidence }: Move): Task<void> {
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
