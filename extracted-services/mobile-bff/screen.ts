import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import type { Asker, Peers } from '../chassis/peers.ts';
import { Problem } from '../chassis/problem.ts';
import type { Shape } from '../chassis/shape.ts';
import type { Kept } from './kept.ts';

export const peerNames = ['users', 'products', 'orders', 'payments', 'notifications'] as const;
export type PeerName = (typeof peerNames)[number];

/** A part of a screen: of whom it is asked, and what is kept of the answer. */
export interface Part<T> {
  readonly peer: PeerName;
  readonly path: string;
  /** Undefined where the answer is not for the caller. */
  readonly read: (answer: Shape) => T | undefined;
}

export type PartValues<Parts> = {
  readonly [Name in keyof Parts]: Parts[Name] extends Part<infer T> ? T | null : never;
};

/** A screen as the phone gets it: a part that is null is either named in `degraded` or nothing. */
export type Screen<Parts> = PartValues<Parts> & {
  /** Parts that are missing since their service failed and nothing young enough was kept. */
  readonly degraded: readonly string[];
  /** Seconds since parts were good that are shown as they were, by name; left out where there are none. */
  readonly stale?: Readonly<Record<string, number>>;
};

export interface ScreenDeps {
  readonly peers: Peers<PeerName>;
  readonly kept: Kept;
  /** Counts how parts came about. */
  readonly count: (outcome: Outcome) => void;
}

export type Outcome = 'fresh' | 'stale' | 'missing';

/**
 * Asks for all parts at once. One that fails is shown as it was, if that is not long ago, else null. Throws the Problem
 * 503 `nothing-to-show` if every part is missing, and whatever a service says that refuses the caller.
 */
export async function showScreen<Parts extends Readonly<Record<string, Part<unknown>>>>(
  deps: ScreenDeps,
  asker: Asker,
  parts: Parts,
): Promise<Screen<Parts>> {
  const found = await Promise.all(
    Object.entries(parts).map(async ([name, part]) => ({ name, ...(await askPart(deps, asker, part)) })),
  );
  for (const { outcome } of found) deps.count(outcome);
  const degraded = found.filter(({ outcome }) => outcome === 'missing').map(({ name }) => name);
  if (degraded.length === found.length) {
    const headers = { 'retry-after': '2' };
    throw new Problem(503, 'nothing-to-show', 'no part of this screen can be had now', { headers });
  }
  const stale = found.filter(({ outcome }) => outcome === 'stale').map(({ name, age }) => [name, age]);
  return {
    ...(Object.fromEntries(found.map(({ name, value }) => [name, value])) as PartValues<Parts>),
    degraded,
    ...(stale.length > 0 && { stale: Object.fromEntries(stale) }),
  };
}

interface Found {
  readonly outcome: Outcome;
  readonly value: unknown;
  /** Seconds. */
  readonly age: number;
}

async function askPart({ peers, kept }: ScreenDeps, asker: Asker, part: Part<unknown>): Promise<Found> {
  // Whose it is belongs to the key: nobody is ever shown what was kept for another.
  const key = `${asker.caller.sub} ${part.peer} ${part.path}`;
  try {
    const value = await peers.get(part.peer, part.path, asker, part.read);
    if (value === undefined) kept.drop(key);
    else kept.put(key, value);
    return { outcome: 'fresh', value: value ?? null, age: 0 };
  } catch (error) {
    if (!(error instanceof OutgoingFailure)) throw error;
    const last = kept.get(key);
    if (!last) return { outcome: 'missing', value: null, age: 0 };
    return { outcome: 'stale', value: last.value, age: Math.round(last.age / 1000) };
  }
}
