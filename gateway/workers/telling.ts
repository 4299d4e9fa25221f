import type { Ended } from '../compare/recorder.ts';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Exchange } from '../core/exchange.ts';
import type { Snapshot } from '../snapshot.ts';
import { createObservedTelling } from './observed-telling.ts';
import { type Item, plainEvents, toMicroseconds, toToldExchange, toToldRoute } from './told.ts';

/** Milliseconds that what was seen waits for company, and items that do not. */
const longestWait = 200;
const batch = 500;
/** Items that wait while the other process is slow; beyond, they are not told, and counted. */
const room = 50_000;

/** A worker's half of the gateway's memory: what it has seen, told in batches to the process that remembers. */
export interface Telling {
  ended(ended: Ended): void;
  /** Hands over all that waits, whether or not there is room on the way. */
  flush(): void;
  close(): void;
}

export interface TellingDeps {
  readonly events: Events;
  readonly clock: Clock;
  readonly snapshot: () => Snapshot | undefined;
  /** Sends JSON of `Item`s. */
  send(items: string): void;
  /** So many items were not told. */
  sendUntold(items: number): void;
  /** Whether what was sent before is still on its way. */
  isBehind(): boolean;
}

export function createTelling({ events, clock, snapshot, ...way }: TellingDeps): Telling {
  let items: Item[] = [];
  let untold = 0;
  let isWaiting = false;
  let cancel = (): void => {};
  const observed = createObservedTelling(() => snapshot()?.services.observed);

  const flush = (): void => {
    cancel();
    isWaiting = false;
    items.push(...observed.take());
    if (untold > 0) way.sendUntold(untold);
    untold = 0;
    for (let at = 0; at < items.length; at += batch) way.send(JSON.stringify(items.slice(at, at + batch)));
    items = [];
  };

  const wait = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    cancel = clock.after(longestWait, () => {
      isWaiting = false;
      if (way.isBehind()) wait();
      else flush();
    });
  };

  const tell = (item: Item): void => {
    if (items.length >= room) {
      untold++;
      return;
    }
    items.push(item);
    if (items.length >= batch && !way.isBehind()) flush();
    else wait();
  };

  const isAskedFor = ({ route, decision }: Exchange): boolean =>
    route.index === 0 || (decision.serve === 'service' && snapshot()?.tripwires.has(route.name) === true);

  const stops = [
    events.on('exchange-finished', ({ exchange, totalMs }) =>
      tell(['x', toMicroseconds(totalMs), toToldExchange(exchange, isAskedFor(exchange))]),
    ),
    events.on('refused', ({ route, guard, code, mode, exchange }) =>
      tell([
        'refused',
        toToldRoute(route),
        guard,
        code,
        mode,
        exchange === undefined ? null : toToldExchange(exchange, true),
      ]),
    ),
    events.on('upstream-answered', ({ upstream, status, ms }) =>
      tell(['answered', upstream, status, toMicroseconds(ms)]),
    ),
    events.on('near-missed', ({ route }) => tell(['near-missed', toToldRoute(route)])),
    events.on('fell-back', ({ route, reason }) => tell(['fell-back', toToldRoute(route), reason])),
    events.on('crashed', ({ error }) =>
      tell(['crashed', error instanceof Error ? (error.stack ?? error.message) : String(error)]),
    ),
    ...plainEvents.map(type => events.on(type, event => tell(['event', event]))),
  ];

  return {
    ended: ended => tell(['ended', ended]),
    flush,
    close() {
      for (const stop of stops) stop();
      flush();
    },
  };
}
