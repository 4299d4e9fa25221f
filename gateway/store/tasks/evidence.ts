import type { EpochRecord, TrialRecord } from '../../compare/evidence.ts';
import type { Outcome } from '../../core/outcome.ts';
import { ask, insertRows, type Row, type Task, type TaskRow } from '../task.ts';

/** Trials that one reading gives at most, the newest; older ones stay in the epochs' states. */
const trialsRead = 500_000;

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
  loadEvidence: {
    lane: 'steady',
    writes: false,
    *run(since: number): Task<{ epochs: EpochRecord[]; trials: TrialRecord[] }> {
      const epochs = yield* ask('SELECT * FROM epoch WHERE updated_at >= ? ORDER BY updated_at, id', since);
      const trials = yield* ask(
        `SELECT trial.* FROM trial JOIN epoch ON epoch.id = trial.epoch WHERE epoch.updated_at >= ?
         ORDER BY trial.at DESC, trial.epoch, trial.fingerprint LIMIT ?`,
        ...[since, trialsRead],
      );
      return { epochs: epochs.map(toEpoch), trials: trials.map(toTrial).reverse() };
    },
  },
  forgetEvidence: {
    lane: 'steady',
    writes: true,
    *run(before: number): Task<void> {
      yield* ask('DELETE FROM trial WHERE at < ?', before);
      yield* ask('DELETE FROM trial WHERE epoch IN (SELECT id FROM epoch WHERE updated_at < ?)', before);
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
