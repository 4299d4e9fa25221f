import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEvidence } from '../../gateway/compare/epochs.ts';
import type { Evidence, EvidenceChanges, EvidenceSettings, Trial } from '../../gateway/compare/evidence.ts';
import { findingOf } from '../../gateway/compare/noise.ts';
import { isBad, outcomes, skipReasons } from '../../gateway/core/outcome.ts';
import { clock, hour, mismatch, requestId, start, trial, wrongTotal } from '../kit/trials.ts';

const settings: EvidenceSettings = { maxMismatch: 5, distinctFor: 3 * hour, span: hour };

const signatures = fc.subarray([clock, requestId, wrongTotal, '$.list multiset array:array']);
const facts = fc.record({
  outcome: fc.oneof(
    { weight: 6, arbitrary: fc.constant('mismatch' as const) },
    { weight: 4, arbitrary: fc.constantFrom(...outcomes) },
  ),
  signatures,
  again: fc.option(signatures, { nil: undefined }),
  fingerprint: fc.integer({ min: 0, max: 12 }).map(n => `f${n}`),
  status: fc.constantFrom(0, 200, 304, 404),
  isCut: fc.oneof(
    { weight: 9, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  rules: fc.subarray(['ignore $.a: clock', 'unordered $.b']),
  id: fc.option(fc.uuid(), { nil: undefined }),
  wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: hour })),
  skip: fc.constantFrom(...skipReasons),
  service: fc.option(fc.integer({ min: 1, max: 500 }), { nil: undefined }),
  key: fc.record({
    entry: fc.constantFrom(0, 1),
    method: fc.constantFrom('GET', 'POST'),
    rules: fc.constantFrom('rules-1', 'rules-1', 'rules-1', 'rules-2'),
    version: fc.constantFrom('', '', 'v1', 'v2', 'v3', 'v4', 'v5'),
  }),
});

type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

/** Trials in the order of their time. */
const toTrials = (script: readonly Facts[], from = start): readonly Trial[] => {
  let at = from;
  return script.map(({ wait, skip, service, ...rest }) => {
    at += wait;
    const ms = service === undefined ? { legacy: 10 } : { legacy: 10, service };
    return trial({ ...rest, at, ms, ...(rest.outcome === 'skipped' ? { skip } : {}) });
  });
};
const scripts = fc.array(facts, { maxLength: 80 });
const inOneEpoch = scripts.map(script =>
  toTrials(script).map(each => ({
    ...each,
    key: { ...each.key, entry: 0, method: 'GET', rules: 'r', version: '' },
  })),
);

const recordAll = (trials: readonly Trial[]): Evidence => {
  const evidence = createEvidence();
  for (const each of trials) evidence.record(each, settings);
  return evidence;
};

const look = (evidence: Evidence) => ({
  verdicts: [undefined, 'rules-1', 'rules-2'].map(rules =>
    evidence.verdictOf('orders', { ...settings, rules }),
  ),
  signatures: evidence.signaturesOf('orders'),
});

/** The same by definition: all trials in a list, nothing incremental. */
function recount(trials: readonly Trial[]) {
  const compared = trials.filter(({ outcome }) => outcome !== 'skipped' && outcome !== 'legacy-failed');
  const asked = compared
    .filter(({ outcome }) => outcome !== 'service-failed' && outcome !== 'lagged')
    .filter(({ again, isCut }) => again !== undefined && isCut !== true);
  const has = (list: readonly string[] | undefined, text: string): boolean => list?.includes(text) === true;
  const isNoise = (text: string): boolean => {
    const tally = {
      b: asked.filter(each => has(each.signatures, text) && !has(each.again, text)).length,
      c: asked.filter(each => has(each.again, text) && !has(each.signatures, text)).length,
      again: asked.filter(each => has(each.again, text)).length,
    };
    return findingOf(text, tally) === 'noise';
  };
  const stands = (each: Trial): boolean =>
    each.outcome === 'service-failed' ||
    (each.outcome === 'mismatch' &&
      (each.isCut === true || each.signatures.length === 0 || !each.signatures.every(isNoise)));
  const firsts: { fingerprint: string; at: number; isBad: boolean }[] = [];
  for (const each of compared) {
    const first = firsts.findLast(({ fingerprint }) => fingerprint === each.fingerprint);
    if (first !== undefined && each.at - first.at < settings.distinctFor) first.isBad ||= stands(each);
    else firsts.push({ fingerprint: each.fingerprint, at: each.at, isBad: stands(each) });
  }
  const mismatch = compared.filter(each => each.outcome === 'mismatch');
  const noise = mismatch.filter(each => !stands(each)).length;
  return {
    n: firsts.length,
    bad: firsts.filter(first => first.isBad).length,
    counts: Object.fromEntries(
      outcomes.map(outcome => {
        const all = trials.filter(each => each.outcome === outcome).length;
        return [outcome, outcome === 'mismatch' ? all - noise : outcome === 'noise' ? all + noise : all];
      }),
    ),
  };
}

