import { createAuthority, type IssuerOptions } from '../chassis/auth.ts';
import { type Clock, systemClock } from '../chassis/clock.ts';
import type { DatabaseOptions } from '../chassis/database/database.ts';
import { type BusOptions, openBus } from '../chassis/events/bus.ts';
import { createRelay } from '../chassis/events/outbox.ts';
import { createLog } from '../chassis/log.ts';
import { createMetrics } from '../chassis/metrics.ts';
import { createOutgoing, type OutgoingOptions } from '../chassis/outgoing.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { createAcquirer } from './acquirer.ts';
import { type CardNetwork, type CardNetworkOptions, startCardNetwork } from './card-network.ts';
import { createCashier } from './cashier.ts';
import { createEndpoints } from './endpoints.ts';
import { openapi } from './openapi.ts';
import { createSettler } from './settler.ts';
import { openRepository } from './sql-repository.ts';

export interface PaymentsOptions {
  readonly listen?: { readonly host: string; readonly port: number };
  readonly database?: Omit<DatabaseOptions, 'migrations' | 'schema'>;
  readonly bus: Pick<BusOptions, 'amqpUrl' | 'file' | 'prefix'>;
  readonly issuers: readonly IssuerOptions[];
  /** What is in the way of the network, and how the network behaves. */
  readonly network?: Pick<OutgoingOptions, 'timeout' | 'breaker'> & CardNetworkOptions;
  readonly tls?: Tls | undefined;
  readonly log?: (line: string) => void;
}

/** The service, and the card network that it brings along. */
export interface PaymentsService extends Service {
  readonly network: CardNetwork;
}

/** Starts the network, opens store and bus, settles what a crash left open, and listens. */
export async function startPayments(options: PaymentsOptions): Promise<PaymentsService> {
  const { listen = { host: '127.0.0.1', port: 0 }, database = {}, log = () => {} } = options;
  const { timeout = 2000, breaker = {}, ...behaviour } = options.network ?? {};
  const clock: Clock = behaviour.clock ?? systemClock;
  const write = createLog('payments', log);
  const onTrouble = (what: string): void => write('warn', what);
  // Closed in the opposite order, also where one of them cannot be opened.
  await using opened = new AsyncDisposableStack();
  const keep = <T extends { close(): void | Promise<void> }>(part: T): T =>
    opened.adopt(part, async () => part.close());
  const repository = keep(await openRepository({ ...database, schema: 'payments' }));
  const bus = keep(await openBus({ ...options.bus, onTrouble }));
  const network = keep(await startCardNetwork(behaviour));
  const outgoing = keep(createOutgoing({ name: 'card-network', baseUrl: network.url, timeout, breaker }));
  const acquirer = createAcquirer(outgoing);
  const cashier = createCashier(repository, acquirer, clock.wall);
  keep(createRelay({ database: repository.database, bus, onTrouble }));
  keep(createSettler({ repository, acquirer, cashier, clock, onTrouble }));
  const metrics = createMetrics();
  metrics.gauge('payments_card_network_breaker_state', {}, () => breakerStates.indexOf(outgoing.state()));
  const owned = opened.move();
  const service = await startService({
    name: 'payments',
    ...listen,
    endpoints: createEndpoints(repository, cashier),
    openapi,
    authority: createAuthority({ issuers: options.issuers, tls: options.tls }),
    metrics,
    tls: options.tls,
    log,
    onClose: () => owned.disposeAsync(),
  });
  return { ...service, network };
}

/** In the metric: 0, 1, 2. */
const breakerStates = ['closed', 'half-open', 'open'] as const;
