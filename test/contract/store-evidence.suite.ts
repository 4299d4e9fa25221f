import { expect, it } from 'vitest';
import type { EpochRecord, TrialRecord } from '../../gateway/compare/evidence.ts';
import { trialsAtOnce } from '../../gateway/store/tasks/evidence.ts';
import type { OpenStore } from './store.suite.ts';

export function describeEvidence(open: OpenStore): void {
  it('gives back epochs that were touched since then, with their trials, oldest first', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.saveEvidence([epoch('a', 100), epoch('b', 200)], []);
    await store.saveEvidence([], [trial('b', 'f2', 190), trial('a', 'f1', 90), trial('b', 'f1', 150)]);
    expect(await store.loadEvidence(0)).toEqual({
      epochs: [epoch('a', 100), epoch('b', 200)],
      trials: [trial('a', 'f1', 90), trial('b', 'f1', 150), trial('b', 'f2', 190)],
    });
    expect(await store.loadEvidence(101)).toEqual({
      epochs: [epoch('b', 200)],
      trials: [trial('b', 'f1', 150), trial('b', 'f2', 190)],
    });
  });

  it('replaces an epoch, and a trial that turned bad, and keeps one that came again later', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.saveEvidence([epoch('a', 100)], [trial('a', 'f1', 90)]);
    const bad = { ...trial('a', 'f1', 90), outcome: 'mismatch', signatures: ['$.total value'] } as const;
    await store.saveEvidence([{ ...epoch('a', 120), state: '{"n":2}' }], [bad]);
    await store.saveEvidence([], [trial('a', 'f1', 5000)]);
    expect(await store.loadEvidence(0)).toEqual({
      epochs: [{ ...epoch('a', 120), state: '{"n":2}' }],
      trials: [bad, trial('a', 'f1', 5000)],
    });
  });

  it('takes the last of what stands twice in one batch', async () => {
    await using opened = await open();
    const { store } = opened;
    const bad = { ...trial('a', 'f1', 90), outcome: 'mismatch' } as const;
    await store.saveEvidence([epoch('a', 1), epoch('a', 2)], [trial('a', 'f1', 90), bad]);
    expect(await store.loadEvidence(0)).toEqual({ epochs: [epoch('a', 2)], trials: [bad] });
  });

  it('forgets what was not touched since then', async () => {
    await using opened = await open();
    const { store } = opened;
    await store.saveEvidence(
      [epoch('old', 100), epoch('new', 200)],
      [trial('old', 'f1', 99), trial('new', 'f1', 99), trial('new', 'f2', 199)],
    );
    await store.forgetEvidence(150);
    expect(await store.loadEvidence(0)).toEqual({
      epochs: [epoch('new', 200)],
      trials: [trial('new', 'f2', 199)],
    });
  });

  it(`takes, gives back and forgets more trials than the ${trialsAtOnce} of one call`, async () => {
    await using opened = await open();
    const { store } = opened;
    const trials = Array.from({ length: trialsAtOnce * 2 + 1 }, (_, at) =>
      // Many in one millisecond.
      trial('a', String(at).padStart(6, '0'), Math.floor(at / 7000)),
    );
    await store.saveEvidence([epoch('a', 1)], trials);
    expect((await store.loadEvidence(0)).trials).toEqual(trials);
    await store.forgetEvidence(2);
    expect(await store.loadEvidence(0)).toEqual({ epochs: [], trials: [] });
  }, 60_000);
}

const epoch = (id: string, updatedAt: number): EpochRecord => ({
  id,
  key: { route: 'orders', method: 'GET', entry: 1, rules: 'abc', version: '' },
  updatedAt,
  state: '{"n":1}',
});

const trial = (of: string, fingerprint: string, at: number): TrialRecord => ({
  epoch: of,
  fingerprint,
  at,
  outcome: 'match',
  signatures: [],
});
