/**
 * The anti-corruption layer between this service and the monolith's habits: money as text, times as Berlin's wall
 * clock without a zone, snake_case. Consumers were promised that form, so it is the answer too.
 */
import { createHash } from 'node:crypto';
import { toLocal } from '../chassis/berlin-time.ts';
import type { Order, OrderLine } from './order.ts';

export const toCents = (money: string): number => Number(money.replace('.', ''));

const toMoney = (cents: number): string =>
  `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

export const toLegacySummary = (order: Omit<Order, 'lines'>) => ({
  order_id: order.id,
  user_id: order.userId,
  customer_name: order.customerName,
  status: order.status,
  payment_status: order.paymentStatus,
  currency: order.currency,
  net_total: toMoney(order.netCents),
  tax_total: toMoney(order.taxCents),
  total: toMoney(order.totalCents),
  placed_at: toLocal(order.placedAt),
  updated_at: toLocal(order.updatedAt),
});

export const toLegacyOrder = (order: Order) => ({
  ...toLegacySummary(order),
  lines: order.lines.map(toLegacyLine),
});

export const toLegacyLine = (line: OrderLine) => ({
  line_no: line.lineNo,
  product_id: line.productId,
  sku: line.sku,
  product_name: line.productName,
  quantity: line.quantity,
  unit_price: toMoney(line.unitCents),
  line_total: toMoney(line.lineCents),
});

/** The monolith's digest of the same order: SHA-256 of a JSON list of what an order owns itself, in its form. */
export function toDigest(order: Order) {
  const legacy = toLegacyOrder(order);
  const { order_id, user_id, status, payment_status, currency, net_total, tax_total, total, placed_at } =
    legacy;
  const lines = legacy.lines.map(line => [
    ...[line.line_no, line.product_id, line.quantity, line.unit_price, line.line_total],
  ]);
  const content = [
    ...[order_id, user_id, status, payment_status, currency, net_total, tax_total, total, placed_at, lines],
  ];
  return {
    id: order.id,
    updated_at: legacy.updated_at,
    hash: createHash('sha256').update(JSON.stringify(content)).digest('hex'),
  };
}
