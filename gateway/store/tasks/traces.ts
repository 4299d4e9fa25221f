/** What is remembered of paths and routes by name: templates of unclaimed paths, and what legacy still did. */
import {
  addTemplates,
  type LeftoverRecord,
  type TemplateRecord,
  templatesKept,
} from '../../routing/progress.ts';
import { ask, insertRows, lock, places, type Row, type Task, type TaskRow } from '../task.ts';

/** More than there can be; SQLite has no OFFSET without a LIMIT. */
const all = 1_000_000_000;

const askedAtOnce = 500;

export const traceTasks = {
  saveTemplates: {
    lane: 'steady',
    writes: true,
    *run(seen: readonly TemplateRecord[]): Task<void> {
      yield* lock('templates');
      const sums = new Map<string, TemplateRecord>();
      const add = (record: TemplateRecord) => {
        const known = sums.get(record.template);
        sums.set(record.template, known === undefined ? record : addTemplates(known, record));
      };
      seen.forEach(add);
      const names = [...sums.keys()];
      for (let at = 0; at < names.length; at += askedAtOnce) {
        const some = names.slice(at, at + askedAtOnce);
        const rows = yield* ask(`SELECT facts FROM template WHERE template IN ${places(some)}`, ...some);
        rows.map(toTemplate).forEach(add);
      }
      yield* insertRows(
        'INSERT INTO template (template, last_seen, facts)',
        [...sums.values()].map(record => [record.template, record.lastSeen, JSON.stringify(record)]),
        'ON CONFLICT (template) DO UPDATE SET last_seen = excluded.last_seen, facts = excluded.facts',
      );
      yield* ask(
        `DELETE FROM template WHERE template IN (
           SELECT template FROM template ORDER BY last_seen DESC, template LIMIT ${all} OFFSET ${templatesKept}
         )`,
      );
    },
  },
  templates: {
    lane: 'steady',
    writes: false,
    *run(): Task<TemplateRecord[]> {
      const rows = yield* ask('SELECT facts FROM template ORDER BY template');
      return rows.map(toTemplate).sort((one, other) => other.requests - one.requests);
    },
  },
  saveLeftovers: {
    lane: 'steady',
    writes: true,
    *run(records: readonly LeftoverRecord[]): Task<void> {
      const rows = new Map(records.map(record => [record.route, toRow(record)]));
      yield* insertRows(
        `INSERT INTO leftover
           (route, since, last_legacy_at, last_fallback_at, last_near_miss_at, last_hold_at)`,
        [...rows.values()],
        `ON CONFLICT (route) DO UPDATE SET
           since = CASE WHEN excluded.since < leftover.since THEN excluded.since ELSE leftover.since END,
           ${['last_legacy_at', 'last_fallback_at', 'last_near_miss_at', 'last_hold_at'].map(latest).join(', ')}`,
      );
    },
  },
  leftovers: {
    lane: 'steady',
    writes: false,
    *run(): Task<LeftoverRecord[]> {
      return (yield* ask('SELECT * FROM leftover ORDER BY route')).map(toLeftover);
    },
  },
} as const satisfies Record<string, TaskRow>;

const latest = (column: string): string =>
  `${column} = CASE WHEN excluded.${column} > leftover.${column} THEN excluded.${column} ELSE leftover.${column} END`;

const toRow = ({ route, since, ...marks }: LeftoverRecord) => [
  ...[route, since],
  ...[marks.lastLegacyAt, marks.lastFallbackAt, marks.lastNearMissAt, marks.lastHoldAt],
];

const toTemplate = (row: Row): TemplateRecord => JSON.parse(String(row.facts));

const toLeftover = (row: Row): LeftoverRecord => ({
  route: String(row.route),
  since: Number(row.since),
  lastLegacyAt: Number(row.last_legacy_at),
  lastFallbackAt: Number(row.last_fallback_at),
  lastNearMissAt: Number(row.last_near_miss_at),
  lastHoldAt: Number(row.last_hold_at),
});
