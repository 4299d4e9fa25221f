import { type Bus, openBus } from '../../extracted-services/chassis/events/bus.ts';
import type { Service } from '../../extracted-services/chassis/service.ts';
import {
  type NotificationsOptions,
  startNotifications,
} from '../../extracted-services/notifications/service.ts';
import { type BusPlace, openBusPlace } from './buses.ts';
import { type EmptyStore, openEmptyStore } from './databases.ts';
import { type Issuer, openIssuer } from './issuer.ts';

export interface Listed {
  readonly notification_id: number;
  readonly user_id: string;
  readonly event_type: string;
  readonly subject: string;
  readonly text: string;
  readonly mailed_at: string | null;
}

/** The notifications service on a free port, with a bus to tell it things by; all gone after use. */
export interface NotificationsWorld extends AsyncDisposable {
  readonly issuer: Issuer;
  readonly place: BusPlace;
  readonly bus: Bus;
  readonly service: Service;
  readonly log: readonly string[];
  /** As the person 7, unless `claims` says otherwise. */
  ask(query?: string, claims?: object): Promise<{ status: number; body: Page }>;
  list(query?: string, claims?: object): Promise<readonly Listed[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export interface Page {
  readonly notifications: readonly Listed[];
  readonly next?: number;
  readonly code?: string;
}

export async function openNotifications(
  store: EmptyStore['kind'] = 'sqlite',
  bus: 'embedded' | 'rabbit' = 'embedded',
): Promise<NotificationsWorld> {
  const issuer = await openIssuer();
  const empty = await openEmptyStore(store);
  const place = await openBusPlace(bus);
  const log: string[] = [];
  const options: NotificationsOptions = {
    database: empty.options,
    bus: place.options,
    issuers: [{ issuer: issuer.url, jwksUrl: issuer.jwks, audience: 'shop' }],
    log: line => log.push(line),
  };
  let service = await startNotifications(options);
  const publisher = await openBus(place.options);

  const ask: NotificationsWorld['ask'] = async (query = '', claims = {}) => {
    const token = issuer.token({ sub: '7', scope: 'notifications:read', roles: ['customer'], ...claims });
    const headers = { authorization: `Bearer ${token}` };
    const answer = await fetch(`${service.url}/v1/notifications${query}`, { headers });
    return { status: answer.status, body: (await answer.json()) as Page };
  };
  return {
    issuer,
    place,
    bus: publisher,
    get service() {
      return service;
    },
    log,
    ask,
    list: async (query, claims) => (await ask(query, claims)).body.notifications,
    stop: () => service.close(),
    async start() {
      service = await startNotifications(options);
    },
    async [Symbol.asyncDispose]() {
      await service.close();
      await publisher.close();
      await place[Symbol.asyncDispose]();
      await empty[Symbol.asyncDispose]();
      await issuer[Symbol.asyncDispose]();
    },
  };
}
