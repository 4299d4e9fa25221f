import { judgeOffline } from '../compare/clopper-pearson.ts';
import { addTime, isSlow, newPairTimes, toLatency } from '../compare/latency.ts';
import { isBad, isEqual, type Outcome, outcomes, type SkipReason } from '../core/outcome.ts';
import type { ReplayedPair } from './replay.ts';
import type { ReplayReport, ReplayVerdict } from './report.ts';
import { createSignatureTally } from './signature-tally.ts';

/** All pairs of a replay as they come, and what they amount to. Bounded, however many there are. */
export interface Findings {
  add(pair: ReplayedPair): void;
  readonly pairs: number;
  /** @param maxMismatch percent. */
  toResult(maxMismatch: number): ReplayResult;
}

/** What of a report the pairs decide. */
export type ReplayResult = Pick<
  ReplayReport,
  'verdict' | 'counts' | 'skips' | 'latency' | 'findings' | 'untold' | 'excused' | 'examples'
>;

const mostRules = 500;

export function createFindings(): Findings {
  const counts = Object.fromEntries(outcomes.map(outcome => [outcome, 0])) as Record<Outcome, number>;
  const skips: Partial<Record<SkipReason, number>> = {};
  const excused = new Map<string, number>();
  const times = newPairTimes();
  const tally = createSignatureTally();
  let pairs = 0;

  const countExcuses = ({ comparison }: ReplayedPair): void => {
    for (const rule of new Set(comparison?.differences.flatMap(difference => difference.rule ?? [])))
      if (excused.has(rule) || excused.size < mostRules) excused.set(rule, (excused.get(rule) ?? 0) + 1);
  };

  return {
    add(pair) {
      pairs++;
      counts[pair.outcome]++;
      if (pair.skip !== undefined) skips[pair.skip] = (skips[pair.skip] ?? 0) + 1;
      if (pair.outcome === 'excused') countExcuses(pair);
      if (isBad(pair.outcome)) tally.add(pair);
      const { legacy, service } = pair.ms;
      if (legacy === undefined || service === undefined) return;
      addTime(times.legacy, legacy);
      addTime(times.service, service);
      times.pairs++;
      if (isSlow(legacy, service)) times.slow++;
    },
    get pairs() {
      return pairs;
    },
    toResult(maxMismatch) {
      const n = outcomes.reduce((sum, one) => sum + (isEqual(one) || isBad(one) ? counts[one] : 0), 0);
      return {
        verdict: judgeAll({ counts, skips, pairs, n, maxMismatch }),
        ...{ counts, skips, latency: toLatency(times) ?? null },
        ...tally.findings(n),
        excused: [...excused].map(([rule, count]) => ({ rule, count })).sort((a, b) => b.count - a.count),
      };
    },
  };
}

interface Amounts {
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly skips: Readonly<Partial<Record<SkipReason, number>>>;
  readonly pairs: number;
  readonly n: number;
  readonly maxMismatch: number;
}

/** Pairs of which nothing is known may be so many before they stand against `ready`. */
const maxSkipped = 0.05;

function judgeAll({ counts, skips, pairs, n, maxMismatch }: Amounts): ReplayVerdict {
  const bad = counts.mismatch + counts['service-failed'];
  const { state, lower, upper, more } = judgeOffline({ bad, n, maxMismatch });
  const said = reasonsOf({ counts, skips, n }, state === 'pending' ? more : undefined);
  const unknown = counts.skipped - (skips.conditional ?? 0) + counts['legacy-failed'];
  const isHeldBack = state === 'ready' && pairs > 0 && unknown / pairs > maxSkipped;
  return {
    state: isHeldBack ? 'pending' : state,
    ...{ n, bad, lower, upper, maxMismatch, more: more ?? null },
    reasons: isHeldBack
      ? [`${unknown} of ${pairs} requests say nothing, more than ${maxSkipped * 100} %`, ...said]
      : said,
  };
}

function reasonsOf(
  { counts, skips, n }: Pick<Amounts, 'counts' | 'skips' | 'n'>,
  more: number | undefined,
): string[] {
  const reasons: string[] = [];
  if (n === 0) reasons.push('no request could be compared');
  if (counts.mismatch > 0) reasons.push(`${counts.mismatch} answers differ`);
  if (counts['service-failed'] > 0) reasons.push(`the service failed at ${counts['service-failed']}`);
  if (more !== undefined && more > 0) reasons.push(`${more} more distinct requests are needed, all good`);
  if (skips.unauthenticated !== undefined)
    reasons.push(
      `${skips.unauthenticated} requests were refused by both sides for want of credentials: --header gives them`,
    );
  if (counts['legacy-failed'] > 0)
    reasons.push(`legacy failed at ${counts['legacy-failed']}, which says nothing of the service`);
  return reasons;
}
