import { openDatabase } from '../chassis/database/database.ts';
import { type BusOptions, openBus } from '../chassis/events/bus.ts';
import { inboxMigration } from '../chassis/events/inbox.ts';
import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import { createLog } from '../chassis/log.ts';
import { createMetrics } from '../chassis/metrics.ts';
import type { Outgoing } from '../chassis/outgoing.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { handlers } from './handle.ts';

export interface AntiCorruptionOptions {
  readonly listen?: { readonly host: string; readonly port: number };
  /** A SQLite file or a PostgreSQL; in memory if neither is named. */
  readonly database?: { readonly file?: string; readonly url?: string };
  readonly bus: Omit<BusOptions, 'onTrouble'>;
  /** Both are closed with it. */
  readonly legacy: LegacyFeed;
  readonly orders: Outgoing;
  /** Milliseconds to the second attempt of an event; the default is the bus's. */
  readonly backoff?: number;
  readonly tls?: Tls | undefined;
  readonly log?: (line: string) => void;
}

const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Anti-corruption layer',
    version: '1.0.0',
    description: 'Writes what services change into the monolith; it answers probes and metrics alone.',
  },
  paths: {},
};

/** Begins to carry what services change into the monolith's tables, and answers probes. Ready once it is subscribed. */
export async function startAntiCorruption(options: AntiCorruptionOptions): Promise<Service> {
  const { log: write = () => {}, legacy, orders, backoff, tls } = options;
  const log = createLog('anti-corruption', write);
  const metrics = createMetrics();
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => legacy.close());
  cleanup.defer(() => orders.close());
  let isSubscribed = false;
  try {
    const database = await openDatabase({
      ...options.database,
      schema: 'anti_corruption',
      migrations: [inboxMigration],
    });
    cleanup.defer(() => database.close());
    const bus = await openBus({ ...options.bus, onTrouble: what => log('warn', what) });
    cleanup.defer(() => bus.close());
    const subscription = bus.subscribe({
      group: 'anti-corruption',
      types: Object.keys(handlers),
      // One at a time: the monolith has one writer, and changes of one subject come in their order.
      prefetch: 1,
      async handle(event) {
        await handlers[event.type]?.({ legacy, orders, database }, event);
        metrics.count('anti_corruption_events_total', { type: event.type });
      },
      ...(backoff !== undefined && { backoff }),
    });
    cleanup.defer(() => subscription.close());
    subscription.ready.then(
      () => {
        isSubscribed = true;
      },
      () => {},
    );
    return await startService({
      name: 'anti-corruption',
      ...options.listen,
      endpoints: [],
      openapi,
      ...{ metrics, tls, log: write },
      isReady: () => isSubscribed,
      onClose: () => cleanup.disposeAsync(),
    });
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}
