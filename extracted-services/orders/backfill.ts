import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { toInstant } from '../chassis/berlin-time.ts';
import { toCents } from './legacy-format.ts';
import type { Order } from './order.ts';
import type { Repository } from './repository.ts';

export interface BackfillOptions {
  /** The monolith's SQLite file; it is only read. */
  readonly from: string;
  /** Orders a transaction; default 500. */
  readonly pageSize?: number;
  /** Called after each page with the orders copied so far. May throw to stop; the next run goes on there. */
  readonly onPage?: (copied: number) => void;
}

/**
 * Copies the monolith's orders, and the names and prices around them, into this service's own store.
 * Resumable: each page is one transaction with its place in it. A run after a finished one copies what has
 * changed since. Not seen: rows that the monolith deletes. Returns the orders copied by this run.
 */
export async function backfill(repository: Repository, options: BackfillOptions): Promise<number> {
  const { from, pageSize = 500, onPage } = options;
  if (!existsSync(from)) throw new Error(`no database of the monolith at ${from}`);
  const legacy = new DatabaseSync(from, { readOnly: true, timeout: 5000 });
  try {
    copyAround(legacy, repository);
    const page = pageReader(legacy, pageSize);
    const before = repository.progress();
    let { updatedAt, orderId } = startOf(legacy, before);
    let copied = 0;
    for (;;) {
      const orders = page(updatedAt, orderId);
      const last = orders.at(-1);
      if (last) [updatedAt, orderId, copied] = [last.updated_at, last.order_id, copied + orders.length];
      const isFinished = orders.length < pageSize;
      repository.transaction(() => {
        for (const order of orders) repository.save(toOrder(order));
        repository.saveProgress({ updatedAt, orderId, copied: (before?.copied ?? 0) + copied, isFinished });
      });
      onPage?.(copied);
      if (isFinished) return copied;
      await setImmediate();
    }
  } finally {
    legacy.close();
  }
}

/**
 * Where to go on. A run that was cut off goes on exactly there. After a finished one it starts two hours earlier:
 * local time goes back by one hour each autumn, so a later change can carry an earlier time.
 */
function startOf(
  legacy: DatabaseSync,
  progress: { updatedAt: string; orderId: number; isFinished: boolean } | undefined,
): { updatedAt: string; orderId: number } {
  if (!progress) return { updatedAt: '', orderId: 0 };
  if (!progress.isFinished) return progress;
  const row = legacy.prepare("SELECT coalesce(datetime(?, '-2 hours'), '') AS at").get(progress.updatedAt);
  return { updatedAt: String(row?.at ?? ''), orderId: 0 };
}

/** A row of the monolith, with its lines. */
interface LegacyOrder {
  readonly order_id: number;
  readonly user_id: number;
  readonly full_name: string;
  readonly status: string;
  readonly payment_status: string;
  readonly currency: string;
  readonly net_total: string;
  readonly tax_total: string;
  readonly total: string;
  readonly placed_at: string;
  readonly updated_at: string;
  readonly lines: readonly LegacyLine[];
}

interface LegacyLine {
  readonly line_no: number;
  readonly product_id: number;
  readonly sku: string;
  readonly product_name: string;
  readonly quantity: number;
  readonly unit_price: string;
  readonly line_total: string;
}

function pageReader(legacy: DatabaseSync, pageSize: number) {
  const orders = legacy.prepare(
    `SELECT order_id, user_id, full_name, orders.status, payments.status AS payment_status, currency, net_total,
       tax_total, total, placed_at, updated_at
     FROM orders JOIN users USING (user_id) JOIN payments USING (order_id)
     WHERE (updated_at, order_id) > (?, ?) ORDER BY updated_at, order_id LIMIT ?`,
  );
  const lines = legacy.prepare(
    `SELECT line_no, product_id, sku, product_name, quantity, order_lines.unit_price, line_total
     FROM order_lines JOIN products USING (product_id) WHERE order_id = ? ORDER BY line_no`,
  );
  return (updatedAt: string, orderId: number): readonly LegacyOrder[] => {
    const rows = orders.all(updatedAt, orderId, pageSize) as unknown as Omit<LegacyOrder, 'lines'>[];
    return rows.map(row => ({ ...row, lines: lines.all(row.order_id) as unknown as LegacyLine[] }));
  };
}

const toOrder = (row: LegacyOrder): Order => ({
  id: row.order_id,
  userId: row.user_id,
  customerName: row.full_name,
  status: row.status,
  paymentStatus: row.payment_status,
  currency: row.currency,
  netCents: toCents(row.net_total),
  taxCents: toCents(row.tax_total),
  totalCents: toCents(row.total),
  placedAt: toInstant(row.placed_at),
  updatedAt: toInstant(row.updated_at),
  lines: row.lines.map(line => ({
    lineNo: line.line_no,
    productId: line.product_id,
    sku: line.sku,
    productName: line.product_name,
    quantity: line.quantity,
    unitCents: toCents(line.unit_price),
    lineCents: toCents(line.line_total),
  })),
});

/** Names and prices, which other domains own: all of them each time, they are few. */
function copyAround(legacy: DatabaseSync, repository: Repository): void {
  repository.transaction(() => {
    for (const row of legacy.prepare('SELECT user_id, full_name FROM users').all()) {
      repository.saveCustomer({ id: Number(row.user_id), name: String(row.full_name) });
    }
    for (const row of legacy
      .prepare('SELECT product_id, sku, product_name, unit_price FROM products')
      .all()) {
      repository.saveProduct({
        id: Number(row.product_id),
        sku: String(row.sku),
        name: String(row.product_name),
        cents: toCents(String(row.unit_price)),
      });
    }
  });
}
