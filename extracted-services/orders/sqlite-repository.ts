import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { OrderLine } from './order.ts';
import type { Customer, OrderSummary, Product, Progress, Remembered, Repository } from './repository.ts';

/** Below are the monolith's ids: the two never give the same number to different orders. */
const firstOwnId = 1_000_000;

const tables = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL, customer_name TEXT NOT NULL, status TEXT NOT NULL,
  payment_status TEXT NOT NULL, currency TEXT NOT NULL, net_cents INTEGER NOT NULL, tax_cents INTEGER NOT NULL,
  total_cents INTEGER NOT NULL, placed_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS orders_by_user ON orders (user_id, id);
CREATE TABLE IF NOT EXISTS order_lines (
  order_id INTEGER NOT NULL REFERENCES orders ON DELETE CASCADE, line_no INTEGER NOT NULL,
  product_id INTEGER NOT NULL, sku TEXT NOT NULL, product_name TEXT NOT NULL, quantity INTEGER NOT NULL,
  unit_cents INTEGER NOT NULL, line_cents INTEGER NOT NULL, PRIMARY KEY (order_id, line_no)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS customers (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS products (
  id INTEGER PRIMARY KEY, sku TEXT NOT NULL, name TEXT NOT NULL, cents INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS idempotency_keys (
  key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, order_id INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS backfill (
  id INTEGER PRIMARY KEY CHECK (id = 1), updated_at TEXT NOT NULL, order_id INTEGER NOT NULL,
  copied INTEGER NOT NULL, is_finished INTEGER NOT NULL
);
`;

const columns = `id, user_id AS userId, customer_name AS customerName, status, payment_status AS paymentStatus,
  currency, net_cents AS netCents, tax_cents AS taxCents, total_cents AS totalCents, placed_at AS placedAt,
  updated_at AS updatedAt`;
const lineColumns = `line_no AS lineNo, product_id AS productId, sku, product_name AS productName, quantity,
  unit_cents AS unitCents, line_cents AS lineCents`;

/** Opens the store in `file`, or in memory for `:memory:`. */
export function openRepository(file: string): Repository {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
  const sqlite = new DatabaseSync(file, { timeout: 5000 });
  sqlite.exec(tables);
  const sql = prepareOnce(sqlite);
  const find: Repository['find'] = id => {
    const summary = sql.first<OrderSummary>(`SELECT ${columns} FROM orders WHERE id = ?`, id);
    if (!summary) return undefined;
    const lines = `SELECT ${lineColumns} FROM order_lines WHERE order_id = ? ORDER BY line_no`;
    return { ...summary, lines: sql.all<OrderLine>(lines, id) };
  };
  return {
    find: id => find(id),
    after: (id, limit) =>
      sql
        .all<{ id: number }>('SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT ?', id, limit)
        .flatMap(row => find(row.id) ?? []),
    list: filter =>
      sql.all<OrderSummary>(
        `SELECT ${columns} FROM orders
         WHERE (?1 IS NULL OR user_id = ?1) AND (?2 IS NULL OR status = ?2) AND (?3 IS NULL OR id < ?3)
         ORDER BY id DESC LIMIT ?4`,
        ...[filter.userId ?? null, filter.status ?? null, filter.before ?? null, filter.limit],
      ),
    save(order) {
      sql.run('DELETE FROM order_lines WHERE order_id = ?', order.id);
      sql.run(
        'INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[order.id, order.userId, order.customerName, order.status, order.paymentStatus, order.currency],
        ...[order.netCents, order.taxCents, order.totalCents, order.placedAt, order.updatedAt],
      );
      for (const line of order.lines) {
        sql.run(
          'INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          ...[order.id, line.lineNo, line.productId, line.sku, line.productName, line.quantity],
          ...[line.unitCents, line.lineCents],
        );
      }
    },
    nextId: () =>
      sql.first<{ id: number }>('SELECT max(coalesce(max(id) + 1, 0), ?) AS id FROM orders', firstOwnId)
        ?.id ?? firstOwnId,
    customer: id => sql.first<Customer>('SELECT * FROM customers WHERE id = ?', id),
    product: id => sql.first<Product>('SELECT * FROM products WHERE id = ?', id),
    saveCustomer: ({ id, name }) => sql.run('INSERT OR REPLACE INTO customers VALUES (?, ?)', id, name),
    saveProduct: ({ id, sku, name, cents }) =>
      sql.run('INSERT OR REPLACE INTO products VALUES (?, ?, ?, ?)', id, sku, name, cents),
    recall: key =>
      sql.first<Remembered>(
        'SELECT body_hash AS bodyHash, order_id AS orderId FROM idempotency_keys WHERE key = ?',
        key,
      ),
    remember: (key, { bodyHash, orderId }) =>
      sql.run('INSERT INTO idempotency_keys VALUES (?, ?, ?)', key, bodyHash, orderId),
    progress() {
      const row = sql.first<Omit<Progress, 'isFinished'> & { isFinished: number }>(
        `SELECT updated_at AS updatedAt, order_id AS orderId, copied, is_finished AS isFinished FROM backfill`,
      );
      return row && { ...row, isFinished: row.isFinished === 1 };
    },
    saveProgress: ({ updatedAt, orderId, copied, isFinished }) =>
      sql.run(
        'INSERT OR REPLACE INTO backfill VALUES (1, ?, ?, ?, ?)',
        ...[updatedAt, orderId, copied, isFinished ? 1 : 0],
      ),
    transaction(work) {
      sqlite.exec('BEGIN IMMEDIATE');
      try {
        const done = work();
        sqlite.exec('COMMIT');
        return done;
      } catch (error) {
        sqlite.exec('ROLLBACK');
        throw error;
      }
    },
    close: () => sqlite.close(),
  };
}

/** Typed access to statements that are each prepared once. */
function prepareOnce(sqlite: DatabaseSync) {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known) return known;
    const made = sqlite.prepare(sql);
    statements.set(sql, made);
    return made;
  };
  return {
    all: <Row>(sql: string, ...values: SQLInputValue[]) => prepared(sql).all(...values) as unknown as Row[],
    first: <Row>(sql: string, ...values: SQLInputValue[]) =>
      prepared(sql).get(...values) as unknown as Row | undefined,
    run(sql: string, ...values: SQLInputValue[]): void {
      prepared(sql).run(...values);
    },
  };
}
