import { type Authority, createAuthority, type IssuerOptions } from '../chassis/auth.ts';
import { type Clock, systemClock } from '../chassis/clock.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../chassis/database/database.ts';
import type { Bus } from '../chassis/events/bus.ts';
import { createRelay } from '../chassis/events/outbox.ts';
import { audience } from '../chassis/issuers.ts';
import type { JsonWebKeySet } from '../chassis/key-source.ts';
import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import { createLog, type Log } from '../chassis/log.ts';
import { type Service, type ServiceOptions, startService } from '../chassis/service.ts';
import { createAccounts } from './accounts.ts';
import { type AttemptBounds, createAttempts } from './attempts.ts';
import { backfill } from './backfill.ts';
import { type ClientAddress, createClientAddress } from './client-address.ts';
import { registerClients } from './clients.ts';
import { createEndpoints } from './endpoints.ts';
import { createKeyRing } from './key-ring.ts';
import { followLegacy } from './legacy-changes.ts';
import { migrations } from './migrations.ts';
import { openapi } from './openapi.ts';
import { type Cost, createPasswords } from './passwords.ts';
import type { Repository } from './repository.ts';
import { createSessions } from './sessions.ts';
import { toRepository } from './sql-repository.ts';
import { createTokens } from './tokens.ts';

export interface UsersOptions extends Pick<ServiceOptions, 'host' | 'tls' | 'log'> {
  /** Default 4101; 0 takes a free one. */
  readonly port?: number;
  /** Default: SQLite in memory. */
  readonly store?: Pick<DatabaseOptions, 'file' | 'url'>;
  /** Where events go; without one they wait in the outbox. The caller closes it. */
  readonly bus?: Bus;
  /**
   * The monolith: a store that is not filled yet is filled from it before it listens, and with a bus its changes are taken
   * over from then on. The service closes it.
   */
  readonly legacy?: LegacyFeed | undefined;
  readonly tokens?: TokenOptions;
  readonly guard?: GuardOptions;
  readonly clock?: Clock;
}

export interface TokenOptions {
  /** `iss` of its tokens; default its own address. */
  readonly issuer?: string;
  /** Others whose tokens it takes, beside its own. */
  readonly others?: readonly IssuerOptions[];
  /** Milliseconds after which a signing key is replaced; default a day. */
  readonly keyAge?: number;
  /** Secrets of clients by id. */
  readonly clients?: Readonly<Record<string, string>>;
}

export interface GuardOptions {
  /** Proxies whose `X-Forwarded-For` is believed; default loopback, where the gateway is. */
  readonly trust?: readonly string[];
  readonly bounds?: AttemptBounds;
  readonly passwordCost?: Cost;
}

export const defaultTrust = ['127.0.0.0/8', '::1'];
const day = 86_400_000;

/** A store with today's tables, which its close closes. */
export const openUsersDatabase = (store: UsersOptions['store'] = {}): Promise<Database> =>
  openDatabase({ ...store, schema: 'users', migrations });

/** Fills the store if need be, and listens. Rejects if the port is taken or there is nothing to fill from. */
export async function startUsers(options: UsersOptions = {}): Promise<Service> {
  const { bus, legacy } = options;
  const clientAddress = createClientAddress(options.guard?.trust ?? defaultTrust);
  const log = createLog('users', options.log ?? (() => {}));
  const cleanup = new AsyncDisposableStack();
  cleanup.defer(() => legacy?.close());
  try {
    const database = await openUsersDatabase(options.store);
    cleanup.defer(() => database.close());
    const repository = toRepository(database);
    await registerClients(repository, options.tokens?.clients ?? {});
    if (legacy) await takeOver(repository, { legacy, bus, cleanup });
    const relay = bus && createRelay({ database, bus, onTrouble: what => log('warn', what) });
    cleanup.defer(() => relay?.close());
    return await listen(options, { repository, clientAddress, log, onClose: () => cleanup.disposeAsync() });
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

interface Legacy {
  readonly legacy: LegacyFeed;
  readonly bus: Bus | undefined;
  readonly cleanup: AsyncDisposableStack;
}

/** The monolith's users: what changes from now on, and once all that there are. */
async function takeOver(repository: Repository, { legacy, bus, cleanup }: Legacy): Promise<void> {
  const subscription = bus && followLegacy(bus, { repository, legacy });
  cleanup.defer(() => subscription?.close());
  if ((await repository.progress.get())?.isFinished) return;
  // What changes while the rows are copied waits in the group, which therefore has to be there first.
  await subscription?.ready;
  await backfill(repository, { legacy });
}

interface Parts {
  readonly repository: Repository;
  readonly clientAddress: ClientAddress;
  readonly log: Log;
  readonly onClose: () => Promise<void>;
}

async function listen(options: UsersOptions, parts: Parts): Promise<Service> {
  const { clock = systemClock, port = 4101, tls, guard, tokens = {} } = options;
  const { repository } = parts;
  let issuer = tokens.issuer ?? '';
  const ring = createKeyRing(repository, { clock, maxAge: tokens.keyAge ?? day });
  const attempts = createAttempts(repository, { clock, bounds: guard?.bounds });
  const passwords = createPasswords(guard?.passwordCost);
  const jwks = (): Promise<JsonWebKeySet> => ring.published();
  const service = await startService({
    ...{ name: 'users', port, tls, openapi, onClose: parts.onClose },
    ...(options.host !== undefined && { host: options.host }),
    ...(options.log !== undefined && { log: options.log }),
    authority: whenAsked(() =>
      createAuthority({ issuers: [{ issuer, audience, jwks }, ...(tokens.others ?? [])], clock, tls }),
    ),
    endpoints: createEndpoints({
      ...{ repository, ring, attempts, clientAddress: parts.clientAddress, log: parts.log },
      accounts: createAccounts({ repository, passwords, attempts, clock }),
      sessions: createSessions(repository, clock),
      tokens: createTokens({ ring, clock, issuer: () => issuer }),
    }),
  });
  issuer ||= service.url;
  return service;
}

/** An authority made with the first token: on a free port the issuer's name is known late. */
function whenAsked(create: () => Authority): Authority {
  let authority: Authority | undefined;
  return {
    identify(authorization) {
      authority ??= create();
      return authority.identify(authorization);
    },
    close: () => authority?.close(),
  };
}