describe('counters', () => {
  it('are what a recount of all trials gives', () => {
    fc.assert(
      fc.property(inOneEpoch, trials => {
        fc.pre(trials.length > 0);
        const { parts, counts, matchRate } = recordAll(trials).verdictOf('orders', settings);
        const expected = recount(trials);
        expect({ n: parts[0]?.n, bad: parts[0]?.bad, counts }).toEqual(expected);
        const bad = outcomes.filter(isBad).reduce((sum, outcome) => sum + counts[outcome], 0);
        const n = trials.length - counts.skipped - counts['legacy-failed'];
        if (n > 0) expect(matchRate).toBeCloseTo(1 - bad / n, 12);
      }),
      { numRuns: 200 },
    );
  });

  it('add up to the requests seen, skips to those skipped', () => {
    fc.assert(
      fc.property(inOneEpoch, trials => {
        const { counts, skips } = recordAll(trials).verdictOf('orders', settings);
        const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
        expect(sum(Object.values(counts))).toBe(trials.length);
        expect(sum(Object.values(skips))).toBe(counts.skipped);
      }),
    );
  });

  it('do not depend on the order of trials of the same time', () => {
    const pairs = inOneEpoch.chain(trials => {
      const together = trials.map(each => ({ ...each, at: start }));
      return fc.tuple(
        fc.constant(together),
        fc.shuffledSubarray(together, { minLength: together.length, maxLength: together.length }),
      );
    });
    fc.assert(
      fc.property(pairs, ([trials, shuffled]) => {
        const [one, other] = [trials, shuffled].map(list => {
          const evidence = recordAll(list);
          const { state, parts, counts, skips } = evidence.verdictOf('orders', settings);
          const seen = evidence
            .signaturesOf('orders')
            .map(({ signature, state, finding, count, distinct, b, c }) => ({
              ...{ signature, state, finding, count, distinct, b, c },
            }));
          return {
            ...{ state, counts, skips, numbers: parts.map(({ n, bad, more }) => [n, bad, more]) },
            seen: seen.sort((a, b) => (a.signature < b.signature ? -1 : 1)),
          };
        });
        expect(one).toEqual(other);
      }),
      { numRuns: 150 },
    );
  });
});

/** A store: rows replace rows of the same key, and come back oldest first. */
function createRows() {
  const epochs = new Map<string, EvidenceChanges['epochs'][number]>();
  const trials = new Map<string, EvidenceChanges['trials'][number]>();
  return {
    save(changes: EvidenceChanges): void {
      const { epochs: rows, trials: seen } = JSON.parse(JSON.stringify(changes)) as EvidenceChanges;
      for (const row of rows) epochs.set(row.id, row);
      for (const row of seen) trials.set(`${row.epoch} ${row.fingerprint}`, row);
    },
    load: (): EvidenceChanges => ({
      epochs: [...epochs.values()].sort((a, b) => a.updatedAt - b.updatedAt),
      trials: [...trials.values()].sort((a, b) => a.at - b.at),
    }),
  };
}

