import type { Outcome, SkipReason } from '../core/outcome.ts';
import { compareAnswers } from './compare.ts';
import type { AnswerPair, Comparison } from './comparison.ts';
import type { CompiledRules } from './rules.ts';

/** How a pair of answers ended: what statuses alone decide comes before what was compared (comparison.md §2). */
export interface Judged {
  readonly outcome: Outcome;
  readonly skip?: SkipReason;
  readonly comparison: Comparison;
}

/** For pairs in which both sides answered. `lagged` and failures to answer are not seen here. */
export function judgePair(pair: AnswerPair, rules: CompiledRules): Judged {
  const comparison = compareAnswers(pair, rules);
  const { legacy, service } = pair;
  if (legacy.status >= 500) return { outcome: 'legacy-failed', comparison };
  if (service.status >= 500) return { outcome: 'service-failed', comparison };
  if (isConditional(legacy.status) !== isConditional(service.status))
    return { outcome: 'skipped', skip: 'conditional', comparison };
  if (comparison.outcome === 'skipped') return { outcome: 'skipped', skip: 'too-large', comparison };
  return { outcome: comparison.outcome, comparison };
}

/** 304 and 206 answer with less than the whole: one alone compares with nothing. */
const isConditional = (status: number): boolean => status === 304 || status === 206;
