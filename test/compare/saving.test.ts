import { expect, it } from 'vitest';
import { createEvidence } from '../../gateway/compare/epochs.ts';
import type { Evidence, EvidenceStore, Trial } from '../../gateway/compare/evidence.ts';
import { createSaving } from '../../gateway/compare/saving.ts';
import { createEvents } from '../../gateway/core/events.ts';
import { createMemoryStore } from '../../gateway/store/memory.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const settings = { maxMismatch: 1, distinctFor: 86_400_000, span: 0 };

const trial = (number: number): Trial => ({
  key: { route: 'orders', method: 'GET', entry: 0, rules: 'r', version: '' },
  ...{
    at: Date.UTC(2026, 0, 1),
    fingerprint: number.toString(16).padStart(16, '0'),
    client: 'c',
    outcome: 'match',
  },
  ...{ signatures: [], rules: [], status: 200, ms: {} },
});

function openSaving(evidence: Evidence, store: EvidenceStore) {
  const clock = createManualClock();
  const events = createEvents();
  const told: string[] = [];
  events.on('store-failed', ({ task, reason }) => told.push(`${task}: ${reason}`));
  events.on('store-restored', () => told.push('restored'));
  return { clock, told, saving: createSaving({ evidence, store, clock, events }) };
}

const countOf = (evidence: Evidence): number => evidence.verdictOf('orders', settings).counts.match;

it('evidence goes on after a restart', async () => {
  const store = createMemoryStore();
  const before = createEvidence();
  const first = openSaving(before, store);
  for (let i = 0; i < 100; i++) before.record(trial(i), settings);
  first.clock.advance(5000);
  before.record(trial(100), settings);
  await first.saving.save();
  first.saving.close();
  expect(first.clock.pending()).toBe(0);
  const after = createEvidence();
  const second = openSaving(after, store);
  await second.saving.load();
  expect(countOf(after)).toBe(101);
  // Seen before the restart: it is not distinct.
  after.record(trial(0), settings);
  expect(after.verdictOf('orders', settings).parts[0]?.n).toBe(101);
  second.saving.close();
  expect(second.told).toEqual([]);
});

it('what could not be written is written when the store is back, and is told once', async () => {
  const store = createMemoryStore();
  let isAway = true;
  const away: EvidenceStore = {
    ...store,
    async saveEvidence(epochs, trials) {
      if (isAway) throw new Error('away');
      await store.saveEvidence(epochs, trials);
    },
  };
  const evidence = createEvidence();
  const { saving, told } = openSaving(evidence, away);
  evidence.record(trial(1), settings);
  await saving.save();
  await saving.save();
  expect(told).toEqual(['save evidence: away']);
  isAway = false;
  await saving.save();
  expect(told).toEqual(['save evidence: away', 'restored']);
  const after = createEvidence();
  after.restore(await store.loadEvidence(0));
  expect(countOf(after)).toBe(1);
  saving.close();
});

it('a store that cannot be read at start stops nobody', async () => {
  const store: EvidenceStore = {
    ...createMemoryStore(),
    loadEvidence: () => Promise.reject(new Error('away')),
  };
  const { saving, told } = openSaving(createEvidence(), store);
  await saving.load();
  expect(told).toEqual(['read evidence: away']);
  saving.close();
});
