import { type Clock, systemClock } from '../chassis/clock.ts';
import { type BusOptions, openBus } from '../chassis/events/bus.ts';
import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import { createLog } from '../chassis/log.ts';
import { createMetrics } from '../chassis/metrics.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { createConnector } from './connector.ts';
import { openPlaceKeeper } from './place.ts';

export interface ChangeCaptureOptions {
  readonly listen?: { readonly host: string; readonly port: number };
  /** Where its place is kept: a SQLite file or a PostgreSQL; in memory if neither is named. */
  readonly database?: { readonly file?: string; readonly url?: string };
  readonly bus: Omit<BusOptions, 'clock' | 'onTrouble'>;
  /** The connector closes it. */
  readonly legacy: LegacyFeed;
  /** Milliseconds that the monolith is asked to wait for a change. */
  readonly wait?: number;
  readonly tls?: Tls | undefined;
  readonly clock?: Clock;
  readonly log?: (line: string) => void;
}

const openapi = {
  openapi: '3.1.0',
  info: {
    title: 'Change capture',
    version: '1.0.0',
    description: 'Publishes legacy.*.changed.v1; it answers probes and metrics alone.',
  },
  paths: {},
};

/** Begins to publish what the monolith changes, and answers probes. It is ready while both sides of it answer. */
export async function startChangeCapture(options: ChangeCaptureOptions): Promise<Service> {
  const { clock = systemClock, log: write = () => {}, legacy, wait, tls } = options;
  const log = createLog('change-capture', write);
  const metrics = createMetrics();
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => legacy.close());
  try {
    const keeper = await openPlaceKeeper(options.database ?? {});
    cleanup.defer(() => keeper.close());
    const bus = await openBus({ ...options.bus, clock, onTrouble: what => log('warn', what) });
    cleanup.defer(() => bus.close());
    const connector = createConnector({
      ...{ legacy, bus, keeper, clock, log, metrics },
      ...(wait !== undefined && { wait }),
    });
    cleanup.defer(() => connector.close());
    return await startService({
      name: 'change-capture',
      ...options.listen,
      endpoints: [],
      openapi,
      ...{ metrics, tls, log: write },
      isReady: () => connector.isHealthy(),
      onClose: () => cleanup.disposeAsync(),
    });
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}
