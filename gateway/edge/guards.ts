import { Refusal } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { createIntern } from '../core/intern.ts';
import type { GuardMode, GuardName } from '../core/vocabulary.ts';
import { auth } from './auth/auth.ts';
import { body } from './body/body.ts';
import { cors } from './cors/cors.ts';
import type { Guard, GuardFacts, GuardMaker, Reply, Verdict } from './guard.ts';
import { ip } from './ip/ip.ts';
import { limit, total } from './limit/limit.ts';
import { pickRouteEdge } from './schema.ts';
import type { EdgeServices } from './services.ts';

/** The guards, in the order in which they run (contract §5). One line for each. */
const makers: readonly GuardMaker[] = [ip, cors, auth, limit, total, body];

/** Which guards a route has, and in which mode. */
export const describeGuards = (facts: GuardFacts): { readonly name: GuardName; readonly mode: GuardMode }[] =>
  makers.flatMap(maker => {
    const mode = maker.modeOf(facts);
    return mode === undefined ? [] : { name: maker.name, mode };
  });

/** Compiles the guards of one route after the other; equal ones are the same. */
export function createGuardCompiler(services: EdgeServices): (facts: GuardFacts) => readonly Guard[] {
  const intern = createIntern<readonly Guard[]>();
  return facts => intern(keyOf(facts), () => compileGuards(facts, services));
}

/** What tells the guards of a route from those of others; undefined where they count for that route alone. */
function keyOf(facts: GuardFacts): string | undefined {
  const isOwn = describeGuards(facts).some(({ name, mode }) => name === 'limit' || mode === 'observe');
  const { route, stage } = facts;
  return isOwn ? undefined : JSON.stringify([stage, route && pickRouteEdge(route)]);
}

const compileGuards = (facts: GuardFacts, services: EdgeServices): readonly Guard[] =>
  makers.flatMap(maker => {
    const mode = maker.modeOf(facts);
    if (mode === undefined) return [];
    const { name } = maker;
    return {
      name,
      mode,
      check: maker.compile(facts, services),
      review: maker.compileReview?.(facts),
      counts: mode === 'observe' ? services.observed.countsOf(facts, name) : undefined,
    };
  });

/** Hears of what guards find. */
export interface Observer {
  /** A guard refused, or would have refused. */
  refused(exchange: Exchange, guard: Guard, refusal: Refusal): void;
  /** An observing guard failed, which changes nothing for the client. */
  failed(error: unknown): void;
}

/**
 * Runs the guards in order, from `from` on. Undefined: all passed. A Reply: answer with it. A promise only if an
 * enforcing guard waits; an observing one never delays, and its failure fails nothing. An enforced refusal is thrown;
 * an observed one goes to `observer`, and the request is never copied.
 */
export function admit(
  exchange: Exchange,
  guards: readonly Guard[],
  observer: Observer,
  from = 0,
): Reply | undefined | Promise<Reply | undefined> {
  for (let i = from; i < guards.length; i++) {
    const guard = guards[i]!;
    if (guard.mode === 'observe') {
      watch(exchange, guard, observer);
      continue;
    }
    const found = guard.check(exchange);
    if (found === undefined) continue;
    if (found instanceof Promise)
      return found.then(
        verdict => settle(exchange, guard, verdict, observer) ?? admit(exchange, guards, observer, i + 1),
      );
    const reply = settle(exchange, guard, found, observer);
    if (reply !== undefined) return reply;
  }
  return undefined;
}

function settle(exchange: Exchange, guard: Guard, verdict: Verdict, observer: Observer): Reply | undefined {
  if (verdict === undefined) return undefined;
  const isRefused = verdict instanceof Refusal;
  const refusal = isRefused ? verdict : verdict.refusal;
  if (refusal !== undefined) observer.refused(exchange, guard, refusal);
  if (isRefused) throw verdict;
  return verdict;
}

/** Asks an observing guard. */
function watch(exchange: Exchange, guard: Guard, observer: Observer): void {
  try {
    const found = guard.check(exchange);
    if (found === undefined) return;
    if (!(found instanceof Promise)) {
      note(exchange, guard, found, observer);
      return;
    }
    const settled = found
      .then(verdict => note(exchange, guard, verdict, observer))
      .catch((error: unknown) => observer.failed(error));
    exchange.observing =
      exchange.observing === undefined ? settled : Promise.all([exchange.observing, settled]);
  } catch (error) {
    observer.failed(error);
  }
}

function note(exchange: Exchange, guard: Guard, verdict: Verdict, observer: Observer): void {
  const refusal = verdict instanceof Refusal ? verdict : verdict?.refusal;
  if (refusal === undefined) return;
  exchange.isUncopied = true;
  exchange.wouldRefuse ??= [];
  exchange.wouldRefuse.push({ guard: guard.name, code: refusal.code });
  observer.refused(exchange, guard, refusal);
}

/** Asks observing guards about a whole exchange that they let pass. */
export function review(exchange: Exchange, guards: readonly Guard[], observer: Observer): void {
  for (const guard of guards) {
    if (guard.mode !== 'observe' || guard.review === undefined) continue;
    if (exchange.wouldRefuse?.some(({ guard: name }) => name === guard.name) === true) continue;
    note(exchange, guard, guard.review(exchange), observer);
  }
}