describe('a restart', () => {
  it('changes nothing, whenever it comes and however often was saved before', () => {
    const saves = fc.infiniteStream(fc.constantFrom('no', 'no', 'no', 'saved', 'failed'));
    fc.assert(
      fc.property(scripts, scripts, saves, (before, after, saving) => {
        const rows = createRows();
        const first = createEvidence();
        const trials = toTrials(before);
        for (const each of trials) {
          first.record(each, settings);
          const { value } = saving.next();
          if (value === 'saved') rows.save(first.takeChanges());
          if (value === 'failed') first.putBack(first.takeChanges());
        }
        first.markSignature('orders', clock, {
          state: 'legacy-bug',
          by: 'alice',
          reason: 'known',
          at: start,
        });
        rows.save(first.takeChanges());
        const second = createEvidence();
        expect(second.restore(rows.load())).toBe(0);
        expect(look(second)).toEqual(look(first));
        const last = trials.at(-1)?.at ?? start;
        for (const each of toTrials(after, last))
          expect(second.record(each, settings)).toBe(first.record(each, settings));
        expect(look(second)).toEqual(look(first));
      }),
      { numRuns: 100 },
    );
  });

  it('has nothing more to write', () => {
    const evidence = recordAll([trial(), trial({ fingerprint: 'g' })]);
    const changes = evidence.takeChanges();
    expect(changes.epochs).toHaveLength(1);
    expect(changes.trials.map(({ fingerprint }) => fingerprint)).toEqual(['f', 'g']);
    expect(evidence.takeChanges()).toEqual({ epochs: [], trials: [] });
    const restored = createEvidence();
    restored.restore(changes);
    expect(restored.takeChanges()).toEqual({ epochs: [], trials: [] });
  });

  it('goes on without records that it cannot read, and says how many', () => {
    const { epochs, trials } = recordAll([trial()]).takeChanges();
    const odd = ['', '{', '[]', 'null', '{"v":2}', '{"v":1,"number":"1"}'].map((state, n) => ({
      ...{ id: `odd-${n}`, key: { ...epochs[0]!.key, entry: n + 1 }, updatedAt: start, state },
    }));
    const evidence = createEvidence();
    expect(evidence.restore({ epochs: [...odd, ...epochs], trials })).toBe(odd.length);
    expect(evidence.verdictOf('orders', settings).parts).toMatchObject([{ n: 1 }]);
  });

  it('keeps the span of versions that were forgotten, and does not bring them back, though a save failed', () => {
    const rows = createRows();
    const evidence = createEvidence();
    for (let n = 0; n < 20; n += 1) {
      for (const minute of [0, 30]) {
        const at = start + n * hour + minute * 60_000;
        evidence.record(trial({ fingerprint: `f${n}`, at, key: { version: `v${n}` } }), settings);
      }
      if (n % 2 === 0) rows.save(evidence.takeChanges());
      else evidence.putBack(evidence.takeChanges());
    }
    rows.save(evidence.takeChanges());
    const restored = createEvidence();
    expect(restored.restore(rows.load())).toBe(0);
    const asked = { ...settings, span: 100 * hour };
    expect(restored.verdictOf('orders', asked).reasons.join()).toContain('evidence of 10h so far');
    expect(restored.takeChanges()).toEqual({ epochs: [], trials: [] });
  });

  it('does not take requests of a version that was forgotten for those of its new beginning', () => {
    const rows = createRows();
    const evidence = createEvidence();
    for (let n = 0; n < 6; n += 1)
      evidence.record(trial({ fingerprint: `f${n}`, at: start + n, key: { version: `v${n}` } }), settings);
    rows.save(evidence.takeChanges());
    evidence.record(trial({ fingerprint: 'f5', at: start + 10, key: { version: 'v0' } }), settings);
    rows.save(evidence.takeChanges());
    const restored = createEvidence();
    restored.restore(rows.load());
    restored.record(trial({ fingerprint: 'f0', at: start + 11, key: { version: 'v0' } }), settings);
    expect(restored.verdictOf('orders', settings).parts).toMatchObject([{ n: 2 }]);
  });

  it('keeps what somebody said of a signature, though a save failed', () => {
    const evidence = recordAll([mismatch([wrongTotal])]);
    const rows = createRows();
    rows.save(evidence.takeChanges());
    const mark = { state: 'legacy-bug', by: 'alice', reason: 'known', at: start } as const;
    evidence.markSignature('orders', wrongTotal, mark);
    evidence.putBack(evidence.takeChanges());
    rows.save(evidence.takeChanges());
    const restored = createEvidence();
    restored.restore(rows.load());
    expect(restored.signaturesOf('orders')).toMatchObject([{ state: 'legacy-bug', note: 'known (alice)' }]);
  });

  it('leaves a route alone that has gathered something by itself', () => {
    const { epochs, trials } = recordAll([trial(), trial({ fingerprint: 'g' })]).takeChanges();
    const evidence = recordAll([trial({ fingerprint: 'h' })]);
    evidence.restore({ epochs, trials });
    expect(evidence.verdictOf('orders', settings).parts).toMatchObject([{ n: 1 }]);
  });
});
