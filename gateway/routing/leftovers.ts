import { formatDuration } from '../core/units.ts';
import type { Stage } from '../core/vocabulary.ts';

/** One kind of work that legacy still does for a route. */
export interface Trace {
  /** Since the process that is asked has started. */
  readonly count: number;
  /** Wall clock, milliseconds, by whichever process; 0: not since it is remembered. */
  readonly lastAt: number;
}

/** What legacy still did for a route, over restarts and by all gateways of the store. */
export interface Leftovers {
  /** Wall clock, milliseconds: since when it is remembered at all. */
  readonly since: number;
  /** Requests that legacy answered, for whatever reason. */
  readonly legacyServed: Trace;
  /** Of those: since the service failed, and since the route was held. */
  readonly fallbacks: Trace;
  readonly holds: Trace;
  /** Unclaimed spellings of its paths that legacy answered below 400. */
  readonly nearMisses: Trace;
  /** The store does not answer: what earlier processes and other gateways saw may lack. */
  readonly isPartial: boolean;
}

export interface LeftoverFacts {
  readonly stage: Stage;
  readonly isHeld: boolean;
  /** How long legacy must have done nothing, milliseconds. */
  readonly quiet: number;
  /** Wall clock, milliseconds. */
  readonly now: number;
}

export interface LeftoverJudgement {
  /** Nothing in it has been needed for the whole of `quiet`: the code may go. */
  readonly isDead: boolean;
  /** Since when legacy did nothing, or nothing is remembered. */
  readonly quietSince: number;
  /** When legacy did the last thing; undefined: not since it is remembered. */
  readonly lastAt: number | undefined;
  /** Why it is not dead yet. */
  readonly reasons: readonly string[];
}

/** How long legacy must have done nothing where the route does not say (`quiet`): 14 days. */
export const defaultQuiet = 14 * 86_400_000;

/** Whether legacy's code for a route is dead. Never where the stage, or a hold, may still give it requests. */
export function judgeLeftovers(leftovers: Leftovers, facts: LeftoverFacts): LeftoverJudgement {
  const { since, legacyServed, fallbacks, holds, nearMisses } = leftovers;
  const lastAt = Math.max(...[legacyServed, fallbacks, holds, nearMisses].map(trace => trace.lastAt));
  const reasons = [...standingAgainst(leftovers, facts)];
  return {
    isDead: reasons.length === 0,
    quietSince: Math.max(since, lastAt),
    lastAt: lastAt === 0 ? undefined : lastAt,
    reasons,
  };
}

function* standingAgainst(leftovers: Leftovers, facts: LeftoverFacts): Generator<string> {
  const { stage, isHeld, quiet, now } = facts;
  if (stage !== 'migrated' && stage !== 'done') yield `the route is in ${stage}: legacy serves it`;
  if (isHeld) yield 'the route is held: legacy serves it';
  const kinds = [
    ['legacy served it', leftovers.legacyServed],
    ['it fell back to legacy', leftovers.fallbacks],
    ['a hold sent it to legacy', leftovers.holds],
    ['legacy answered a near miss of it', leftovers.nearMisses],
  ] as const;
  const asked = `it must be quiet for ${formatDuration(quiet)}`;
  for (const [what, { lastAt }] of kinds)
    if (lastAt > 0 && now - lastAt < quiet) yield `${what} ${toAge(now - lastAt)} ago, ${asked}`;
  if (now - leftovers.since < quiet) yield `remembered for ${toAge(now - leftovers.since)} only, ${asked}`;
  if (leftovers.isPartial) yield 'the store is away, so what others saw is not known';
}

/** Two units at most: `13d 4h`, `2h 5m`, `40s`. */
export function toAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first === -1 ? parts.slice(-1) : parts.slice(first, first + 2);
  return shown
    .filter(([count], at) => count > 0 || at === 0)
    .map(([count, unit]) => `${count}${unit}`)
    .join(' ');
}
