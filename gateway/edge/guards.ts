import type { Refusal } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { GuardMode, Stage } from '../core/vocabulary.ts';
import { boundOf, createBodyGuard, unclaimedBoundOf } from './body/body.ts';
import type { Guard } from './guard.ts';
import type { EdgeConfig, RouteEdgeConfig } from './schema.ts';

/** What a guard is compiled from. */
interface GuardFacts {
  readonly route: RouteEdgeConfig;
  readonly edge: EdgeConfig;
  /** Claiming a route locks nobody out: in legacy and shadow guards observe unless told otherwise. */
  readonly stageMode: GuardMode;
}

/** The guards of a claimed route, in the order in which they run (contract §5). One line for each. */
const makers: readonly ((facts: GuardFacts) => Guard | undefined)[] = [
  facts => createBodyGuard(boundOf(facts.route, facts.edge, facts.stageMode)),
];

export const compileGuards = (route: RouteEdgeConfig, edge: EdgeConfig, stage: Stage): readonly Guard[] =>
  makers.flatMap(make => make({ route, edge, stageMode: stageModeOf(stage) }) ?? []);

export function compileUnclaimedGuards(edge: EdgeConfig): readonly Guard[] {
  const bound = unclaimedBoundOf(edge);
  return Number.isFinite(bound.size) ? [createBodyGuard(bound)] : [];
}

export const stageModeOf = (stage: Stage): GuardMode =>
  stage === 'legacy' || stage === 'shadow' ? 'observe' : 'enforce';

/** Tells what an observing guard would have refused. */
export type Observer = (guard: Guard, refusal: Refusal) => void;

/**
 * Runs the guards in order, from `from` on. Undefined: all passed, at once. A promise only if an enforcing guard
 * waits; an observing one never delays. An enforced refusal is thrown; an observed one goes to `observe`, and the
 * request is never copied.
 */
export function admit(
  exchange: Exchange,
  guards: readonly Guard[],
  observe: Observer,
  from = 0,
): undefined | Promise<void> {
  for (let i = from; i < guards.length; i++) {
    const guard = guards[i]!;
    const found = guard.check(exchange);
    if (!(found instanceof Promise)) settle(exchange, guard, found, observe);
    else if (guard.mode === 'observe') void found.then(refusal => settle(exchange, guard, refusal, observe));
    else
      return found.then(refusal => {
        settle(exchange, guard, refusal, observe);
        return admit(exchange, guards, observe, i + 1);
      });
  }
  return undefined;
}

function settle(exchange: Exchange, guard: Guard, refusal: Refusal | undefined, observe: Observer): void {
  if (refusal === undefined) return;
  observe(guard, refusal);
  if (guard.mode === 'enforce') throw refusal;
  exchange.isUncopied = true;
}
