import type { EpochRecord, TrialRecord } from '../../compare/evidence.ts';
import type { Outcome } from '../../core/outcome.ts';
import { ask, insertRows, type Row, type Task, type TaskRow } from '../task.ts';

/** Trials that one call reads or takes out, so that none stands in the way for long. */
export const trialsAtOnce = 10_000;

/** Where a page of trials ended. */
export type TrialPlace = Pick<TrialRecord, 'at' | 'epoch' | 'fingerprint'>;

export const evidenceTasks = {
  saveEvidence: {
    lane: 'steady',
    writes: true,
    *run(epochs: readonly EpochRecord[], trials: readonly TrialRecord[]): Task<void> {
      yield* insertRows(
        'INSERT INTO epoch (id, key, updated_at, state)',
        lastOf(epochs, ({ id }) => id).map(toEpochRow),
        `ON CONFLICT (id) DO UPDATE SET key = excluded.key, updated_at = excluded.updated_at, state = excluded.state`,
      );
      yield* insertRows(
        'INSERT INTO trial (epoch, fingerprint, at, outcome, signatures)',
        lastOf(trials, ({ epoch, fingerprint, at }) => `${epoch} ${fingerprint} ${at}`).map(toTrialRow),
        `ON CONFLICT (epoch, fingerprint, at) DO UPDATE SET outcome = excluded.outcome,
           signatures = excluded.signatures`,
      );
    },
  },
  loadEpochs: {
    lane: 'steady',
    writes: false,
    *run(since: number): Task<EpochRecord[]> {
      const sql = 'SELECT * FROM epoch WHERE updated_at >= ? ORDER BY updated_at, id';
      return (yield* ask(sql, since)).map(toEpoch);
    },
  },
  /** Newest first, of the epochs that were touched since then; a page that is not full is the last. */
  loadTrials: {
    lane: 'steady',
    writes: false,
    *run(since: number, after: TrialPlace | undefined): Task<TrialRecord[]> {
      const rows = yield* ask(
        `SELECT trial.* FROM trial JOIN epoch ON epoch.id = trial.epoch WHERE epoch.updated_at >= ?
         ${after === undefined ? '' : 'AND (trial.at, trial.epoch, trial.fingerprint) < (?, ?, ?)'}
         ORDER BY trial.at DESC, trial.epoch DESC, trial.fingerprint DESC LIMIT ?`,
        ...[since, ...(after === undefined ? [] : [after.at, after.epoch, after.fingerprint]), trialsAtOnce],
      );
      return rows.map(toTrial);
    },
  },
  /** True while there may be more. */
  forgetTrials: {
    lane: 'steady',
    writes: true,
    *run(before: number): Task<boolean> {
      const some = (where: string) =>
        ask(
          `DELETE FROM trial WHERE (epoch, fingerprint, at) IN (
             SELECT epoch, fingerprint, at FROM trial WHERE ${where} LIMIT ?
           ) RETURNING at`,
          ...[before, trialsAtOnce],
        );
      if ((yield* some('at < ?')).length === trialsAtOnce) return true;
      const left = yield* some('epoch IN (SELECT id FROM epoch WHERE updated_at < ?)');
      return left.length === trialsAtOnce;
    },
  },
  forgetEpochs: {
    lane: 'steady',
    writes: true,
    *run(before: number): Task<void> {
      yield* ask('DELETE FROM epoch WHERE updated_at < ?', before);
    },
  },
} as const satisfies Record<string, TaskRow>;

/** One statement may not touch a row twice. */
function lastOf<Item>(items: readonly Item[], idOf: (item: Item) => string): readonly Item[] {
  return [...new Map(items.map(item => [idOf(item), item])).values()];
}

const toEpochRow = ({ id, key, updatedAt, state }: EpochRecord) => [
  id,
  JSON.stringify(key),
  updatedAt,
  state,
];

const toTrialRow = ({ epoch, fingerprint, at, outcome, signatures }: TrialRecord) => [
  ...[epoch, fingerprint, at, outcome],
  JSON.stringify(signatures),
];

const toEpoch = (row: Row): EpochRecord => ({
  id: String(row.id),
  key: JSON.parse(String(row.key)),
  updatedAt: Number(row.updated_at),
  state: String(row.state),
});

const toTrial = (row: Row): TrialRecord => ({
  epoch: String(row.epoch),
  fingerprint: String(row.fingerprint),
  at: Number(row.at),
  outcome: String(row.outcome) as Outcome,
  signatures: JSON.parse(String(row.signatures)),
});
