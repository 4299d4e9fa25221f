import { createAuthority, type IssuerOptions } from '../chassis/auth.ts';
import { type Clock, systemClock } from '../chassis/clock.ts';
import type { DatabaseOptions } from '../chassis/database/database.ts';
import { type BusOptions, openBus } from '../chassis/events/bus.ts';
import { createLog } from '../chassis/log.ts';
import { createMetrics } from '../chassis/metrics.ts';
import { type Service, startService } from '../chassis/service.ts';
import type { Tls } from '../chassis/tls.ts';
import { consume } from './consume.ts';
import { createEndpoints } from './endpoints.ts';
import { listenedTo } from './messages.ts';
import { openapi } from './openapi.ts';
import { openRepository } from './sql-repository.ts';

export interface NotificationsOptions {
  readonly listen?: { readonly host: string; readonly port: number };
  readonly database?: Omit<DatabaseOptions, 'migrations' | 'schema'>;
  readonly bus: Pick<BusOptions, 'amqpUrl' | 'file' | 'prefix'>;
  readonly issuers: readonly IssuerOptions[];
  readonly clock?: Clock;
  readonly tls?: Tls | undefined;
  readonly log?: (line: string) => void;
}

/** Opens the store, subscribes to what is news for people, and listens. A broker that is away is waited for meanwhile. */
export async function startNotifications(options: NotificationsOptions): Promise<Service> {
  const { listen = { host: '127.0.0.1', port: 0 }, database = {}, log = () => {} } = options;
  const { clock = systemClock } = options;
  const write = createLog('notifications', log);
  const onTrouble = (what: string): void => write('warn', what);
  const metrics = createMetrics();
  // Closed in the opposite order, also where one of them cannot be opened.
  await using opened = new AsyncDisposableStack();
  const keep = <T extends { close(): Promise<void> }>(part: T): T => opened.adopt(part, each => each.close());
  const repository = keep(await openRepository({ ...database, schema: 'notifications' }));
  const bus = keep(await openBus({ ...options.bus, clock, onTrouble }));
  const { ready } = bus.subscribe({
    group: 'notifications',
    types: listenedTo,
    async handle(event) {
      const isNew = await consume(repository, event, new Date(clock.wall()).toISOString());
      metrics.count('notifications_events_total', { type: event.type, outcome: isNew ? 'new' : 'repeated' });
    },
  });
  // On the embedded bus the group exists at once; a broker may come later.
  if (options.bus.amqpUrl === undefined) await ready;
  else ready.catch(error => onTrouble(String(error)));
  const owned = opened.move();
  return startService({
    name: 'notifications',
    ...listen,
    endpoints: createEndpoints(repository),
    openapi,
    authority: createAuthority({ issuers: options.issuers, tls: options.tls }),
    metrics,
    tls: options.tls,
    log,
    onClose: () => owned.disposeAsync(),
  });
}
