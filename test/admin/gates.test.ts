import { describe, expect, it } from 'vitest';
import { type GateSource, judgeGate } from '../../gateway/admin/gates.ts';
import type { Leftovers } from '../../gateway/routing/leftovers.ts';
import type { Hold } from '../../gateway/routing/route.ts';
import type { Standing } from '../../gateway/routing/stages.ts';
import { makeRoute } from '../kit/exchanges.ts';
import { makeGates, makeVerdict, nothingLeft } from '../kit/gates.ts';

const day = 86_400_000;
const now = 100 * day;

const judge = (from: Standing, to: Standing, known: Partial<GateSource> = {}) =>
  judgeGate(makeGates({ now: () => now, ...known }), makeRoute({ stage: from.stage }), {
    ...{ from, to, unverified: [] },
  });

const wire = { errors: 5, minimum: 50, clients: 3, window: 60_000 };
const hold: Hold = {
  ...{ route: 'orders', by: 'tripwire', reason: 'errors 9 %' },
  since: 0,
  until: undefined,
  released: 0,
};
const shadow: Standing = { stage: 'shadow' };
const canary: Standing = { stage: 'canary', percent: 10 };

describe('the gate from shadow to canary', () => {
  it('is open for the verdict ready, and keeps its numbers', async () => {
    expect(await judge(shadow, canary, { verdictOf: () => makeVerdict() })).toEqual({
      ...{ gate: 'ready', isOpen: true, reasons: [], unverified: [] },
      verdict: {
        ...{ state: 'ready', n: 3678, bad: 0, matchRate: 1 },
        parts: [{ method: 'GET', entry: '0', state: 'ready', n: 3678, bad: 0, share: 1 }],
      },
    });
  });

  it.each(['pending', 'blocked'] as const)('is closed for the verdict %s, with its reasons', async state => {
    const verdict = makeVerdict({ state, reasons: ['GET so-so', 'why'] });
    expect(await judge(shadow, canary, { verdictOf: () => verdict })).toMatchObject({
      ...{ isOpen: false, reasons: [`the verdict is ${state}`, 'GET so-so', 'why'] },
    });
  });

  it('is closed where nothing is compared', async () => {
    expect(await judge(shadow, canary)).toMatchObject({
      reasons: ['nothing of it is compared in this stage, so there is no verdict'],
    });
  });

  it('does not look at tripwires', async () => {
    const known = { verdictOf: () => makeVerdict(), tripwireOf: () => wire, holdOf: () => hold };
    expect(await judge(shadow, canary, known)).toMatchObject({ isOpen: true });
  });

  it('gives the verdict what somebody answers for', async () => {
    const asked: (readonly string[])[] = [];
    const source = makeGates({
      verdictOf(_, unverified) {
        asked.push(unverified);
        return makeVerdict();
      },
    });
    const move = { from: shadow, to: canary, unverified: ['POST'] };
    expect(await judgeGate(source, makeRoute(), move)).toMatchObject({ unverified: ['POST'] });
    expect(asked).toEqual([['POST']]);
  });
});

describe.each([
  ['a higher percent', { stage: 'canary', percent: 25 }],
  ['migrated', { stage: 'migrated' }],
] as const)('the gate from canary to %s', (_, to) => {
  const ready = { verdictOf: () => makeVerdict(), tripwireOf: () => wire };

  it('is open for the verdict ready and a tripwire that was quiet in its window', async () => {
    const lastTrip = () => ({ at: now - 60_001, reason: 'errors 9 %' });
    expect(await judge(canary, to, { ...ready, lastTrip })).toMatchObject({
      ...{ gate: 'ready+no-tripwire', isOpen: true },
    });
  });

  it('is closed within the window of a trip', async () => {
    const lastTrip = () => ({ at: now - 60_000, reason: 'errors 9 %' });
    expect(await judge(canary, to, { ...ready, lastTrip })).toMatchObject({
      isOpen: false,
      reasons: ['a tripwire tripped 1m ago, within its window of 1m: errors 9 %'],
    });
  });

  it('is closed while a tripwire holds the route, also after a restart and on a ramp', async () => {
    const holdOf = () => ({ ...hold, released: 50 });
    expect(await judge(canary, to, { ...ready, holdOf })).toMatchObject({
      reasons: ['a tripwire holds it: errors 9 %'],
    });
  });
});

describe('the gate from migrated to done', () => {
  const [from, to] = [{ stage: 'migrated' }, { stage: 'done' }] as const;
  const at = (ago: number) => ({ count: 1, lastAt: now - ago });
  const left = (some: Partial<Leftovers>) => ({ leftoversOf: async () => ({ ...nothingLeft, ...some }) });

  it('is open after fourteen days in which legacy did nothing', async () => {
    expect(await judge(from, to, left({ legacyServed: at(14 * day) }))).toMatchObject({
      ...{ gate: 'leftovers', isOpen: true },
      leftovers: { since: 0, lastAt: now - 14 * day, quiet: 14 * day },
    });
  });

  it.each([
    ['legacy served it', { legacyServed: at(3 * day) }, 'legacy served it 3d ago, it must be quiet for 14d'],
    ['a fallback', { fallbacks: at(day / 2) }, 'it fell back to legacy 12h ago, it must be quiet for 14d'],
    ['a hold', { holds: at(90_000) }, 'a hold sent it to legacy 1m 30s ago, it must be quiet for 14d'],
    [
      'a near miss',
      { nearMisses: at(0) },
      'legacy answered a near miss of it 0s ago, it must be quiet for 14d',
    ],
    ['too young a memory', { since: now - day }, 'remembered for 1d only, it must be quiet for 14d'],
    ['a store that is away', { isPartial: true }, 'the store is away, so what others saw is not known'],
  ] as const)('is closed for %s', async (_, some, reason) => {
    expect(await judge(from, to, left(some))).toMatchObject({ isOpen: false, reasons: [reason] });
  });

  it('is closed while somebody holds the route', async () => {
    const known = { ...left({}), holdOf: () => ({ ...hold, by: 'alice' }) };
    expect(await judge(from, to, known)).toMatchObject({ reasons: ['the route is held: legacy serves it'] });
  });

  it('goes by the quiet of the route', async () => {
    const known = { ...left({ legacyServed: at(3 * day) }), quietOf: () => 2 * day };
    expect(await judge(from, to, known)).toMatchObject({ isOpen: true });
  });
});

it('no gate stands in front of shadow, nor on the way back', async () => {
  const verdictOf = () => makeVerdict({ state: 'blocked' });
  expect(await judge({ stage: 'legacy' }, shadow)).toMatchObject({ gate: 'none', isOpen: true });
  expect(await judge(canary, { stage: 'legacy' }, { verdictOf })).toMatchObject({
    ...{ gate: 'none', isOpen: true, verdict: { state: 'blocked' } },
  });
});

it('a jump passes over gates, whatever is known', async () => {
  const known = { verdictOf: () => makeVerdict() };
  expect(await judge(shadow, { stage: 'migrated' }, known)).toMatchObject({
    ...{ isOpen: false, reasons: ['from shadow to migrated it jumps over gates'] },
  });
});
