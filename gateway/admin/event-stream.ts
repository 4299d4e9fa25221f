import type { ServerResponse } from 'node:http';
import type { Clock } from '../core/clock.ts';
import type { Events, GatewayEvent } from '../core/events.ts';
import { gatherComparisons } from './comparison-counts.ts';
import { AdminRefusal } from './problems.ts';

/** Streams at once; a further one is refused. */
export const streamBound = 32;
/** Bytes that a slow reader may be behind before it is cut off. */
const backlogBound = 64 * 1024;
/** A comment after so much silence keeps proxies from closing the stream. */
const heartbeat = 15_000;

/** What is told on the stream: what happens to the gateway, never what a client asked for. */
export const told = [
  'config-loaded',
  'config-refused',
  'breaker-opened',
  'breaker-half-opened',
  'breaker-closed',
  'instance-ejected',
  'instance-restored',
  'route-moved',
  'route-held',
  'route-released',
  'tripwire-tripped',
  'store-failed',
  'store-restored',
  'holds-degraded',
  'holds-restored',
  'worker-started',
  'worker-lost',
  'drain-began',
  'drain-ended',
] as const satisfies readonly GatewayEvent['type'][];

/** Server-sent events for the page and for scripts. */
export interface EventStream {
  /** Keeps the answer open until the reader goes, or is too slow. */
  open(res: ServerResponse): void;
}

export function createEventStream(events: Events, clock: Clock): EventStream {
  const readers = new Set<ServerResponse>();
  let lastId = 0;
  let stopBeating = () => {};

  function send(text: string): void {
    for (const res of readers) {
      if (res.writableLength > backlogBound) res.destroy();
      else res.write(text);
    }
  }

  function beat(): void {
    send(': still here\n\n');
    stopBeating = clock.after(heartbeat, beat);
  }

  function tell(name: string, fields: object): void {
    if (readers.size === 0) return;
    lastId += 1;
    const time = new Date(clock.wall()).toISOString();
    send(`id: ${lastId}\nevent: ${name}\ndata: ${JSON.stringify({ time, ...fields })}\n\n`);
  }

  for (const type of told) events.on(type, ({ type: name, ...fields }) => tell(name, fields));
  gatherComparisons(
    { events, clock },
    {
      isThere: () => readers.size > 0,
      tell: (route, counts) => tell('comparisons-counted', { route, counts }),
    },
  );

  return {
    open(res) {
      if (readers.size >= streamBound)
        throw new AdminRefusal(
          'too-many-listeners',
          `${streamBound} event streams are open, no more are served`,
        );
      res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      res.write(': open\n\n');
      readers.add(res);
      if (readers.size === 1) stopBeating = clock.after(heartbeat, beat);
      res.once('close', () => {
        readers.delete(res);
        if (readers.size === 0) stopBeating();
      });
    },
  };
}
