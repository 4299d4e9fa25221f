import type { ErrorCode } from '../core/errors.ts';
import type { Observed, ObservedCounts } from '../edge/observed.ts';
import type { Item, ToldObserved } from './told.ts';

/** The numbers of a guard's counts, in the order in which they are told. */
const numbers = ['lockedOut', 'refusedByBoth', 'refusedByUpstream', 'passed', 'undecided'] as const;

const sumOf = (counts: ObservedCounts): number => numbers.reduce((sum, name) => sum + counts[name], 0);

interface Told {
  readonly sum: number;
  readonly numbers: readonly number[];
  readonly codes: ReadonlyMap<ErrorCode, number>;
  readonly callers: ReadonlyMap<string, number>;
}

const nothing: Told = { sum: 0, numbers: numbers.map(() => 0), codes: new Map(), callers: new Map() };

/** By how much the counts of observing guards have grown since it was told last. */
export function createObservedTelling(observed: () => Observed | undefined): { take(): Item[] } {
  const before = new WeakMap<ObservedCounts, Told>();
  return {
    take() {
      const items: Item[] = [];
      for (const counts of observed()?.list() ?? []) {
        const told = before.get(counts) ?? nothing;
        const sum = sumOf(counts);
        if (sum === told.sum) continue;
        items.push(['observed', toGrowth(counts, told)]);
        before.set(counts, {
          sum,
          numbers: numbers.map(name => counts[name]),
          codes: new Map(counts.codes),
          callers: new Map(counts.callers),
        });
      }
      return items;
    },
  };
}

const toGrowth = (counts: ObservedCounts, told: Told): ToldObserved => ({
  route: counts.route,
  guard: counts.guard,
  counts: numbers.map((name, at) => counts[name] - (told.numbers[at] ?? 0)),
  codes: growthOf(counts.codes, told.codes),
  callers: growthOf(counts.callers, told.callers),
});

const growthOf = <Key>(now: ReadonlyMap<Key, number>, before: ReadonlyMap<Key, number>): [Key, number][] =>
  [...now]
    .map(([key, count]): [Key, number] => [key, count - (before.get(key) ?? 0)])
    .filter(([, grown]) => grown > 0);

/** Callers that are remembered by name for one guard of one route, however many workers name them. */
const maxCallers = 100;

/** Adds what a worker has told. A guard that runs no more, or with other settings, has begun anew: then it is dropped. */
export function addObserved(observed: Observed | undefined, told: ToldObserved): void {
  for (const counts of observed?.list() ?? []) {
    if (counts.route !== told.route || counts.guard !== told.guard) continue;
    for (const [at, name] of numbers.entries()) counts[name] += told.counts[at] ?? 0;
    for (const [code, grown] of told.codes) counts.codes.set(code, (counts.codes.get(code) ?? 0) + grown);
    for (const [caller, grown] of told.callers)
      if (counts.callers.size < maxCallers || counts.callers.has(caller))
        counts.callers.set(caller, (counts.callers.get(caller) ?? 0) + grown);
  }
}
