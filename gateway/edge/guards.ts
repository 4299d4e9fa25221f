import { Refusal } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import type { GuardMode, GuardName } from '../core/vocabulary.ts';
import { body } from './body/body.ts';
import type { Guard, GuardFacts, GuardMaker, Reply, Verdict } from './guard.ts';
import { limit, total } from './limit/limit.ts';
import type { EdgeServices } from './services.ts';

/** The guards, in the order in which they run (contract §5). One line for each. */
const makers: readonly GuardMaker[] = [limit, total, body];

/** Which guards a route has, and in which mode. */
export const describeGuards = (facts: GuardFacts): { readonly name: GuardName; readonly mode: GuardMode }[] =>
  makers.flatMap(maker => {
    const mode = maker.modeOf(facts);
    return mode === undefined ? [] : { name: maker.name, mode };
  });

export const compileGuards = (facts: GuardFacts, services: EdgeServices): readonly Guard[] =>
  makers.flatMap(maker => {
    const mode = maker.modeOf(facts);
    return mode === undefined ? [] : { name: maker.name, mode, check: maker.compile(facts, services) };
  });

/** Hears what each guard refused, or would have refused. */
export type Observer = (guard: Guard, refusal: Refusal) => void;

/**
 * Runs the guards in order, from `from` on. Undefined: all passed. A Reply: answer with it. A promise only if an
 * enforcing guard waits; an observing one never delays. An enforced refusal is thrown; an observed one goes to
 * `observe`, and the request is never copied.
 */
export function admit(
  exchange: Exchange,
  guards: readonly Guard[],
  observe: Observer,
  from = 0,
): Reply | undefined | Promise<Reply | undefined> {
  for (let i = from; i < guards.length; i++) {
    const guard = guards[i]!;
    const found = guard.check(exchange);
    if (found === undefined) continue;
    if (found instanceof Promise) {
      if (guard.mode === 'observe') void found.then(verdict => settle(exchange, guard, verdict, observe));
      else
        return found.then(
          verdict => settle(exchange, guard, verdict, observe) ?? admit(exchange, guards, observe, i + 1),
        );
    } else {
      const reply = settle(exchange, guard, found, observe);
      if (reply !== undefined) return reply;
    }
  }
  return undefined;
}

function settle(exchange: Exchange, guard: Guard, verdict: Verdict, observe: Observer): Reply | undefined {
  if (!(verdict instanceof Refusal)) return guard.mode === 'enforce' ? verdict : undefined;
  observe(guard, verdict);
  if (guard.mode === 'enforce') throw verdict;
  exchange.isUncopied = true;
  return undefined;
}
