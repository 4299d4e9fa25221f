import { describe, expect, it } from 'vitest';
import { compileRules } from '../../gateway/compare/rules.ts';
import { compareDefaults } from '../../gateway/compare/schema.ts';
import { systemClock } from '../../gateway/core/clock.ts';
import type { Rate } from '../../gateway/core/units.ts';
import type { Side } from '../../gateway/core/vocabulary.ts';
import type { Asked, Asker } from '../../gateway/offline/asking.ts';
import { createChance } from '../../gateway/offline/chance.ts';
import { type ReplayedPair, replay, Unreachable } from '../../gateway/offline/replay.ts';
import type { Selected } from '../../gateway/offline/selection.ts';
import { BoundedBody } from '../../gateway/proxy/bounded-body.ts';

const rules = compileRules(compareDefaults(), { origins: { legacy: [], service: [] }, now: 0 });

const requests = (count: number): Selected[] =>
  Array.from({ length: count }, (_, at) => ({
    ...{ request: { method: 'GET', target: `/${at}`, fields: [] }, template: '/', entry: -1, params: [] },
  }));

const answered = (): Asked => ({
  heard: {
    ...{ kind: 'answered', status: 200, fields: [], origin: 'http://a', ms: 1 },
    body: new BoundedBody(10, { take: () => true, give: () => {} }),
  },
  isUnreachable: false,
});
const unreached: Asked = { heard: { kind: 'failed', detail: 'refused' }, isUnreachable: true };

/** A side that answers as it is told, by the number of the request. */
const askerOf = (side: Side, say: (at: number) => Asked | Promise<Asked>): Asker => {
  let at = 0;
  return { side, origin: 'http://a', ask: async () => say(at++), close: async () => {} };
};

async function run(
  count: number,
  service: (at: number) => Asked | Promise<Asked>,
  pace: { readonly concurrency?: number; readonly rate?: Rate } = {},
) {
  const pairs: ReplayedPair[] = [];
  const firsts: Side[] = [];
  const seen = new Set<string>();
  const mark = (asker: Asker): Asker => ({
    ...asker,
    ask(request, target) {
      if (!seen.has(target)) firsts.push(asker.side);
      seen.add(target);
      return asker.ask(request, target);
    },
  });
  const order = {
    requests: requests(count),
    askers: { legacy: mark(askerOf('legacy', answered)), service: mark(askerOf('service', service)) },
    judging: { rules, keep: 'values', rewrite: undefined } as const,
    ...{ concurrency: pace.concurrency ?? 1, rate: pace.rate, chance: createChance('s') },
    onPair: (pair: ReplayedPair) => pairs.push(pair),
  };
  const error = await replay(order, systemClock).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { pairs, firsts, error };
}

describe('a replay', () => {
  it('asks either side first about as often, and the same one for the same seed', async () => {
    const { firsts } = await run(400, answered);
    const legacy = firsts.filter(side => side === 'legacy').length;
    expect(legacy).toBeGreaterThan(150);
    expect(legacy).toBeLessThan(250);
    expect((await run(400, answered)).firsts).toEqual(firsts);
  });

  it('has so many under way and no more', async () => {
    let [open, most] = [0, 0];
    await run(
      40,
      async () => {
        most = Math.max(most, ++open);
        await new Promise(resolve => setImmediate(resolve));
        open--;
        return answered();
      },
      { concurrency: 3 },
    );
    expect(most).toBe(3);
  });

  it('keeps to a rate', async () => {
    const startedAt = performance.now();
    await run(11, answered, { concurrency: 8, rate: { requests: 100, window: 1000 } });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(99);
  });

  it('ends at once where the first request finds nobody', async () => {
    const { pairs, error } = await run(100, () => unreached);
    expect(error).toBeInstanceOf(Unreachable);
    expect(pairs).toEqual([]);
  });

  it('bears a refusal now and then, and ends after ten in a row', async () => {
    const now = await run(100, at => (at % 10 === 9 ? unreached : answered()));
    expect(now.error).toBeUndefined();
    expect(now.pairs.filter(({ outcome }) => outcome === 'service-failed')).toHaveLength(10);
    const gone = await run(100, at => (at >= 50 ? unreached : answered()));
    expect(gone.error).toBeInstanceOf(Unreachable);
    expect(gone.pairs).toHaveLength(59);
  });
});
