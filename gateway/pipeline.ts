import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Holds } from './admin/holds.ts';
import { answerAsterisk, answerError, answerErrorRaw, answerKeys, answerReply, keysPath } from './answer.ts';
import type { Comparing } from './compare/comparing.ts';
import type { Recording } from './compare/recording.ts';
import { Bag } from './core/bag.ts';
import { type ErrorCode, errorRow, Refusal } from './core/errors.ts';
import type { Events } from './core/events.ts';
import type { Exchange, RouteFacts } from './core/exchange.ts';
import { Reply } from './edge/guard.ts';
import { admit, type Observer, review } from './edge/guards.ts';
import { countObserved } from './edge/observed.ts';
import { openExchange, readRequest } from './open.ts';
import type { Proxy } from './proxy/middleware.ts';
import type { Plan } from './proxy/plan.ts';
import { decide, refusalOfNearMiss } from './routing/decide.ts';
import { isRefusedWhenOdd } from './routing/explain.ts';
import { hostOf } from './routing/host.ts';
import { preflightMethod } from './routing/preflight.ts';
import type { RequestFacts, Route } from './routing/route.ts';
import { guardsOf, planOf, type Snapshot } from './snapshot.ts';

/** One request, from top to bottom. */
export interface Pipeline {
  handle(req: IncomingMessage, res: ServerResponse): Promise<void>;
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
  /** Answers that are under way. */
  readonly inFlight: Iterable<ServerResponse>;
}

/** Where a request goes from the guards: on, or back with an answer of our own. */
type Road = Plan | Reply;

export interface PipelineParts {
  readonly snapshot: () => Snapshot;
  readonly holds: Pick<Holds, 'of'>;
  readonly proxy: Proxy;
  readonly comparing: Pick<Comparing, 'begin' | 'finish'>;
  readonly recording: Pick<Recording, 'begin' | 'finish'>;
  readonly events: Events;
}

