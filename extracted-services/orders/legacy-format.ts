/**
 * The anti-corruption layer between this service and the monolith's habits: money as text, times as Berlin's wall
 * clock without a zone, snake_case. Consumers were promised that form, so it is the answer too.
 */
import { createHash } from 'node:crypto';
import { toInstant, toLocal } from '../chassis/berlin-time.ts';
import type { Order, OrderLine } from './order.ts';

export const toCents = (money: string): number => Number(money.replace('.', ''));

export const toMoney = (cents: number): string =>
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

export type LegacySummary = ReturnType<typeof toLegacySummary>;

const toLegacyOrder = (order: Order) => ({
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

export type LegacyLine = ReturnType<typeof toLegacyLine>;

type Row = Readonly<Record<string, unknown>>;

/** Reads an order out of a row or a change of the monolith's. Throws a TypeError that names the field for what is none. */
export function fromLegacyOrder(row: Row): Omit<Order, 'id'> {
  const lines = Array.isArray(row.lines) ? (row.lines as readonly Row[]) : undefined;
  if (!lines) throw wrong('lines', 'a list', row.lines);
  return {
    userId: number(row, 'user_id'),
    customerName: text(row, 'customer_name'),
    status: text(row, 'status'),
    paymentStatus: text(row, 'payment_status'),
    currency: text(row, 'currency'),
    netCents: money(row, 'net_total'),
    taxCents: money(row, 'tax_total'),
    totalCents: money(row, 'total'),
    placedAt: instant(row, 'placed_at'),
    updatedAt: instant(row, 'updated_at'),
    lines: lines.map(line => ({
      lineNo: number(line, 'line_no'),
      productId: number(line, 'product_id'),
      sku: text(line, 'sku'),
      productName: text(line, 'product_name'),
      quantity: number(line, 'quantity'),
      unitCents: money(line, 'unit_price'),
      lineCents: money(line, 'line_total'),
    })),
  };
}

const wrong = (name: string, expected: string, got: unknown): TypeError =>
  new TypeError(`${name}: expected ${expected}, got ${JSON.stringify(got)?.slice(0, 60) ?? 'nothing'}`);

function text(row: Row, name: string): string {
  const value = row[name];
  if (typeof value === 'string') return value;
  throw wrong(name, 'text', value);
}

function number(row: Row, name: string): number {
  const value = row[name];
  if (Number.isSafeInteger(value)) return Number(value);
  throw wrong(name, 'a whole number', value);
}

function money(row: Row, name: string): number {
  const value = text(row, name);
  if (/^\d{1,9}\.\d\d$/.test(value)) return toCents(value);
  throw wrong(name, 'money', value);
}

function instant(row: Row, name: string): string {
  const value = text(row, name);
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value)) return toInstant(value);
  throw wrong(name, 'a local time', value);
}

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
