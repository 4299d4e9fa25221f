import type { ComparisonPage, KeptComparison, Retention } from '../../compare/kept.ts';
import { toCursor } from '../cursor.ts';
import { ask, insertRows, lock, places, type Row, type Task, type TaskRow } from '../task.ts';

/** A comparison as it is kept: what is asked for by, and the whole as JSON. */
export interface ComparisonRow {
  readonly id: string;
  readonly at: number;
  readonly route: string;
  readonly outcome: string;
  readonly signatures: readonly string[];
  /** Length of `facts` in UTF-8. */
  readonly bytes: number;
  readonly facts: string;
}

export interface ComparisonFilter {
  readonly route: string;
  readonly outcome: string | undefined;
  readonly signature: string | undefined;
  /** Only what is older. */
  readonly after: { readonly at: number; readonly position: number } | undefined;
  readonly limit: number;
}

/** Comparisons of a route that are kept at most, whatever their age and bytes. */
export const comparisonsKept = 100_000;

/** Bytes of a page at most, but for its first comparison. */
const pageBytes = 4 * 1024 * 1024;

/** Comparisons whose signatures are put down by one statement. */
const signedAtOnce = 500;

/** Comparisons that one call takes out, so that none stands in the way for long. */
const prunedAtOnce = 2000;

export const comparisonTasks = {
  keepComparisons: {
    lane: 'bulk',
    writes: true,
    *run(rows: readonly ComparisonRow[]): Task<void> {
      yield* insertRows(
        'INSERT INTO comparison (id, at, route, outcome, bytes, facts)',
        rows.map(({ id, at, route, outcome, bytes, facts }) => [id, at, route, outcome, bytes, facts]),
        'ON CONFLICT (id) DO NOTHING',
      );
      yield* sign(rows.filter(({ signatures }) => signatures.length > 0));
    },
  },
  comparisons: {
    lane: 'steady',
    writes: false,
    *run(filter: ComparisonFilter): Task<ComparisonPage> {
      const rows = yield* select(filter);
      const kept = rows
        .slice(0, filter.limit)
        .filter((row, at) => at === 0 || Number(row.running) <= pageBytes);
      const last = kept.at(-1);
      const isLast = kept.length === rows.length || last === undefined;
      return {
        comparisons: kept.map(toComparison),
        cursor: isLast ? undefined : toCursor({ at: Number(last.at), position: Number(last.position) }),
      };
    },
  },
  comparison: {
    lane: 'steady',
    writes: false,
    *run(id: string): Task<KeptComparison | undefined> {
      const [row] = yield* ask('SELECT facts FROM comparison WHERE id = ?', id);
      return row === undefined ? undefined : toComparison(row);
    },
  },
  /** Takes out some of what a rule does not let stay; true while there may be more. */
  pruneComparisons: {
    lane: 'steady',
    writes: true,
    *run({ route, before, bytes }: Retention): Task<boolean> {
      yield* lock('comparisons');
      const [newestOut] = yield* ask(
        `SELECT at, position FROM (
           SELECT at, position, row_number() OVER newest AS rank, sum(bytes) OVER newest AS running
           FROM comparison WHERE route = ? WINDOW newest AS (ORDER BY at DESC, position DESC)
         ) AS ranked WHERE at < ? OR rank > ? OR running > ? ORDER BY at DESC, position DESC LIMIT 1`,
        ...[route, before, comparisonsKept, bytes],
      );
      if (newestOut === undefined) return false;
      const out = yield* ask(
        `DELETE FROM comparison WHERE position IN (
           SELECT position FROM comparison WHERE route = ? AND (at, position) <= (?, ?) ORDER BY at, position LIMIT ?
         ) RETURNING position`,
        ...[route, Number(newestOut.at), Number(newestOut.position), prunedAtOnce],
      );
      return out.length === prunedAtOnce;
    },
  },
  /** The same for routes that no rule names, which are not compared any more. */
  pruneOthers: {
    lane: 'steady',
    writes: true,
    *run(routes: readonly string[], before: number): Task<boolean> {
      const kept = yield* ask('SELECT DISTINCT route FROM comparison');
      const others = kept.map(({ route }) => String(route)).filter(route => !routes.includes(route));
      for (const route of others) {
        const out = yield* ask(
          `DELETE FROM comparison WHERE position IN (
             SELECT position FROM comparison WHERE route = ? AND at < ? ORDER BY at, position LIMIT ?
           ) RETURNING position`,
          ...[route, before, prunedAtOnce],
        );
        if (out.length > 0) return true;
      }
      return false;
    },
  },
} as const satisfies Record<string, TaskRow>;

function* sign(rows: readonly ComparisonRow[]): Task<void> {
  for (let at = 0; at < rows.length; at += signedAtOnce) {
    const some = new Map(rows.slice(at, at + signedAtOnce).map(row => [row.id, row]));
    const ids = [...some.keys()];
    const kept = yield* ask(`SELECT id, position FROM comparison WHERE id IN ${places(ids)}`, ...ids);
    const signed = kept.flatMap(({ id, position }) => {
      const row = some.get(String(id));
      return [...new Set(row?.signatures)].map(signature => [
        ...[Number(position), signature],
        ...[row?.route ?? '', row?.at ?? 0],
      ]);
    });
    yield* insertRows(
      'INSERT INTO comparison_signature (position, signature, route, at)',
      signed,
      'ON CONFLICT (position, signature) DO NOTHING',
    );
  }
}

/** One more than asked for, to see whether there are more. By the index of what is asked for, which is in order. */
function* select({ route, outcome, signature, after, limit }: ComparisonFilter): Task<readonly Row[]> {
  const index = signature === undefined ? 'c' : 's';
  const from =
    signature === undefined
      ? 'comparison AS c'
      : 'comparison_signature AS s JOIN comparison AS c ON c.position = s.position';
  const where = [
    `${index}.route = ?`,
    ...(signature === undefined ? [] : ['s.signature = ?']),
    ...(outcome === undefined ? [] : ['c.outcome = ?']),
    ...(after === undefined ? [] : [`(${index}.at, ${index}.position) < (?, ?)`]),
  ].join(' AND ');
  return yield* ask(
    `SELECT *, sum(bytes) OVER (ORDER BY at DESC, position DESC) AS running FROM (
       SELECT c.at, c.position, c.bytes, c.facts FROM ${from} WHERE ${where}
       ORDER BY ${index}.at DESC, ${index}.position DESC LIMIT ?
     ) AS page ORDER BY at DESC, position DESC`,
    ...[route, ...(signature === undefined ? [] : [signature])],
    ...(outcome === undefined ? [] : [outcome]),
    ...(after === undefined ? [] : [after.at, after.position]),
    limit + 1,
  );
}

const toComparison = (row: Row): KeptComparison => JSON.parse(String(row.facts));
