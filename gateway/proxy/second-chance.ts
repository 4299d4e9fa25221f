import type { Exchange } from '../core/exchange.ts';
import { isIdempotent, isSafe } from '../core/vocabulary.ts';
import type { Attempt } from './attempt.ts';
import type { UpstreamFailure } from './failure.ts';
import type { FallbackRule, Plan } from './plan.ts';

/** Whether another attempt may have to send the body again (contract §3, Retry and Fallback). */
export const mayNeedBodyAgain = ({ method, isOverridden }: Exchange, plan: Plan): boolean =>
  !isOverridden &&
  ((isIdempotent(method) && plan.leg.upstream.attempts > 1) ||
    (isSafe(method) && plan.fallback !== undefined));

/** Whether sending it again can have no second effect. */
export const isRepeatable = ({ method, isOverridden }: Exchange): boolean =>
  !isOverridden && isIdempotent(method);

/** Whether the upstream may have closed an idle connection at the very moment of its reuse. */
export const isStale = (attempt: Attempt, failure: UpstreamFailure): boolean =>
  failure.code === 'upstream-reset' && attempt.isReused && !attempt.isAnswered;

/** Whether the rule covers a request of which so much may have reached the service. */
export const isCovered = (
  { method, isOverridden }: Exchange,
  rule: FallbackRule,
  reached: UpstreamFailure['reached'],
): boolean => !isOverridden && (isSafe(method) || (rule.when === 'unreached' && reached === 'no'));
