import {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type Queries,
} from '../chassis/database/database.ts';
import { handleOnce } from '../chassis/events/inbox.ts';
import { appendToOutbox } from '../chassis/events/outbox.ts';
import { appendEvents, count, loadStream } from './event-table.ts';
import { migrations } from './migrations.ts';
import type { Customer, Product, Progress, Remembered, Repository, Sagas, Store } from './repository.ts';
import { createReadModel } from './sql-read-model.ts';

export const openOrdersDatabase = (where: Pick<DatabaseOptions, 'file' | 'url'>): Promise<Database> =>
  openDatabase({ ...where, schema: 'orders', migrations });

/** The one repository over both dialects. It closes the database. */
export const createRepository = (database: Database): Repository => ({
  load: id => loadStream(database, id),
  transaction: work => database.transaction(tx => work(storeOf(tx))),
  readModel: createReadModel(database),
  sagas: createSagas(database),
  async progress() {
    const row = await database.get<Omit<Progress, 'isFinished'> & { isFinished: number }>(
      'SELECT "orderId", copied, "isFinished" FROM backfill',
    );
    return row && { ...row, isFinished: row.isFinished === 1 };
  },
  close: () => database.close(),
});

const createSagas = (database: Database): Sagas => ({
  claim: (owner, now, until) =>
    database.transaction(async tx => {
      const rows = await tx.all<{ orderId: number }>(
        'UPDATE sagas SET owner = ?, "heldUntil" = ? WHERE "heldUntil" < ? RETURNING "orderId"',
        ...[owner, until, now],
      );
      return rows.map(({ orderId }) => orderId);
    }),
  async renew(id, owner, until) {
    const sql = 'UPDATE sagas SET "heldUntil" = ? WHERE "orderId" = ? AND owner = ?';
    return (await database.run(sql, until, id, owner)).changes === 1;
  },
  async letGo(owner) {
    await database.run('UPDATE sagas SET "heldUntil" = 0 WHERE owner = ?', owner);
  },
  async count() {
    return (await database.get<{ n: number }>('SELECT count(*) AS n FROM sagas'))?.n ?? 0;
  },
});

/** How long a key is known, in milliseconds: 30 days. */
const keysLiveFor = 30 * 24 * 3_600_000;

const storeOf = (tx: Queries): Store => ({
  load: id => loadStream(tx, id),
  append: (id, expected, events) => appendEvents(tx, id, expected, events),
  nextId: () => count(tx, 'order', 1),
  customer: id => tx.get<Customer>('SELECT id, name FROM customers WHERE id = ?', id),
  product: id => tx.get<Product>('SELECT id, sku, name, cents FROM products WHERE id = ?', id),
  async saveCustomer({ id, name }, asOf) {
    await tx.run(
      `INSERT INTO customers (id, name, "asOf") VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, "asOf" = excluded."asOf"
       WHERE excluded."asOf" >= customers."asOf"`,
      ...[id, name, asOf],
    );
  },
  async saveProduct({ id, sku, name, cents }, asOf) {
    await tx.run(
      `INSERT INTO products (id, sku, name, cents, "asOf") VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET sku = excluded.sku, name = excluded.name, cents = excluded.cents,
         "asOf" = excluded."asOf" WHERE excluded."asOf" >= products."asOf"`,
      ...[id, sku, name, cents, asOf],
    );
  },
  recall: key => tx.get<Remembered>('SELECT fingerprint, "orderId" FROM idempotency_keys WHERE key = ?', key),
  async remember(key, { fingerprint, orderId }, at) {
    const old = new Date(Date.parse(at) - keysLiveFor).toISOString();
    await tx.run('DELETE FROM idempotency_keys WHERE at < ?', old);
    await tx.run(
      'INSERT INTO idempotency_keys (key, fingerprint, "orderId", at) VALUES (?, ?, ?, ?)',
      ...[key, fingerprint, orderId, at],
    );
  },
  async saveProgress({ orderId, copied, isFinished }) {
    await tx.run(
      `INSERT INTO backfill (id, "orderId", copied, "isFinished") VALUES (1, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET "orderId" = excluded."orderId", copied = excluded.copied,
         "isFinished" = excluded."isFinished"`,
      ...[orderId, copied, isFinished ? 1 : 0],
    );
  },
  async setSaga(id, lease) {
    if (!lease) return void (await tx.run('DELETE FROM sagas WHERE "orderId" = ?', id));
    await tx.run(
      `INSERT INTO sagas ("orderId", owner, "heldUntil") VALUES (?, ?, ?)
       ON CONFLICT ("orderId") DO UPDATE SET owner = excluded.owner, "heldUntil" = excluded."heldUntil"`,
      ...[id, lease.owner, lease.until],
    );
  },
  tell: event => appendToOutbox(tx, event),
  async once(event, work) {
    await handleOnce(tx, 'orders', event, work);
  },
});
