import { describe, expect, it } from 'vitest';
import { stages } from '../../gateway/core/vocabulary.ts';
import { gateFor, judgeMove, nextStage, previousStage } from '../../gateway/routing/stages.ts';

describe('judgeMove', () => {
  it.each([
    ['legacy', 'shadow', 'none'],
    ['shadow', 'canary', 'ready'],
    ['canary', 'migrated', 'ready+no-tripwire'],
    ['migrated', 'done', 'leftovers'],
  ] as const)('lets %s go to %s through the gate %s', (from, to, gate) => {
    expect(judgeMove({ stage: from }, { stage: to })).toEqual({ isLegal: true, gate });
    expect([nextStage(from), previousStage(to)]).toEqual([to, from]);
  });

  it('lets every stage go back to any, through no gate, and none skip one', () => {
    for (const [at, from] of stages.entries()) {
      for (const to of stages.slice(0, at))
        expect(judgeMove({ stage: from }, { stage: to })).toEqual({ isLegal: true, gate: 'none' });
      for (const to of stages.slice(at + 2)) {
        const why = `from ${from} the next stage is ${stages[at + 1]}, not ${to}`;
        expect(judgeMove({ stage: from }, { stage: to })).toEqual({ isLegal: false, why });
      }
    }
  });

  it('gates more percent, not less, and refuses what changes nothing', () => {
    const canary = (percent?: number) => ({ stage: 'canary', percent }) as const;
    expect(judgeMove(canary(10), canary(50))).toEqual({ isLegal: true, gate: 'ready+no-tripwire' });
    expect(judgeMove(canary(50), canary(10))).toEqual({ isLegal: true, gate: 'none' });
    expect(judgeMove(canary(10), canary(10))).toEqual({
      isLegal: false,
      why: 'it is in canary at 10% already',
    });
    expect(judgeMove(canary(10), canary())).toMatchObject({ isLegal: false });
    expect(judgeMove({ stage: 'done' }, { stage: 'done' })).toEqual({
      isLegal: false,
      why: 'it is in done already',
    });
  });

  it('names the gate that a hand edit passed over', () => {
    expect(gateFor({ stage: 'legacy' }, { stage: 'migrated' })).toBe('ready+no-tripwire');
    expect(gateFor({ stage: 'done' }, { stage: 'legacy' })).toBe('none');
  });
});
