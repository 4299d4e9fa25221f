import { findUser } from './accounts.ts';
import { findProduct, returnStock, takeStock } from './catalogue.ts';
import { toLocal } from './local-time.ts';
import { taxWithin, toCents, toMoney } from './money.ts';
import { notify } from './notifications.ts';
import { charge, refund } from './payments.ts';
import { firstForeignId, type Shop, ShopError } from './shop.ts';

/** One row of the history, and of the JSON list. */
export interface OrderSummary {
  readonly order_id: number;
  readonly user_id: number;
  readonly customer_name: string;
  readonly status: string;
  readonly payment_status: string;
  readonly currency: string;
  readonly net_total: string;
  readonly tax_total: string;
  readonly total: string;
  readonly placed_at: string;
  readonly updated_at: string;
}

export interface OrderLine {
  readonly line_no: number;
  readonly product_id: number;
  readonly sku: string;
  readonly product_name: string;
  readonly quantity: number;
  readonly unit_price: string;
  readonly line_total: string;
}

export interface Order extends OrderSummary {
  readonly lines: readonly OrderLine[];
}

export interface WantedLine {
  readonly product_id: number;
  readonly quantity: number;
}

/** The join that makes the monolith one: orders, users and payments at once. */
const summaries = `SELECT order_id, user_id, full_name AS customer_name, orders.status, payments.status AS payment_status,
  currency, net_total, tax_total, total, placed_at, updated_at
  FROM orders JOIN users USING (user_id) JOIN payments USING (order_id)`;

export function findOrder(shop: Shop, id: number): Order | undefined {
  const summary = shop.database.first<OrderSummary>(`${summaries} WHERE order_id = ?`, id);
  return summary && { ...summary, lines: linesOf(shop, id) };
}

export const linesOf = (shop: Shop, id: number): readonly OrderLine[] =>
  shop.database.all<OrderLine>(
    `SELECT line_no, product_id, sku, product_name, quantity, order_lines.unit_price, line_total
     FROM order_lines JOIN products USING (product_id) WHERE order_id = ? ORDER BY line_no`,
    id,
  );

/** At most `limit` orders, in no promised order: as if out of a hash table. Undefined means any. */
export function listOrders(
  shop: Shop,
  filter: {
    readonly userId: number | undefined;
    readonly status: string | undefined;
    readonly limit: number;
  },
): readonly OrderSummary[] {
  return shop.database.all<OrderSummary>(
    `${summaries} WHERE (?1 IS NULL OR orders.user_id = ?1) AND (?2 IS NULL OR orders.status = ?2)
     ORDER BY order_id * 7919 % 1009 LIMIT ?3`,
    ...[filter.userId ?? null, filter.status ?? null, filter.limit],
  );
}

/** Newest first, for the customer's own page. */
export const historyOf = (shop: Shop, userId: number): readonly OrderSummary[] =>
  shop.database.all<OrderSummary>(`${summaries} WHERE orders.user_id = ? ORDER BY order_id DESC`, userId);

/** Orders after `id`, oldest first. */
export const ordersAfter = (shop: Shop, id: number, limit: number): readonly OrderSummary[] =>
  shop.database.all<OrderSummary>(`${summaries} WHERE order_id > ? ORDER BY order_id LIMIT ?`, id, limit);

/** Of those that were placed here: after `id`, oldest first. */
export const ownOrdersAfter = (shop: Shop, id: number, limit: number): readonly OrderSummary[] =>
  ordersAfter(shop, id, limit).filter(order => order.order_id < firstForeignId);

/** The last one that was placed here. */
export const lastOrderId = (shop: Shop): number =>
  shop.database.first<{ id: number }>(
    'SELECT coalesce(max(order_id), 0) AS id FROM orders WHERE order_id < ?',
    firstForeignId,
  )?.id ?? 0;

/** Stock, order, payment and mail in one transaction. Throws ShopError, and then nothing has happened. */
export function placeOrder(shop: Shop, userId: number, wanted: readonly WantedLine[], card: string): Order {
  const placed = shop.database.transaction(() => {
    if (!findUser(shop, userId)) throw new ShopError(`no user ${userId}`);
    if (wanted.length === 0) throw new ShopError('the cart is empty');
    const lines = wanted.map(line => takeLine(shop, line));
    const total = lines.reduce((sum, line) => sum + line.cents, 0);
    const id = insertOrder(shop, userId, total);
    lines.forEach((line, index) => {
      shop.database.run(
        'INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?)',
        ...[id, index + 1, line.product_id, line.quantity, line.unit_price, toMoney(line.cents)],
      );
    });
    charge(shop, id, toMoney(total), card);
    notify(shop, userId, id, `Your order ${id}`);
    return id;
  });
  shop.placed.emit('order', placed);
  const order = findOrder(shop, placed);
  if (!order) throw new TypeError(`order ${placed} was placed and is not there`);
  return order;
}

function takeLine(shop: Shop, line: WantedLine): WantedLine & { unit_price: string; cents: number } {
  if (!Number.isInteger(line.quantity) || line.quantity < 1 || line.quantity > 99) {
    throw new ShopError(`a quantity is 1 to 99, not ${line.quantity}`);
  }
  const product = Number.isInteger(line.product_id) ? findProduct(shop, line.product_id) : undefined;
  if (!product) throw new ShopError(`no product ${line.product_id}`);
  takeStock(shop, product, line.quantity);
  return { ...line, unit_price: product.unit_price, cents: toCents(product.unit_price) * line.quantity };
}

function insertOrder(shop: Shop, userId: number, total: number): number {
  const tax = taxWithin(total);
  const now = toLocal(shop.now());
  return shop.database.run(
    "INSERT INTO orders VALUES (?, ?, 'paid', 'EUR', ?, ?, ?, ?, ?)",
    ...[lastOrderId(shop) + 1, userId, toMoney(total - tax), toMoney(tax), toMoney(total), now, now],
  );
}

/** Stock, payment, order and mail taken back in one transaction. Throws ShopError, and then nothing has happened. */
export function cancelOrder(shop: Shop, id: number): Order {
  shop.database.transaction(() => {
    const order = Number.isInteger(id) ? findOrder(shop, id) : undefined;
    if (!order) throw new ShopError('order not found');
    if (order.status !== 'paid') throw new ShopError(`an order that is ${order.status} cannot be cancelled`);
    for (const line of order.lines) returnStock(shop, line.product_id, line.quantity);
    shop.database.run(
      "UPDATE orders SET status = 'cancelled', updated_at = ? WHERE order_id = ?",
      ...[toLocal(shop.now()), id],
    );
    refund(shop, id);
    notify(shop, order.user_id, id, `Your order ${id} is cancelled`);
  });
  const order = findOrder(shop, id);
  if (!order) throw new TypeError(`order ${id} was cancelled and is not there`);
  return order;
}
