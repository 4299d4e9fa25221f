import { expect, it } from 'vitest';
import { createEvidence } from '../../gateway/compare/epochs.ts';
import { clock, mismatch, settings, trial, wrongTotal } from '../kit/trials.ts';

const other = '$.name value text:text';

it('signatures of one entry whose requests overlap are one finding, with their share of its distinct requests', () => {
  const evidence = createEvidence();
  for (let at = 0; at < 20; at++)
    evidence.record(mismatch([wrongTotal, other], { fingerprint: `both${at}` }), settings);
  for (let at = 0; at < 5; at++) evidence.record(mismatch([clock], { fingerprint: `one${at}` }), settings);
  for (let at = 0; at < 75; at++) evidence.record(trial({ fingerprint: `good${at}` }), settings);
  const views = evidence.signaturesOf('orders');
  const of = (signature: string) => views.find(view => view.signature === signature);
  expect(of(wrongTotal)).toMatchObject({ share: 0.2 });
  expect(of(clock)).toMatchObject({ share: 0.05 });
  expect(of(other)?.group).toBe(of(wrongTotal)?.group);
  expect(of(clock)?.group).not.toBe(of(wrongTotal)?.group);
});

it('another entry, and a rule, are findings of their own', () => {
  const evidence = createEvidence();
  const excused = trial({ outcome: 'excused', rules: ['ignore $.a: clock'], fingerprint: 'x' });
  evidence.record(mismatch([wrongTotal], { fingerprint: 'a' }), settings);
  evidence.record(excused, settings);
  evidence.record(mismatch([wrongTotal], { fingerprint: 'b', key: { entry: 1 } }), settings);
  const groups = evidence.signaturesOf('orders').map(({ group }) => group);
  expect(groups).toHaveLength(3);
  expect(new Set(groups).size).toBe(3);
});
