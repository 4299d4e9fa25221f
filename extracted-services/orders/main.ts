/**
 * Starts the orders service, or fills its store with `main.ts backfill`. What it reads of the environment is in
 * docs/estate.md.
 */
import { backfill } from './backfill.ts';
import { type UnknownOrder, unknownOrders } from './endpoints.ts';
import { startOrders } from './service.ts';
import { openRepository } from './sqlite-repository.ts';

const {
  ORDERS_LISTEN: listen = '127.0.0.1:4103',
  ORDERS_DATABASE: database = 'data/orders.db',
  ORDERS_BACKFILL_FROM: backfillFrom,
  ORDERS_UNKNOWN: unknown = 'as-legacy',
} = process.env;

try {
  await (process.argv[2] === 'backfill' ? fill() : serve());
} catch (error) {
  console.error(`orders: ${describe(error)}`);
  process.exit(3);
}

async function serve(): Promise<void> {
  const colon = listen.lastIndexOf(':');
  const service = await startOrders({
    host: listen.slice(0, colon),
    port: Number(listen.slice(colon + 1)),
    database,
    unknownOrder: toUnknownOrder(unknown),
    ...(backfillFrom !== undefined && { backfillFrom }),
    log: line => console.log(line),
  });
  console.log(
    JSON.stringify({
      time: new Date().toISOString(),
      level: 'info',
      service: 'orders',
      msg: 'listening',
      url: service.url,
    }),
  );
  const stop = async (): Promise<void> => {
    await service.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

async function fill(): Promise<void> {
  const from = backfillFrom ?? 'data/legacy.db';
  const repository = openRepository(database);
  try {
    const copied = await backfill(repository, { from });
    console.log(`copied ${copied} orders from ${from} to ${database}`);
  } finally {
    repository.close();
  }
}

function toUnknownOrder(text: string): UnknownOrder {
  const known = unknownOrders.find(value => value === text);
  if (known) return known;
  throw new Error(`ORDERS_UNKNOWN: expected ${unknownOrders.join(' or ')}, got ${text}`);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  return isTaken ? `the port of ${listen} is in use; ORDERS_LISTEN names another` : error.message;
}
