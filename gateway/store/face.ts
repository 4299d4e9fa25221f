import { createHash } from 'node:crypto';
import type { TrialRecord } from '../compare/evidence.ts';
import type { ComparisonQuery, KeptComparison, Retention } from '../compare/kept.ts';
import { progressBounds } from '../routing/progress.ts';
import { parseCursor } from './cursor.ts';
import type { Store, StoreStatus } from './store.ts';
import type { ComparisonFilter, ComparisonRow } from './tasks/comparisons.ts';
import { trialsAtOnce } from './tasks/evidence.ts';
import type { Given, Result, TaskName } from './tasks/list.ts';

/** Asks a database for a task; `bytes` is about what the call carries. */
export type CallStore = <Name extends TaskName>(
  name: Name,
  given: Given<Name>,
  bytes?: number,
) => Promise<Result<Name>>;

/** Comparisons of routes that are not compared any more go after so long, milliseconds. */
const othersAge = 30 * 86_400_000;

/** Trials that are read at most, the newest; what older ones have proved stands in the states of the epochs. */
const maxTrials = 500_000;

const maxComparison = 1024 * 1024;
const maxTemplate = 512;
const maxMethods = 20;

/** A longer signature is known by its hash: a key of PostgreSQL has 2,704 bytes. */
const maxSignature = 512;

/** About what a row of few columns carries. */
const rowBytes = 512;

export interface FaceParts {
  readonly call: CallStore;
  status(): StoreStatus;
  close(): Promise<void>;
}

/**
 * The store as its callers see it. Rejects with a `RangeError` for what is beyond a bound, before it reaches the
 * database; that is no sign of its being away.
 */
export function createFace({ call, status, close }: FaceParts): Store {
  return {
    holds: () => call('holds', []),
    hold: hold => call('hold', [hold]),
    release: (route, since) => call('release', [route, since]),
    moves: limit => call('moves', [limit]),
    record: move => call('record', [move]),
    recordEdit: move => call('recordEdit', [move]),
    trips: () => call('trips', []),
    keepTrip: trip => call('keepTrip', [trip]),
    lastGood: () => call('lastGood', []),
    keepLastGood: config =>
      call(
        'keepLastGood',
        [config],
        sum(config.files, ({ text }) => text.length),
      ),

    saveEvidence: (epochs, trials) =>
      call(
        'saveEvidence',
        [epochs, trials],
        sum(epochs, ({ state }) => state.length) + trials.length * rowBytes,
      ),
    loadEvidence: async since => ({
      epochs: await call('loadEpochs', [since]),
      trials: await loadTrials(call, since),
    }),
    async forgetEvidence(before) {
      while (await call('forgetTrials', [before]));
      await call('forgetEpochs', [before]);
    },

    async keepComparisons(batch) {
      const rows = batch.map(toRow);
      await call(
        'keepComparisons',
        [rows],
        sum(rows, ({ bytes }) => bytes),
      );
    },
    comparisons: async query => call('comparisons', [toFilter(query)]),
    comparison: id => call('comparison', [id]),
    async pruneComparisons(rules) {
      for (const rule of rules) while (await call('pruneComparisons', [rule]));
      await pruneOthers(call, rules);
    },

    async appendProgress(node, sample) {
      const routes = Object.keys(sample.routes).length;
      checkBound('routes of a sample', routes, progressBounds.routes);
      await call('appendProgress', [node, sample], routes * rowBytes);
    },
    async progress(query) {
      checkBound('routes asked for', query.routes.length, progressBounds.asked);
      return call('progress', [query]);
    },
    async saveTemplates(seen) {
      for (const { template, methods } of seen) {
        checkBound('characters of a template', template.length, maxTemplate);
        checkBound(`methods of ${template}`, Object.keys(methods).length, maxMethods);
      }
      await call('saveTemplates', [seen], seen.length * rowBytes);
    },
    templates: () => call('templates', []),
    saveLeftovers: records => call('saveLeftovers', [records], records.length * rowBytes),
    leftovers: () => call('leftovers', []),

    status,
    close,
  };
}

/** Page by page, so that a hold goes between. */
async function loadTrials(call: CallStore, since: number): Promise<readonly TrialRecord[]> {
  const trials: TrialRecord[] = [];
  let page: readonly TrialRecord[];
  do {
    page = await call('loadTrials', [since, trials.at(-1)]);
    for (const trial of page) trials.push(trial);
  } while (page.length === trialsAtOnce && trials.length < maxTrials);
  return trials.reverse();
}

async function pruneOthers(call: CallStore, rules: readonly Retention[]): Promise<void> {
  const routes = rules.map(({ route }) => route);
  while (await call('pruneOthers', [routes, Date.now() - othersAge]));
}

function toRow(comparison: KeptComparison): ComparisonRow {
  const { id, at, route, outcome, signatures } = comparison;
  const facts = JSON.stringify(comparison);
  const bytes = Buffer.byteLength(facts);
  checkBound(`bytes of comparison ${id}`, bytes, maxComparison);
  return { id, at, route, outcome, signatures: signatures.map(toKey), bytes, facts };
}

function toFilter({ route, outcome, signature, cursor, limit }: ComparisonQuery): ComparisonFilter {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit: expected 1 to 200, got ${limit}`);
  checkBound('limit', limit, 200);
  const after = cursor === undefined ? undefined : parseCursor(cursor);
  if (cursor !== undefined && after === undefined)
    throw new RangeError('cursor: expected what an earlier page gave');
  return {
    route,
    outcome,
    signature: signature === undefined ? undefined : toKey(signature),
    after,
    limit,
  };
}

const toKey = (signature: string): string =>
  signature.length <= maxSignature ? signature : createHash('sha256').update(signature).digest('hex');

function checkBound(thing: string, value: number, bound: number): void {
  if (value > bound) throw new RangeError(`${thing}: at most ${bound}, got ${value}`);
}

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((all, item) => all + of(item), 0);
