/**
 * Starts the orders service; `main.ts backfill` fills its store from the monolith's, `main.ts rebuild` makes its read model
 * anew. What it reads of the environment is in docs/services/orders.md: beside what stands here the stores
 * (ORDERS_DATABASE, DATABASE_URL, BUS_DATABASE, AMQP_URL), the monolith (LEGACY_URL, LEGACY_INTERNAL_TOKEN), the issuers
 * and the switches.
 */
import { hostname } from 'node:os';
import { createAuthority } from '../chassis/auth.ts';
import { createClientCredentials } from '../chassis/client-credentials.ts';
import { readIssuers } from '../chassis/issuers.ts';
import { readLegacyFeed, requireLegacyFeed } from '../chassis/legacy/read-feed.ts';
import { createLog } from '../chassis/log.ts';
import { createOutgoing, type Outgoing } from '../chassis/outgoing.ts';
import { orExit, runService } from '../chassis/run.ts';
import type { Service } from '../chassis/service.ts';
import { type Listen, readSettings } from '../chassis/settings.ts';
import { readBus, readDatabase } from '../chassis/stores.ts';
import { watchSwitches } from '../chassis/switch-file.ts';
import { readTls, type Tls } from '../chassis/tls.ts';
import { backfill } from './backfill.ts';
import { createPayments } from './payments.ts';
import type { FarSides } from './perform.ts';
import { rebuild } from './rebuild.ts';
import { startOrders } from './service.ts';
import { createRepository, openOrdersDatabase } from './sql-repository.ts';
import { createStockOverGrpc } from './stock-grpc.ts';
import { createStockOverRest } from './stock-rest.ts';
import { readSwitches } from './switches.ts';

const settings = readSettings(process.env);
/** One slow card, asked again and again, is not yet a far side that is down. */
const breaker = { minimum: 8 };

switch (process.argv[2]) {
  case undefined:
    await runService('orders', serve);
    break;
  case 'backfill':
    await orExit('orders', fill);
    break;
  case 'rebuild':
    await orExit('orders', makeAnew);
    break;
  default:
    console.error(`orders: expected backfill, rebuild or nothing, got ${process.argv[2]}`);
    process.exit(3);
}

async function serve(): Promise<Service> {
  const listen = settings.listen('ORDERS_LISTEN', '127.0.0.1:4103');
  const tls = await readTls(settings.optional('MTLS_DIR'), 'orders');
  const auth = settings.oneOf('ORDERS_AUTH', ['on', 'off'], 'on');
  const answerWithin = settings.integer('ORDERS_ANSWER_WITHIN', { min: 0, max: 30_000, fallback: 1500 });
  const file = settings.optional('ORDERS_SWITCHES');
  const log = createLog('orders', line => console.log(line));
  return startOrders({
    listen,
    database: readDatabase(settings, 'orders'),
    bus: readBus(settings),
    authority: auth === 'off' ? 'off' : createAuthority({ issuers: readIssuers(settings), tls }),
    sides: farSides(tls),
    legacy: readLegacyFeed(settings),
    more: {
      ...{ switches: watchSwitches({ file, env: process.env, log }, readSwitches), tls, answerWithin },
      instance: settings.text('ORDERS_INSTANCE', hostname()),
      log: line => console.log(line),
    },
  });
}

/** With ORDERS_CLIENT_SECRET it asks with a token of its own; without it products and payments refuse. */
function farSides(tls: Tls | undefined): FarSides {
  const isKnown = settings.optional('ORDERS_CLIENT_SECRET') !== undefined;
  const credentials = isKnown
    ? createClientCredentials({
        tokenUrl: `${settings.url('USERS_URL', 'http://127.0.0.1:4101')}/oauth/token`,
        clientId: 'orders',
        clientSecret: settings.secret('ORDERS_CLIENT_SECRET'),
        scope: 'stock:reserve payments:read payments:write',
        tls,
      })
    : undefined;
  const shared = { tls, ...(credentials && { token: () => credentials.token() }) };
  const outgoing = (name: string, baseUrl: string, timeout: number): Outgoing =>
    createOutgoing({ name, baseUrl, timeout, breaker, ...shared });
  const isRest = settings.oneOf('ORDERS_STOCK_PROTOCOL', ['grpc', 'rest'], 'grpc') === 'rest';
  const products = settings.url('PRODUCTS_URL', 'http://127.0.0.1:4102');
  const grpc = settings.listen('PRODUCTS_GRPC', '127.0.0.1:4152');
  const stock = isRest
    ? createStockOverRest(outgoing('products', products, 2000))
    : createStockOverGrpc({ address: toAddress(grpc), breaker, ...shared });
  // Payments gives the card network two seconds.
  const payments = createPayments(
    outgoing('payments', settings.url('PAYMENTS_URL', 'http://127.0.0.1:4104'), 5000),
  );
  return {
    stock,
    payments: {
      ...payments,
      close() {
        payments.close();
        credentials?.close();
      },
    },
  };
}

function toAddress({ host, port }: Listen): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function fill(): Promise<void> {
  const legacy = requireLegacyFeed(settings);
  const repository = createRepository(await openOrdersDatabase(readDatabase(settings, 'orders')));
  try {
    console.log(`read ${await backfill(repository, { legacy })} orders of the monolith`);
  } finally {
    legacy.close();
    await repository.close();
  }
}

async function makeAnew(): Promise<void> {
  const repository = createRepository(await openOrdersDatabase(readDatabase(settings, 'orders')));
  try {
    console.log(`made the read model anew from ${await rebuild(repository)} events`);
  } finally {
    await repository.close();
  }
}
