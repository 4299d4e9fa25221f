import type { IncomingMessage } from 'node:http';
import type { Counting } from '../compare/counting.ts';
import type { Events } from '../core/events.ts';
import { Exchange, type RouteFacts, type Target } from '../core/exchange.ts';
import type { Snapshot } from '../snapshot.ts';
import { addObserved } from './observed-telling.ts';
import type { Item, ToldExchange, ToldRequest, ToldRoute } from './told.ts';

export interface RetellingDeps {
  readonly events: Events;
  readonly snapshot: () => Snapshot | undefined;
  readonly counting: Pick<Counting, 'count'>;
}

/**
 * Tells here what workers have seen, as if it had been seen here: so whoever listens in this process knows of all that
 * was served, and of no worker.
 */
export function createRetelling({ events, snapshot, counting }: RetellingDeps): (items: string) => void {
  const { routeOf, named } = createRouteFinder(snapshot);

  const toExchange = (told: ToldExchange, totalMs: number): Exchange => {
    const [route, nearMiss, method, status, served, because, serve, fallback, refusal, request] = told;
    const exchange = new Exchange({
      ...requestFacts(request),
      ...{ method, startedAt: performance.now() - totalMs, route: routeOf(route) },
      decision: { serve, shadow: undefined, because, detail: '' },
    });
    exchange.nearMiss = nearMiss === null ? undefined : routeOf(nearMiss);
    exchange.status = status;
    exchange.served = served ?? undefined;
    exchange.fallback = fallback ?? undefined;
    exchange.refusal = refusal ?? undefined;
    if (request === null) return exchange;
    const [, , , , , user, key, entry, setsCookie] = request;
    exchange.identity = { user: user ?? undefined, key: key ?? undefined, scopes: [], roles: [] };
    exchange.entry = entry;
    exchange.setsCookie = setsCookie;
    return exchange;
  };

  const retell = (item: Item): void => {
    switch (item[0]) {
      case 'x': {
        const [, totalMs, told] = item;
        events.emit({ type: 'exchange-finished', exchange: toExchange(told, totalMs), totalMs });
        break;
      }
      case 'refused': {
        const [type, route, guard, code, mode, told] = item;
        const exchange = told === null ? {} : { exchange: toExchange(told, 0) };
        events.emit({ type, route: routeOf(route), guard, code, mode, ...exchange });
        break;
      }
      case 'answered': {
        const [, upstream, status, ms] = item;
        events.emit({ type: 'upstream-answered', upstream, status, ms });
        break;
      }
      case 'near-missed':
        events.emit({ type: 'near-missed', route: routeOf(item[1]) });
        break;
      case 'fell-back':
        events.emit({ type: 'fell-back', route: routeOf(item[1]), reason: item[2] });
        break;
      case 'crashed':
        events.emit({ type: 'crashed', error: item[1] });
        break;
      case 'event':
        events.emit(item[1]);
        break;
      case 'ended': {
        const { trial, kept } = item[1];
        const shadowing = snapshot()?.shadowings[named(trial.key.route)?.index ?? -1];
        // Of a route that is shadowed no more nobody asks any more.
        if (shadowing !== undefined) counting.count({ trial, kept }, shadowing);
        break;
      }
      case 'observed':
        addObserved(snapshot()?.services.observed, item[1]);
        break;
    }
  };

  return items => {
    for (const item of JSON.parse(items) as readonly Item[]) retell(item);
  };
}

interface RouteFinder {
  /** One of those that run. */
  named(name: string): RouteFacts | undefined;
  /** One that was in another stage then, or is there no more, is as it was told. */
  routeOf(told: ToldRoute): RouteFacts;
}

function createRouteFinder(snapshot: () => Snapshot | undefined): RouteFinder {
  let known: ReadonlyMap<string, RouteFacts> = new Map();
  let ofSnapshot: Snapshot | undefined;
  const named = (name: string): RouteFacts | undefined => {
    const current = snapshot();
    if (current !== ofSnapshot) {
      known = new Map(current?.routes.map(route => [route.name, route]));
      ofSnapshot = current;
    }
    return known.get(name);
  };
  return {
    named,
    routeOf([name, stage]) {
      const route = named(name);
      if (route?.stage === stage) return route;
      const { index, owner, data, service } = route ?? gone;
      return { name, index, owner, stage, data, service };
    },
  };
}

const gone = { index: Number.MAX_SAFE_INTEGER, owner: '', data: undefined, service: undefined };

const untold: ToldRequest = ['', '/', false, '', '', null, null, -1, false];

/** What every exchange has. Nobody in this process looks at the fields of a request: those stay where it was served. */
function requestFacts(request: ToldRequest | null) {
  const [id, raw, isOdd, address, peer] = request ?? untold;
  const mark = raw.indexOf('?');
  const target: Target = {
    raw,
    path: mark < 0 ? raw : raw.slice(0, mark),
    query: mark < 0 ? '' : raw.slice(mark),
    isOdd,
  };
  return {
    req: { headers: {}, rawHeaders: [], url: raw } as unknown as IncomingMessage,
    ...{ id, target, isOverridden: false, isUpgrade: false, traceparent: '' },
    client: { peer, trusted: false, address, proto: 'http' as const },
  };
}
