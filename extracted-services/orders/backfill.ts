import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { newTrace } from '../chassis/trace.ts';
import { fromLegacyOrder, toCents } from './legacy-format.ts';
import { apply } from './order-log.ts';
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
 * Copies the monolith's orders into events of this service's own, and the names and prices around them. Resumable: each
 * page is one transaction with its place in it. A run after a finished one copies what has changed since; what change
 * capture has brought already, and is newer, stays. Not seen: rows that the monolith deletes. Returns the orders read.
 */
export async function backfill(repository: Repository, options: BackfillOptions): Promise<number> {
  const { from, pageSize = 500, onPage } = options;
  if (!existsSync(from)) throw new Error(`no database of the monolith at ${from}`);
  const legacy = new DatabaseSync(from, { readOnly: true, timeout: 5000 });
  try {
    await copyAround(legacy, repository);
    const page = pageReader(legacy, pageSize);
    const before = await repository.progress();
    let { updatedAt, orderId } = startOf(legacy, before);
    let copied = 0;
    for (;;) {
      const { orders, change } = page(updatedAt, orderId);
      const last = orders.at(-1);
      if (last) [updatedAt, orderId, copied] = [last.updated_at, last.order_id, copied + orders.length];
      const isFinished = orders.length < pageSize;
      const progress = { updatedAt, orderId, copied: (before?.copied ?? 0) + copied, isFinished };
      await repository.transaction(async store => {
        for (const row of orders) {
          const command = { kind: 'take-snapshot', change, order: fromLegacyOrder({ ...row }) } as const;
          await apply(store, row.order_id, command, { now: Date.now(), trace: newTrace(), lease: nobody });
        }
        await store.saveProgress(progress);
      });
      onPage?.(copied);
      if (isFinished) return copied;
      await setImmediate();
    }
  } finally {
    legacy.close();
    await projectAll(repository);
  }
}

/** Of sagas that this begins: none. */
const nobody = { owner: 'backfill', until: 0 };

async function projectAll({ readModel }: Repository): Promise<void> {
  while ((await readModel.project(500)) > 0);
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

interface LegacyRow {
  readonly order_id: number;
  readonly updated_at: string;
}

interface Page {
  readonly orders: readonly LegacyRow[];
  /** The change of the monolith's that the rows are at least as new as. */
  readonly change: number;
}

function pageReader(legacy: DatabaseSync, pageSize: number): (updatedAt: string, orderId: number) => Page {
  const change = legacy.prepare(
    "SELECT coalesce(max(seq), 0) AS last FROM sqlite_sequence WHERE name = 'change_log'",
  );
  const orders = legacy.prepare(
    `SELECT order_id, user_id, full_name AS customer_name, orders.status, payments.status AS payment_status, currency,
       net_total, tax_total, total, placed_at, updated_at
     FROM orders JOIN users USING (user_id) JOIN payments USING (order_id)
     WHERE (updated_at, order_id) > (?, ?) ORDER BY updated_at, order_id LIMIT ?`,
  );
  const lines = legacy.prepare(
    `SELECT line_no, product_id, sku, product_name, quantity, order_lines.unit_price, line_total
     FROM order_lines JOIN products USING (product_id) WHERE order_id = ? ORDER BY line_no`,
  );
  return (updatedAt, orderId) => {
    legacy.exec('BEGIN');
    try {
      const last = Number(change.get()?.last);
      const rows = orders.all(updatedAt, orderId, pageSize) as unknown as LegacyRow[];
      return { change: last, orders: rows.map(row => ({ ...row, lines: lines.all(row.order_id) })) };
    } finally {
      legacy.exec('COMMIT');
    }
  };
}

/** Names and prices, which other domains own: all of them each time, they are few. Any event is newer. */
async function copyAround(legacy: DatabaseSync, repository: Repository): Promise<void> {
  const users = legacy.prepare('SELECT user_id, full_name FROM users').all();
  const products = legacy.prepare('SELECT product_id, sku, product_name, unit_price FROM products').all();
  await repository.transaction(async store => {
    for (const row of users) {
      await store.saveCustomer({ id: Number(row.user_id), name: String(row.full_name) }, '');
    }
    for (const row of products) {
      const [sku, name] = [String(row.sku), String(row.product_name)];
      const cents = toCents(String(row.unit_price));
      await store.saveProduct({ id: Number(row.product_id), sku, name, cents }, '');
    }
  });
}
