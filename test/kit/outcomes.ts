import { expect } from 'vitest';

/** How a request on a shadowed route ended, as the log of a gateway with `log: { level: debug }` says it. */
export interface ToldOutcome {
  readonly route: string;
  readonly method: string;
  readonly outcome: string;
  readonly skip: string | null;
}

/** Requests that were not copied are told together. */
type Told = ToldOutcome & { readonly count: number };

interface Logged {
  readonly log: readonly string[];
}

/** The events of that type in a log, oldest first. */
export const eventsIn = (world: Logged, type: string): Record<string, unknown>[] =>
  world.log
    .join('\n')
    .split('\n')
    .filter(line => line.includes(`"event":"${type}"`))
    .map(line => JSON.parse(line) as Record<string, unknown>);

export const outcomesOf = (world: Logged): ToldOutcome[] =>
  (eventsIn(world, 'compared') as unknown as Told[]).flatMap(({ count, ...outcome }) =>
    Array.from({ length: count }, () => outcome),
  );

/** Each outcome, or `skipped: why`, with how often it was. */
export function countsOf(world: Logged): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome, skip } of outcomesOf(world)) {
    const name = skip === null ? outcome : `${outcome}: ${skip}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Waits until so many outcomes are told. */
export const awaitOutcomes = (world: Logged, count: number): Promise<void> =>
  expect.poll(() => outcomesOf(world).length, { timeout: 15_000 }).toBe(count);
