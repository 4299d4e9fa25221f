import { openBus } from '../../extracted-services/chassis/events/bus.ts';
import type { CloudEvent, EventType } from '../../extracted-services/chassis/events/cloud-event.ts';
import {
  type PaymentsOptions,
  type PaymentsService,
  startPayments,
} from '../../extracted-services/payments/service.ts';
import { type BusPlace, openBusPlace } from './buses.ts';
import { type EmptyStore, openEmptyStore } from './databases.ts';
import { type Issuer, openIssuer } from './issuer.ts';

/** The payments service on a free port, with an issuer, a store and a bus of its own; all gone after use. */
export interface PaymentsWorld extends AsyncDisposable {
  readonly issuer: Issuer;
  readonly store: EmptyStore;
  readonly bus: BusPlace;
  /** The service that runs now. */
  readonly service: PaymentsService;
  /** Lines of its log, in all its lives. */
  readonly log: readonly string[];
  /** Events that others were told, oldest first. */
  readonly told: readonly CloudEvent[];
  /** As the orders service, unless `claims` says otherwise. */
  ask(method: string, path: string, more?: Ask): Promise<Answer>;
  /** Ends the service and starts another one on the same store and bus. */
  restart(options?: Partial<PaymentsOptions>): Promise<void>;
}

export interface Ask {
  readonly json?: unknown;
  readonly key?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // What the service answers is looked at by the tests, field by field.
  readonly body: Readonly<Record<string, unknown>>;
}

const told: readonly EventType[] = [
  ...(['payment.authorised.v1', 'payment.captured.v1', 'payment.declined.v1'] as const),
  'payment.refunded.v1',
];

export async function openPayments(
  options: Partial<PaymentsOptions> = {},
  kind: EmptyStore['kind'] = 'sqlite',
): Promise<PaymentsWorld> {
  const issuer = await openIssuer();
  const store = await openEmptyStore(kind);
  const place = await openBusPlace('embedded');
  const log: string[] = [];
  const events: CloudEvent[] = [];
  const listener = await openBus(place.options);
  const handle = async (event: CloudEvent): Promise<void> => void events.push(event);
  await listener.subscribe({ group: 'mail', types: told, handle }).ready;

  const start = (more: Partial<PaymentsOptions>): Promise<PaymentsService> =>
    startPayments({
      database: store.options,
      bus: place.options,
      issuers: [{ issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' }],
      log: line => log.push(line),
      ...options,
      ...more,
    });
  let service = await start({});
  return {
    issuer,
    store,
    bus: place,
    log,
    told: events,
    get service() {
      return service;
    },
    async ask(method, path, { json, key, claims = {} } = {}) {
      const token = issuer.token({
        sub: 'service:orders',
        client_id: 'orders',
        scope: 'payments:write payments:read',
        ...claims,
      });
      const answer = await fetch(service.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(key !== undefined && { 'idempotency-key': key }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      const body = (await answer.json()) as Readonly<Record<string, unknown>>;
      return { status: answer.status, headers: answer.headers, body };
    },
    async restart(more = {}) {
      await service.close();
      service = await start(more);
    },
    async [Symbol.asyncDispose]() {
      await service.close();
      await listener.close();
      await place[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}
