import type { Shop } from '../shop.ts';
import { orderJson, productJson, userJson } from './change-capture.ts';

export const entities = ['users', 'products', 'orders'] as const;
export type Entity = (typeof entities)[number];

/** One row of the log. `payload` is the entity after the change in the monolith's own format, null if it is gone. */
export interface Change {
  readonly id: number;
  /** ISO 8601 in UTC: the log is younger than the shop's habits. */
  readonly at: string;
  readonly entity: Entity;
  readonly key: string;
  readonly op: 'insert' | 'update' | 'delete';
  readonly payload: Readonly<Record<string, unknown>> | null;
}

/** The ids that the log holds; both 0 while it is empty. */
export interface LogRange {
  readonly first: number;
  readonly last: number;
}

export const logRange = (shop: Shop): LogRange => {
  const row = shop.database.first<LogRange>(
    'SELECT coalesce(min(id), 0) AS first, coalesce(max(id), 0) AS last FROM change_log',
  );
  return row ?? { first: 0, last: 0 };
};

/** Changes after the one with this id, in the order in which they were committed. */
export const changesAfter = (shop: Shop, after: number, limit: number): readonly Change[] =>
  shop.database
    .all<Omit<Change, 'payload'> & { payload: string | null }>(
      'SELECT id, at, entity, key, op, payload FROM change_log WHERE id > ? ORDER BY id LIMIT ?',
      ...[after, limit],
    )
    .map(row => ({ ...row, payload: row.payload === null ? null : JSON.parse(row.payload) }));

const pages: Readonly<Record<Entity, string>> = {
  users: `SELECT user_id AS key, ${userJson('users')} AS payload FROM users WHERE user_id > ? ORDER BY user_id LIMIT ?`,
  products: `SELECT product_id AS key, ${productJson('products')} AS payload FROM products
    WHERE product_id > ? ORDER BY product_id LIMIT ?`,
  orders: `SELECT order_id AS key, ${orderJson} AS payload FROM orders JOIN payments USING (order_id)
    WHERE order_id > ? ORDER BY order_id LIMIT ?`,
};

/** One entity as it is now, in the form of a change's payload. */
export interface Row {
  readonly key: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Rows after this key, in the order of keys. */
export const rowsAfter = (shop: Shop, entity: Entity, after: number, limit: number): readonly Row[] =>
  shop.database
    .all<{ key: number; payload: string }>(pages[entity], after, limit)
    .map(({ key, payload }) => ({ key, payload: JSON.parse(payload) }));

/** The password hashes of a page of users, by id: for the one service that takes logins over. */
export const hashesOf = (shop: Shop, rows: readonly Row[]): readonly Row[] =>
  rows.map(({ key, payload }) => ({
    key,
    payload: {
      ...payload,
      ...shop.database.first<object>('SELECT password_hash FROM users WHERE user_id = ?', key),
    },
  }));
