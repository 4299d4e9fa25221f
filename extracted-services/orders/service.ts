import type { Authority } from '../chassis/auth.ts';
import { type Clock, systemClock } from '../chassis/clock.ts';
import { type Bus, type BusOptions, openBus, type Subscription } from '../chassis/events/bus.ts';
import { createRelay } from '../chassis/events/outbox.ts';
import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import { createLog, type Log } from '../chassis/log.ts';
import { createMetrics, type Metrics } from '../chassis/metrics.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { backfill } from './backfill.ts';
import { type ConsumeOptions, handlers } from './consume.ts';
import { createEndpoints } from './endpoints.ts';
import { openapi } from './openapi.ts';
import type { FarSides } from './perform.ts';
import { createProjector, type Projector } from './projector.ts';
import type { Repository } from './repository.ts';
import { createSagaRunner, type SagaRunner, type SagaTiming } from './saga-runner.ts';
import { createRepository, openOrdersDatabase } from './sql-repository.ts';
import { asLegacy, type Switches } from './switches.ts';

export interface OrdersOptions {
  readonly listen?: { readonly host: string; readonly port: number };
  /** A SQLite file or a PostgreSQL; in memory if neither is named. */
  readonly database?: { readonly file?: string; readonly url?: string };
  readonly bus: Omit<BusOptions, 'clock' | 'onTrouble'>;
  /** The service closes it. `off` asks nobody for a token: for loopback alone. */
  readonly authority: Authority | 'off';
  /** Products and payments. The service closes them. */
  readonly sides: FarSides;
  /** The monolith, from which a store that is not filled yet is filled before it listens. The service closes it. */
  readonly legacy?: LegacyFeed | undefined;
  readonly more?: OrdersMore;
}

export interface OrdersMore {
  readonly switches?: Switches;
  /** This process among several on one store, the same after a restart; default `orders`. */
  readonly instance?: string;
  /** Milliseconds that placing waits for the end of its saga; default 1,500. */
  readonly answerWithin?: number;
  readonly timing?: SagaTiming;
  readonly tls?: Tls | undefined;
  readonly clock?: Clock;
  readonly log?: (line: string) => void;
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/;

/**
 * Fills the store if need be, goes on with what a crash left, and listens. Rejects with a message where there is nothing
 * to fill from, and for `off` on an address that others reach.
 */
export async function startOrders(options: OrdersOptions): Promise<Service> {
  const { listen = { host: '127.0.0.1', port: 0 }, authority, sides } = options;
  const { tls, clock = systemClock, log: write = () => {}, switches = asLegacy } = options.more ?? {};
  const { answerWithin = 1500 } = options.more ?? {};
  const log = createLog('orders', write);
  const metrics = createMetrics();
  const cleanup = new AsyncDisposableStack();
  if (authority !== 'off') cleanup.defer(() => authority.close());
  for (const side of [sides.stock, sides.payments]) cleanup.defer(() => side.close());
  cleanup.defer(() => options.legacy?.close());
  try {
    if (authority === 'off' && !loopback.test(listen.host)) {
      throw new Error(`ORDERS_AUTH: off is for loopback alone, and it listens on ${listen.host}`);
    }
    showBreakers(metrics, sides);
    const parts = await openParts(options, { clock, log, metrics, cleanup });
    return await startService({
      name: 'orders',
      ...listen,
      endpoints: createEndpoints({
        ...{ ...parts, switches, answerWithin, legacy: options.legacy, now: () => clock.wall() },
        auth: authority === 'off' ? 'off' : 'on',
      }),
      openapi,
      ...(authority !== 'off' && { authority }),
      ...{ metrics, tls, log: write },
      onClose: () => cleanup.disposeAsync(),
    });
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

/** In the metric: 0, 1, 2. */
const breakerStates = ['closed', 'half-open', 'open'] as const;

function showBreakers(metrics: Metrics, { stock, payments }: FarSides): void {
  for (const [upstream, side] of Object.entries({ products: stock, payments })) {
    metrics.gauge('orders_breaker_state', { upstream }, () => breakerStates.indexOf(side.state()));
  }
}

interface Around {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Closes what was opened, the last first. */
  readonly cleanup: AsyncDisposableStack;
}

interface Parts {
  readonly repository: Repository;
  readonly runner: SagaRunner;
  readonly projector: Projector;
}

/** The store, the bus, and what runs between them. */
async function openParts(options: OrdersOptions, { clock, log, metrics, cleanup }: Around): Promise<Parts> {
  const { sides, legacy, more: { instance: owner = 'orders', timing = {} } = {} } = options;
  const onTrouble = (what: string): void => log('warn', what);
  const database = await openOrdersDatabase(options.database ?? {});
  cleanup.defer(() => database.close());
  const bus = await openBus({ ...options.bus, clock, onTrouble });
  cleanup.defer(() => bus.close());
  const relay = createRelay({ database, bus, clock, onTrouble });
  cleanup.defer(() => relay.close());
  const stored = createRepository(database);
  const projector = createProjector(stored.readModel, { clock, onTrouble });
  cleanup.defer(() => projector.close());
  const repository = waking(stored, () => {
    relay.wake();
    projector.catchUp().catch(error => onTrouble(`read model: ${String(error)}`));
  });
  // What this process had before a crash is nobody's now.
  await repository.sagas.letGo(owner);
  const runner = createSagaRunner({ repository, sides, owner, timing, clock, log, metrics });
  cleanup.defer(() => runner.close());
  const consume: ConsumeOptions = {
    ...{ repository, payments: sides.payments },
    occasion: trace => ({ now: clock.wall(), trace, lease: runner.lease() }),
    onSaga: (id, trace) => runner.run(id, { card: undefined, trace }),
  };
  const subscription = subscribe(bus, consume);
  cleanup.defer(() => subscription.close());
  await readyOrLate(subscription, clock);
  if (legacy && !(await repository.progress())?.isFinished) {
    // What changes while the rows are copied waits in the group, which therefore has to be there first.
    await subscription.ready;
    await backfill(repository, { legacy });
  }
  return { repository, runner, projector };
}

/** What is told from then on waits for this service. A broker that is away is waited for in the background. */
async function readyOrLate({ ready }: Subscription, clock: Clock): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(longestWait, resolve);
  await Promise.race([ready, late]);
  cancel();
}

/** Milliseconds. */
const longestWait = 5000;

const subscribe = (bus: Bus, options: ConsumeOptions) =>
  bus.subscribe({
    group: 'orders',
    types: Object.keys(handlers),
    handle: async event => handlers[event.type]?.(options, event),
    attempts: 10,
  });

/** The repository whose events are told and projected after each transaction, and not a moment later. */
const waking = (repository: Repository, wake: () => void): Repository => ({
  ...repository,
  async transaction(work) {
    const done = await repository.transaction(work);
    wake();
    return done;
  },
});
