import type { GuardMode } from '../../core/vocabulary.ts';
import type { GuardFacts } from '../guard.ts';
import { stageMode } from '../mode.ts';

/** What a route asks of those who come. */
export interface AuthRule {
  readonly mode: GuardMode;
  /** False: whoever cannot say who they are comes in as nobody. */
  readonly isRequired: boolean;
  /** All of these. */
  readonly scopes: readonly string[];
  /** One of these, if there are any. */
  readonly roles: readonly string[];
}

const open = { isRequired: false, scopes: [], roles: [] };
const closed = { isRequired: true, scopes: [], roles: [] };

/**
 * Contract §5: with an `auth:` section a claimed route is `required` unless it says otherwise, and nothing is asked
 * without one. Undefined where nobody would use the answer: legacy is told nothing of who somebody is, so open
 * unclaimed traffic is only looked at if its limit counts users.
 */
export function authRuleOf(facts: GuardFacts): AuthRule | undefined {
  const { route, edge, auth } = facts;
  if (auth === undefined) return undefined;
  const mode = stageMode(facts);
  if (route === undefined) {
    if (edge.unclaimed.auth === 'required') return { mode, ...closed };
    return edge.unclaimed.limit === undefined ? undefined : { mode: 'observe', ...open };
  }
  const rule = route.auth ?? 'required';
  if (typeof rule === 'string') return { mode, ...(rule === 'required' ? closed : open) };
  return { mode: rule.mode ?? mode, isRequired: true, scopes: rule.scopes ?? [], roles: rule.roles ?? [] };
}