export function createPipeline({
  snapshot,
  holds,
  proxy,
  comparing,
  recording,
  events,
}: PipelineParts): Pipeline {
  /** Match → guards → decide. At once, unless a guard has to wait. */
  const prepare = (exchange: Exchange, current: Snapshot): Road | Promise<Road> => {
    const claimed = claim(exchange, current);
    const admitted = admit(exchange, guardsOf(current, claimed), observer);
    return admitted instanceof Promise
      ? admitted.then(reply => reply ?? choose(exchange, current))
      : (admitted ?? choose(exchange, current));
  };

  const observer: Observer = {
    refused(exchange, { name: guard, mode }, { code }) {
      const route = guardedRoute(exchange);
      if (mode === 'enforce') exchange.refusal = code;
      events.emit({ type: 'refused', route, guard, code, mode, exchange });
    },
    failed: error => events.emit({ type: 'crashed', error }),
  };

  /** Finds the route, and returns the one whose guards apply: a near miss is guarded like the route it misses. */
  const claim = (exchange: Exchange, current: Snapshot): Route => {
    const match = current.table.match(factsOf(exchange));
    if (match.kind === 'route') {
      exchange.route = match.route;
      exchange.entry = match.entry;
      exchange.params = match.params;
      return match.route;
    }
    const unclaimed = current.routes[0]!;
    if (match.kind === 'odd') {
      passOdd(exchange, match.route);
      return unclaimed;
    }
    if (match.nearMiss === undefined) return unclaimed;
    passNearMiss(exchange, match.nearMiss);
    return match.nearMiss;
  };

  const passOdd = (exchange: Exchange, route: Route): void => {
    const mode = isRefusedWhenOdd(route) ? 'enforce' : 'observe';
    exchange.isUncopied = true;
    if (mode === 'enforce') exchange.refusal = 'bad-request-target';
    events.emit({ type: 'refused', route, guard: 'target', code: 'bad-request-target', mode, exchange });
    if (mode === 'enforce')
      throw new Refusal(
        'bad-request-target',
        `some reading of the request target is claimed by ${route.name}`,
      );
  };

  const passNearMiss = (exchange: Exchange, route: Route): void => {
    exchange.nearMiss = route;
    events.emit({ type: 'near-missed', route });
    const refusal = refusalOfNearMiss(route, exchange);
    if (refusal !== undefined) throw refusal;
  };

  const choose = (exchange: Exchange, current: Snapshot): Plan => {
    const { route } = exchange;
    if (route.index !== 0) {
      const asker = {
        identity: exchange.identity,
        address: exchange.client.address,
        headers: exchange.req.headers,
      };
      exchange.decision = decide(current.routes[route.index]!, exchange, asker, holds.of(route.name));
      exchange.because = exchange.decision.because;
    }
    return planOf(current, exchange);
  };

  const finish = (exchange: Exchange, current: Snapshot): void => {
    if (exchange.served !== undefined) concludeGuards(exchange, current);
    const shadowing = current.shadowings[exchange.route.index];
    if (shadowing !== undefined) comparing.finish(exchange, shadowing);
    recording.finish(exchange);
    events.emit({ type: 'exchange-finished', exchange, totalMs: performance.now() - exchange.startedAt });
  };

  /** Holds what observing guards said against what the upstream answered, once they have all said it. */
  const concludeGuards = (exchange: Exchange, current: Snapshot): void => {
    const guards = guardsOf(current, guardedRoute(exchange));
    if (guards.every(guard => guard.counts === undefined)) return;
    const conclude = (): void => {
      review(exchange, guards, observer);
      for (const { counts } of guards)
        if (counts !== undefined) countObserved(counts, exchange, current.config.auth?.session?.login);
    };
    if (exchange.observing === undefined) conclude();
    else void exchange.observing.then(conclude);
  };

  /** What to answer instead, once nothing can be forwarded. Refusals are counted; upstream failures have been. */
  const refuse = (exchange: Exchange, error: unknown): Refusal => {
    const refusal = error instanceof Refusal ? error : new Refusal('internal', 'the gateway failed');
    if (refusal !== error) events.emit({ type: 'crashed', error });
    if (exchange.refusal !== undefined) return refusal;
    exchange.refusal = refusal.code;
    const guard = guardOf(refusal.code);
    if (guard !== undefined) {
      const route = guardedRoute(exchange);
      events.emit({ type: 'refused', route, guard, code: refusal.code, mode: 'enforce', exchange });
    }
    return refusal;
  };

  const inFlight = new Bag<ServerResponse>();

  return {
    inFlight,
    async handle(req, res) {
      const current = snapshot();
      const exchange = openExchange(req, current, false);
      const { mint } = current.services;
      const place = inFlight.add(res);
      try {
        readRequest(exchange);
        if (exchange.target.raw === '*') answerAsterisk(exchange, res);
        else if (mint !== undefined && exchange.target.path === keysPath)
          answerKeys(exchange, res, mint.keys());
        else {
          const prepared = prepare(exchange, current);
          const road = prepared instanceof Promise ? await prepared : prepared;
          if (road instanceof Reply) answerReply(exchange, res, road);
          else {
            const shadowing = current.shadowings[exchange.route.index];
            if (shadowing !== undefined) comparing.begin(exchange, shadowing);
            recording.begin(exchange);
            await proxy.forward(exchange, res, road);
          }
        }
      } catch (error) {
        answerError(exchange, res, refuse(exchange, error), current.config.debugHeaders);
      }
      inFlight.remove(place);
      finish(exchange, current);
    },
    async upgrade(req, socket, head) {
      const current = snapshot();
      const exchange = openExchange(req, current, true);
      try {
        readRequest(exchange);
        const road = await prepare(exchange, current);
        // Only a preflight is replied to, and that is no upgrade.
        if (road instanceof Reply)
          throw new Refusal('method-not-allowed', 'an upgrade cannot be a preflight');
        await proxy.upgrade(exchange, socket, head, road);
      } catch (error) {
        answerErrorRaw(exchange, socket, refuse(exchange, error));
      }
      finish(exchange, current);
    },
  };
}

/** The route whose guards apply. */
const guardedRoute = ({ nearMiss, route }: Exchange): RouteFacts => nearMiss ?? route;

function factsOf({ method, target, req: { headers } }: Exchange): RequestFacts {
  return {
    method: preflightMethod(method, headers) ?? method,
    host: hostOf(headers.host),
    target,
    headers,
  };
}

/** Which step refused; undefined where it was no refusal but a failure, which is counted elsewhere. */
function guardOf(code: ErrorCode): 'target' | 'message' | 'route' | 'body' | undefined {
  switch (code) {
    case 'bad-request-target':
      return 'target';
    case 'route-gone':
    case 'held':
      return 'route';
    case 'body-too-large':
      return 'body';
    default:
      return errorRow(code).fault === 'client' || code === 'loop-detected' ? 'message' : undefined;
  }
}
