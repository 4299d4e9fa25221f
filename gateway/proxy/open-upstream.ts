import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import { type Breaker, createBreaker, noBreaker } from './breaker.ts';
import { createBulkhead } from './bulkhead.ts';
import { createCredentials } from './credentials.ts';
import { Entrance } from './entrance.ts';
import { createHealth } from './health.ts';
import { createInstances } from './instances.ts';
import { createRetryBudget } from './retry-budget.ts';
import { type BreakerConfig, breaker as breakerSchema, type UpstreamConfig } from './schema.ts';
import type { OpenTransport, Upstream, UpstreamStatus } from './upstream.ts';

export interface UpstreamDeps {
  readonly events: Events;
  readonly clock: Clock;
  readonly openTransport: OpenTransport;
  /** Clients are served elsewhere: nobody is probed from here. Default false. */
  readonly isIdle?: boolean;
  /** Of the bounds of a gateway, that of this process; default 1. */
  readonly share?: number;
}

/**
 * Makes an upstream of its settings. Unless they say otherwise: 10 s to the head, the monolith 60 s; a breaker, the
 * monolith none; the service's own Host, the monolith the client's; nothing is retried; nothing bounds what is in
 * flight, since only those who run a service know its bound.
 */
export function openUpstream(
  name: string,
  config: UpstreamConfig,
  isMonolith: boolean,
  deps: UpstreamDeps,
): Upstream {
  const timeout = config.timeout ?? (isMonolith ? 60_000 : 10_000);
  const { clock, events } = deps;
  const connections = (config.urls ?? (config.url === undefined ? [] : [config.url])).map(origin => ({
    origin,
    authority: new URL(origin).host,
    transport: deps.openTransport(origin, { timeout, idle: config.idle, tls: config.tls }),
  }));
  const instances = createInstances(connections, clock, (type, instance, reason) =>
    events.emit({ type, upstream: name, instance: instance.origin, reason }),
  );
  const breaker = breakerOf(name, config, isMonolith, deps);
  const bulkhead = createBulkhead(boundOf(config, deps.share), clock);
  const retries = config.retry === undefined ? undefined : createRetryBudget(config.retry.budget, clock);
  const health =
    config.health === undefined || deps.isIdle === true
      ? undefined
      : createHealth(
          {
            path: config.health,
            tls: config.tls,
            instances: connections,
            report: (instance, why) => instances.testify(instance, 'probe', why),
          },
          clock,
        );
  const credentials =
    config.credentials === undefined ? undefined : createCredentials(name, config.credentials, deps);
  const entrance = new Entrance(name, { breaker, bulkhead, instances, retries, credentials });

  const close = async (): Promise<void> => {
    health?.close();
    await entrance.close();
    instances.close();
    await Promise.all([credentials?.close(), ...connections.map(({ transport }) => transport.close())]);
  };
  let closing: Promise<void> | undefined;

  return {
    name,
    isMonolith,
    config,
    timeout,
    idle: config.idle,
    hostPolicy: config.host ?? (isMonolith ? 'client' : 'service'),
    attempts: config.retry?.attempts ?? 1,
    hasCredentials: credentials !== undefined,
    enter: avoid => entrance.enter(avoid),
    instance() {
      const instance = instances.take(undefined);
      instances.give(instance, 'unknown');
      return instance;
    },
    authorization: () => credentials?.authorization(),
    takeRetry: () => retries?.take() ?? false,
    status: (): UpstreamStatus => ({
      name,
      breaker: breaker.state,
      inFlight: bulkhead.inFlight,
      queued: bulkhead.queued,
      openConnections: connections.reduce((sum, { transport }) => sum + transport.openConnections(), 0),
      instances: instances.status(),
    }),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

const boundOf = ({ concurrency = Number.POSITIVE_INFINITY }: UpstreamConfig, share = 1): number =>
  Math.max(1, Math.floor(concurrency * share));

function breakerOf(name: string, config: UpstreamConfig, isMonolith: boolean, deps: UpstreamDeps): Breaker {
  const settings: BreakerConfig | 'off' = config.breaker ?? (isMonolith ? 'off' : breakerSchema.parse({}));
  if (settings === 'off') return noBreaker;
  return createBreaker(settings, deps.clock, state => {
    deps.events.emit({ type: happened[state], upstream: name });
  });
}

const happened = {
  closed: 'breaker-closed',
  'half-open': 'breaker-half-opened',
  open: 'breaker-opened',
} as const;
