/**
 * Change capture: triggers write each change of a user, a product or an order into the outbox `change_log`, in the
 * transaction of the change, whoever makes it. Nothing in the shop's own code knows of it.
 */
import type { Database } from '../database.ts';

/** Rows that are kept; a reader that is further behind must take a snapshot. */
export const keptChanges = 10_000;

/** Columns of a payload, as `json_object` takes them. A password hash never leaves by this way. */
const columnsOf = (names: string, row: string): string =>
  names
    .split(' ')
    .map(name => `'${name}', ${row}.${name}`)
    .join(', ');

const userColumns = 'user_id email full_name city role created_at';
const productColumns = 'product_id sku product_name category description unit_price stock';
const orderColumns = 'order_id user_id status currency net_total tax_total total placed_at updated_at';
const lineColumns = 'line_no product_id sku product_name quantity unit_price line_total';

/** JSON of a user or a product, from a row of its table or a trigger's NEW. */
export const userJson = (row: string): string => `json_object(${columnsOf(userColumns, row)})`;
export const productJson = (row: string): string => `json_object(${columnsOf(productColumns, row)})`;

/** JSON of an order with its payment and its lines, from a row of `orders` joined to `payments`. */
export const orderJson = `json_object(${columnsOf(orderColumns, 'orders')},
  'customer_name', (SELECT full_name FROM users WHERE users.user_id = orders.user_id),
  'payment_status', payments.status, 'card_suffix', payments.card_suffix,
  'lines', (SELECT json_group_array(json_object(${columnsOf(lineColumns, 'sorted')})) FROM
    (SELECT order_lines.*, sku, product_name FROM order_lines JOIN products USING (product_id)
     WHERE order_lines.order_id = orders.order_id ORDER BY line_no) AS sorted))`;

const tables = `
CREATE TABLE IF NOT EXISTS change_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at TEXT NOT NULL,
  entity TEXT NOT NULL,
  key TEXT NOT NULL,
  op TEXT NOT NULL,
  payload TEXT
);
CREATE TABLE IF NOT EXISTS capture (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  -- 1 only inside a transaction that brings a change in from outside: it must not go out again.
  is_muted INTEGER NOT NULL,
  kept INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS applied_events (event TEXT PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO capture VALUES (1, 0, ${keptChanges}) ON CONFLICT DO NOTHING;
CREATE TRIGGER IF NOT EXISTS change_log_is_bounded AFTER INSERT ON change_log BEGIN
  DELETE FROM change_log WHERE id <= NEW.id - (SELECT kept FROM capture);
END;
`;

/** One trigger: `when` in words of SQL, and the values that go into the log. */
interface Trigger {
  readonly name: string;
  readonly when: string;
  readonly entity: 'users' | 'products' | 'orders';
  readonly op: 'insert' | 'update' | 'delete';
  readonly key: string;
  /** SQL of the payload: NULL for what is gone. */
  readonly payload: string;
}

const simple = (entity: 'users' | 'products', key: string, json: (row: string) => string): Trigger[] =>
  (['insert', 'update', 'delete'] as const).map(op => ({
    name: `${entity}_${op}_is_captured`,
    when: `AFTER ${op} ON ${entity}`,
    entity,
    op,
    key: op === 'delete' ? `OLD.${key}` : `NEW.${key}`,
    payload: op === 'delete' ? 'NULL' : json('NEW'),
  }));

/** Stock is a counter that others count too: an update says where it came from, so that a reader can add up. */
const productUpdate = `json_set(${productJson('NEW')}, '$.stock_before', OLD.stock)`;

/** An order begins to exist with its payment, which is written last; until then its rows are not told of. */
const orderTriggers = (
  [
    ['payments', 'insert', 'NEW'],
    ['payments', 'update', 'NEW'],
    ['orders', 'update', 'NEW'],
    ['order_lines', 'insert', 'NEW'],
    ['order_lines', 'update', 'NEW'],
    ['order_lines', 'delete', 'OLD'],
  ] as const
).map(
  ([table, op, row]): Trigger => ({
    name: `orders_by_${table}_${op}_is_captured`,
    when: `AFTER ${op} ON ${table}`,
    entity: 'orders',
    op: table === 'payments' && op === 'insert' ? 'insert' : 'update',
    key: `${row}.order_id`,
    payload: `(SELECT ${orderJson} FROM orders JOIN payments USING (order_id) WHERE order_id = ${row}.order_id)`,
  }),
);

const triggers: readonly Trigger[] = [
  ...simple('users', 'user_id', userJson),
  ...simple('products', 'product_id', productJson).map(trigger =>
    trigger.op === 'update' ? { ...trigger, payload: productUpdate } : trigger,
  ),
  ...orderTriggers,
  {
    name: 'orders_delete_is_captured',
    when: 'AFTER delete ON orders',
    entity: 'orders',
    op: 'delete',
    key: 'OLD.order_id',
    payload: 'NULL',
  },
];

const toSql = ({ name, when, entity, op, key, payload }: Trigger): string => `
CREATE TRIGGER IF NOT EXISTS ${name} ${when} WHEN (SELECT is_muted FROM capture) = 0 BEGIN
  INSERT INTO change_log (at, entity, key, op, payload)
  SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), '${entity}', ${key}, '${op}', made.payload
  FROM (SELECT ${payload} AS payload) AS made WHERE ${op === 'delete' ? 'true' : 'made.payload IS NOT NULL'};
END;`;

/** Lays out the log and its triggers. After the seed: what is there from the beginning is no change. */
export function captureChanges(database: Database, kept: number = keptChanges): void {
  database.script(tables + triggers.map(toSql).join(''));
  database.run('UPDATE capture SET kept = ?', kept);
}
