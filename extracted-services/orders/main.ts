/**
 * Starts the orders service, or fills its store with `main.ts backfill`. What it reads of the environment is in
 * docs/estate.md.
 */
import { orExit, runService } from '../chassis/run.ts';
import { readSettings } from '../chassis/settings.ts';
import { backfill } from './backfill.ts';
import { unknownOrders } from './endpoints.ts';
import { startOrders } from './service.ts';
import { openRepository } from './sqlite-repository.ts';

const settings = readSettings(process.env);
const database = settings.text('ORDERS_DATABASE', 'data/orders.db');
const backfillFrom = settings.optional('ORDERS_BACKFILL_FROM');

if (process.argv[2] === 'backfill') await orExit('orders', fill);
else {
  await runService('orders', async () =>
    startOrders({
      ...settings.listen('ORDERS_LISTEN', '127.0.0.1:4103'),
      database,
      unknownOrder: settings.oneOf('ORDERS_UNKNOWN', unknownOrders, 'as-legacy'),
      ...(backfillFrom !== undefined && { backfillFrom }),
      log: line => console.log(line),
    }),
  );
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
