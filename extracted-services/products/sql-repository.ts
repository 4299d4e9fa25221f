import {
  type Database,
  type DatabaseOptions,
  openDatabase,
  type Queries,
} from '../chassis/database/database.ts';
import { handleOnce } from '../chassis/events/inbox.ts';
import { appendToOutbox } from '../chassis/events/outbox.ts';
import { migrations } from './migrations.ts';
import { type Product, pageSize, toSearchable } from './product.ts';
import type { ListQuery, Progress, Reading, Repository, Store } from './repository.ts';
import type { Reservation, ReservedLine } from './reservation.ts';

/** The service's database: a SQLite file, or the schema `products` of a PostgreSQL. */
export const openProductsDatabase = (options: Pick<DatabaseOptions, 'file' | 'url'>): Promise<Database> =>
  openDatabase({ ...options, schema: 'products', migrations });

/** The one implementation: its SQL runs on both. */
export const createRepository = (database: Database): Repository => ({
  ...readingOf(database),
  transaction: work => database.transaction(tx => work(storeOf(tx))),
  close: () => database.close(),
});

const columns = 'id, sku, name, category, description, "priceCents", stock';

const readingOf = (queries: Queries): Reading => ({
  find: id => queries.get<Product>(`SELECT ${columns} FROM products WHERE id = ?`, id),
  findMany: async ids =>
    ids.length === 0
      ? []
      : queries.all<Product>(
          `SELECT ${columns} FROM products WHERE id IN (${ids.map(() => '?').join(', ')}) ORDER BY id`,
          ...ids,
        ),
  list: query => list(queries, query),
  after: (id, limit) =>
    queries.all<Product>(`SELECT ${columns} FROM products WHERE id > ? ORDER BY id LIMIT ?`, id, limit),
  async reservation(id) {
    const head = await queries.get<Omit<Reservation, 'lines'>>(
      'SELECT id, state, "expiresAt" FROM reservations WHERE id = ?',
      id,
    );
    if (!head) return undefined;
    const lines = await queries.all<ReservedLine>(
      'SELECT "productId", quantity FROM reservation_lines WHERE "reservationId" = ? ORDER BY "productId"',
      id,
    );
    return { ...head, lines };
  },
  async due(now, limit) {
    const rows = await queries.all<{ id: string }>(
      `SELECT id FROM reservations WHERE state = 'held' AND "expiresAt" <= ? ORDER BY "expiresAt" LIMIT ?`,
      ...[now, limit],
    );
    return rows.map(row => row.id);
  },
  async progress() {
    const row = await queries.get<Omit<Progress, 'isFinished'> & { isFinished: number }>(
      'SELECT "after", copied, "isFinished" FROM backfill',
    );
    return row && { ...row, isFinished: row.isFinished === 1 };
  },
});

function list(queries: Queries, { search, category, page, order, matching }: ListQuery): Promise<Product[]> {
  const searched = toSearchable(search);
  const pattern = matching === 'literal' ? searched.replaceAll(/[\\%_]/g, '\\$&') : searched;
  const conditions = [
    ...(search === '' ? [] : [`"searchable" LIKE ?${matching === 'literal' ? " ESCAPE '\\'" : ''}`]),
    ...(category === '' ? [] : ['category = ?']),
  ];
  return queries.all<Product>(
    `SELECT ${columns} FROM products ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''}
     ORDER BY ${order === 'name' ? 'name, id' : 'id'} LIMIT ? OFFSET ?`,
    ...(search === '' ? [] : [`%${pattern}%`]),
    ...(category === '' ? [] : [category]),
    ...[pageSize, (page - 1) * pageSize],
  );
}

const storeOf = (tx: Queries): Store => ({
  ...readingOf(tx),
  async save({ id, sku, name, category, description, priceCents, stock }, legacyChange) {
    await tx.run(
      `INSERT INTO products (id, sku, name, "searchable", category, description, "priceCents", stock, "legacyChange")
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET sku = excluded.sku, name = excluded.name, "searchable" = excluded."searchable",
         category = excluded.category, description = excluded.description, "priceCents" = excluded."priceCents",
         stock = excluded.stock, "legacyChange" = excluded."legacyChange"`,
      ...[id, sku, name, toSearchable(name), category, description, priceCents, stock, legacyChange],
    );
  },
  async remove(id) {
    await tx.run('DELETE FROM products WHERE id = ?', id);
  },
  async legacyChangeOf(id) {
    const row = await tx.get<{ change: number }>(
      'SELECT "legacyChange" AS change FROM products WHERE id = ?',
      id,
    );
    return row?.change;
  },
  async addStock(id, change, least) {
    const sql = 'UPDATE products SET stock = stock + ? WHERE id = ? AND stock + ? >= ?';
    return (await tx.run(sql, change, id, change, least)).changes === 1;
  },
  async setPrice(id, cents) {
    await tx.run('UPDATE products SET "priceCents" = ? WHERE id = ?', cents, id);
  },
  async addReservation({ id, state, expiresAt, lines }, now) {
    await tx.run(
      'INSERT INTO reservations (id, state, "expiresAt", "madeAt") VALUES (?, ?, ?, ?)',
      ...[id, state, expiresAt, now],
    );
    for (const { productId, quantity } of lines) {
      await tx.run(
        'INSERT INTO reservation_lines ("reservationId", "productId", quantity) VALUES (?, ?, ?)',
        ...[id, productId, quantity],
      );
    }
  },
  async setState(id, state) {
    await tx.run('UPDATE reservations SET state = ? WHERE id = ?', state, id);
  },
  async forgetReservations(before) {
    const old = `SELECT id FROM reservations WHERE state <> 'held' AND "madeAt" < ?`;
    await tx.run(`DELETE FROM reservation_lines WHERE "reservationId" IN (${old})`, before);
    await tx.run(`DELETE FROM reservations WHERE id IN (${old})`, before);
  },
  async saveProgress({ after, copied, isFinished }) {
    await tx.run(
      `INSERT INTO backfill (id, "after", copied, "isFinished") VALUES (1, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET "after" = excluded."after", copied = excluded.copied,
         "isFinished" = excluded."isFinished"`,
      ...[after, copied, isFinished ? 1 : 0],
    );
  },
  tell: event => appendToOutbox(tx, event),
  once: (event, work) => handleOnce(tx, 'products', event, work),
});
