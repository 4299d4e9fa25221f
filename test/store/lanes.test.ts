import { describe, expect, it } from 'vitest';
import { createLanes, laneBounds } from '../../gateway/store/lanes.ts';
import type { Lane } from '../../gateway/store/task.ts';
import type { Call, Reply } from '../../gateway/store/tasks/list.ts';
import { createManualClock } from '../kit/manual-clock.ts';

const mebi = 1024 * 1024;
const oneWay: readonly (readonly Lane[])[] = [['vital', 'steady', 'bulk']];

/** Lanes to a database that answers when the test says so. */
function openLanes(ways = oneWay) {
  const clock = createManualClock();
  const sent: { names: string[]; answer: (error?: string) => void }[] = [];
  const lanes = createLanes({
    name: 'store x',
    ways,
    clock,
    backend: {
      run: (calls: readonly Call[]) =>
        new Promise<readonly Reply[]>(resolve => {
          sent.push({
            names: calls.map(({ name }) => name),
            answer: error => resolve(calls.map(() => (error === undefined ? { value: 1 } : { error }))),
          });
        }),
      close: async () => void sent.push({ names: ['close'], answer: () => {} }),
    },
  });
  /** Answers whatever comes until nothing comes any more. */
  const answerAll = async (error?: string) => {
    for (let at = 0; at < sent.length; at++) {
      sent[at]?.answer(error);
      await turns();
    }
  };
  return { lanes, clock, sent, answerAll };
}

/** Lets what was settled be noticed. */
const turns = async () => {
  for (let at = 0; at < 20; at++) await Promise.resolve();
};

describe('lanes', () => {
  it('send what is vital first, together, and the rest one by one, comparisons last', async () => {
    const { lanes, sent, answerAll } = openLanes();
    void lanes.call('keepComparisons', [], 1);
    await turns();
    for (const name of ['keepComparisons', 'saveEvidence', 'hold', 'templates', 'release'] as const)
      void lanes.call(name, [], 1);
    await turns();
    expect(sent.map(({ names }) => names)).toEqual([['keepComparisons']]);
    await answerAll();
    expect(sent.map(({ names }) => names)).toEqual([
      ['keepComparisons'],
      ['hold', 'release'],
      ['saveEvidence'],
      ['templates'],
      ['keepComparisons'],
    ]);
  });

  it('let a hold by while something else takes its time, where it has a way of its own', async () => {
    const { lanes, sent } = openLanes([['vital'], ['steady', 'bulk']]);
    void lanes.call('loadEpochs', [], 1);
    const held = lanes.call('hold', [], 1);
    await turns();
    expect(sent.map(({ names }) => names)).toEqual([['hold'], ['loadEpochs']]);
    sent[0]?.answer();
    expect(await held).toBe(1);
  });

  it('give comparisons up first, by bytes and by count, and take holds still', async () => {
    const { lanes, answerAll } = openLanes();
    const kept = [lanes.call('keepComparisons', [], 20 * mebi)];
    await expect(lanes.call('keepComparisons', [], 13 * mebi)).rejects.toThrow(
      'store x is away: 13MiB would wait beside 20MiB, the bound is 32MiB',
    );
    for (let at = 1; at < laneBounds.bulk.calls; at++) kept.push(lanes.call('keepComparisons', [], 1));
    await expect(lanes.call('keepComparisons', [], 1)).rejects.toThrow('200 calls are waiting for it');
    const others = [lanes.call('saveEvidence', [], mebi), lanes.call('hold', [], 1024)];
    await answerAll();
    await Promise.all([...kept, ...others]);
    await Promise.all([lanes.call('keepComparisons', [], 32 * mebi), turns().then(() => answerAll())]);
  });

  it('reject after the deadline, say so, and are well again with the next answer', async () => {
    const { lanes, clock, sent } = openLanes();
    const held = lanes.call('hold', [], 1);
    const noted = expect(held).rejects.toThrow('store x is away: no answer within 5 s');
    const evidence = lanes.call('saveEvidence', [], 1);
    evidence.catch(() => undefined);
    await turns();
    clock.advance(4999);
    expect(lanes.failure).toBeUndefined();
    clock.advance(1);
    await noted;
    expect(lanes.failure).toBe('no answer within 5 s');
    sent[0]?.answer();
    await turns();
    expect(lanes.failure).toBeUndefined();
    sent[1]?.answer();
    expect(await evidence).toBe(1);
  });

  it('do not send what nobody waits for any more', async () => {
    const { lanes, clock, sent, answerAll } = openLanes();
    const calls = [lanes.call('holds', [], 1)];
    await turns();
    calls.push(lanes.call('hold', [], 1));
    const ends = Promise.allSettled(calls);
    await turns();
    clock.advance(5000);
    await answerAll();
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(sent.flatMap(({ names }) => names)).not.toContain('hold');
  });

  it('are not well by a read after a write has failed, only by a write, for which they try', async () => {
    const { lanes, clock, sent, answerAll } = openLanes();
    const held = lanes.call('hold', [], 1);
    await turns();
    sent.shift()?.answer('disk full');
    await expect(held).rejects.toThrow('disk full');
    const read = lanes.call('holds', [], 1);
    await turns();
    sent.shift()?.answer();
    await read;
    expect(lanes.failure).toBe('disk full');
    clock.advance(2000);
    await turns();
    expect(sent.map(({ names }) => names)).toEqual([['probe']]);
    sent.shift()?.answer('still full');
    await turns();
    expect(lanes.failure).toBe('still full');
    clock.advance(2000);
    await turns();
    await answerAll();
    expect(lanes.failure).toBeUndefined();
    clock.advance(60_000);
    await turns();
    expect(sent.map(({ names }) => names)).toEqual([['probe']]);
  });

  it('finish what was asked for before they close', async () => {
    const { lanes, sent, answerAll, clock } = openLanes();
    const kept = lanes.call('keepComparisons', [], 1);
    const closed = lanes.close();
    await expect(lanes.call('hold', [], 1)).rejects.toThrow('it was closed');
    await turns();
    await answerAll();
    await Promise.all([kept, closed]);
    expect(sent.map(({ names }) => names)).toEqual([['keepComparisons'], ['close']]);
    expect(clock.pending()).toBe(0);
  });

  it('close without an answer after 5 s, and leave nobody waiting', async () => {
    const { lanes, clock } = openLanes();
    const calls = [lanes.call('holds', [], 1), lanes.call('keepComparisons', [], 1)];
    const ends = Promise.allSettled(calls);
    await turns();
    const closed = lanes.close();
    await turns();
    clock.advance(5000);
    await closed;
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });
});
