import type { Authority } from '../chassis/auth.ts';
import { type Clock, systemClock } from '../chassis/clock.ts';
import { type Bus, type BusOptions, openBus, type Subscription } from '../chassis/events/bus.ts';
import { createRelay, type Relay } from '../chassis/events/outbox.ts';
import { startGrpc } from '../chassis/grpc-server.ts';
import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import { createLog, type Log } from '../chassis/log.ts';
import { createMetrics } from '../chassis/metrics.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { backfill } from './backfill.ts';
import { createEndpoints } from './endpoints.ts';
import { createStockService } from './grpc.ts';
import { applyLegacyChange } from './legacy-changes.ts';
import { openapi } from './openapi.ts';
import type { Repository } from './repository.ts';
import { createReservationEndpoints } from './reservation-endpoints.ts';
import { createRepository, openProductsDatabase } from './sql-repository.ts';
import { createSweeper } from './sweeper.ts';
import { asLegacy, type Switches } from './switches.ts';

export interface ProductsOptions {
  readonly listen?: { readonly host: string; readonly port: number };
  readonly grpcListen?: { readonly host: string; readonly port: number };
  /** A SQLite file or a PostgreSQL; in memory if neither is named. */
  readonly database?: { readonly file?: string; readonly url?: string };
  readonly bus: Omit<BusOptions, 'clock' | 'onTrouble'>;
  /** The service closes it. */
  readonly authority: Authority;
  /** The monolith, to be filled from before it listens; without it the store is what it is. The service closes it. */
  readonly legacy?: LegacyFeed | undefined;
  readonly more?: ProductsMore;
}

export interface ProductsMore {
  readonly switches?: Switches;
  readonly tls?: Tls | undefined;
  readonly clock?: Clock;
  readonly log?: (line: string) => void;
}

export interface ProductsService extends Service {
  /** `host:port` of gRPC. */
  readonly grpcAddress: string;
}

const nowhere = { host: '127.0.0.1', port: 0 };

/** Fills the store if need be, and listens on both ports; `listen` and `grpcListen` take free ones by default. */
export async function startProducts(options: ProductsOptions): Promise<ProductsService> {
  const { switches = asLegacy, tls, clock = systemClock, log: write = () => {} } = options.more ?? {};
  const log = createLog('products', write);
  const metrics = createMetrics();
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => options.authority.close());
  cleanup.defer(() => options.legacy?.close());
  try {
    const { repository, now } = await openParts(options, { clock, log, cleanup });
    const grpc = await startGrpc({
      ...(options.grpcListen ?? nowhere),
      service: createStockService({ repository, now }),
      authority: options.authority,
      ...{ log, metrics, tls },
    });
    cleanup.defer(() => grpc.close());
    const service = await startService({
      name: 'products',
      ...(options.listen ?? nowhere),
      endpoints: [
        ...createEndpoints({ repository, switches }),
        ...createReservationEndpoints({ repository, now }),
      ],
      openapi,
      authority: options.authority,
      ...{ metrics, tls, log: write },
      onClose: () => cleanup.disposeAsync(),
    });
    return { ...service, grpcAddress: grpc.address };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

interface Around {
  readonly clock: Clock;
  readonly log: Log;
  /** Closes what was opened, the last first. */
  readonly cleanup: AsyncDisposableStack;
}

/** The store, the bus, and what runs between them. */
async function openParts(
  { database: where = {}, bus: busOptions, legacy }: ProductsOptions,
  { clock, log, cleanup }: Around,
): Promise<{ repository: Repository; now: () => number }> {
  const onTrouble = (what: string): void => log('warn', what);
  const database = await openProductsDatabase(where);
  cleanup.defer(() => database.close());
  const bus = await openBus({ ...busOptions, clock, onTrouble });
  cleanup.defer(() => bus.close());
  const relay = createRelay({ database, bus, clock, onTrouble });
  cleanup.defer(() => relay.close());
  const repository = wakingRelay(createRepository(database), relay);
  const subscription = subscribe(bus, repository);
  cleanup.defer(() => subscription.close());
  if (legacy && !(await repository.progress())?.isFinished) {
    // What changes while the rows are copied waits in the group, which therefore has to be there first.
    await subscription.ready;
    await backfill(repository, { legacy });
  }
  const sweeper = createSweeper(repository, { clock, log });
  cleanup.defer(() => sweeper.close());
  return { repository, now: () => clock.wall() };
}

const subscribe = (bus: Bus, repository: Repository): Subscription =>
  bus.subscribe({
    group: 'products',
    types: ['legacy.product.changed.v1'],
    handle: event => applyLegacyChange(repository, event),
    // One at a time: changes of one product come in their order.
    prefetch: 1,
  });

/** The repository whose outbox is looked into after each transaction, and not a moment later. */
const wakingRelay = (repository: Repository, relay: Relay): Repository => ({
  ...repository,
  async transaction(work) {
    const done = await repository.transaction(work);
    relay.wake();
    return done;
  },
});
