/** The shop in the words of the web front end: camelCase, whole cents, instants in UTC. */
import type { Shape } from '../chassis/shape.ts';

export const toUser = (shape: Shape) => ({
  id: shape.integer('user_id'),
  email: shape.text('email'),
  fullName: shape.text('full_name'),
  city: shape.text('city'),
  roles: shape.texts('roles'),
});
export type User = ReturnType<typeof toUser>;

export const toProduct = (shape: Shape) => ({
  id: shape.integer('product_id'),
  sku: shape.text('sku'),
  name: shape.text('product_name'),
  category: shape.text('category'),
  // One of the honest differences of the products service leaves it out.
  description: shape.textOrNull('description'),
  priceCents: shape.cents('unit_price'),
  stock: shape.integer('stock'),
});
export type Product = ReturnType<typeof toProduct>;

export const toSummary = (shape: Shape) => ({
  id: shape.integer('order_id'),
  userId: shape.integer('user_id'),
  status: shape.text('status'),
  paymentStatus: shape.textOrNull('payment_status'),
  currency: shape.text('currency'),
  totalCents: shape.cents('total'),
  placedAt: shape.instant('placed_at'),
  updatedAt: shape.instant('updated_at'),
});
export type OrderSummary = ReturnType<typeof toSummary>;

export const toOrder = (shape: Shape) => ({
  ...toSummary(shape),
  netCents: shape.cents('net_total'),
  taxCents: shape.cents('tax_total'),
  lines: shape.list('lines', toLine),
});
export type Order = ReturnType<typeof toOrder>;

const toLine = (shape: Shape) => ({
  lineNo: shape.integer('line_no'),
  productId: shape.integer('product_id'),
  sku: shape.text('sku'),
  name: shape.text('product_name'),
  quantity: shape.integer('quantity'),
  unitCents: shape.cents('unit_price'),
  totalCents: shape.cents('line_total'),
});
export type Line = ReturnType<typeof toLine>;

export const toPayment = (shape: Shape) => ({
  id: shape.text('payment_id'),
  orderId: shape.text('order_id'),
  status: shape.text('status'),
  amountCents: shape.integer('amount_cents'),
  capturedCents: shape.integer('captured_cents'),
  refundedCents: shape.integer('refunded_cents'),
  currency: shape.text('currency'),
  lastFour: shape.text('last_four'),
  createdAt: shape.instant('created_at'),
});
export type Payment = ReturnType<typeof toPayment>;

export const toNotification = (shape: Shape) => ({
  id: shape.integer('notification_id'),
  subject: shape.text('subject'),
  text: shape.text('text'),
  createdAt: shape.instant('created_at'),
});
export type Notification = ReturnType<typeof toNotification>;

export interface Page<T> {
  readonly items: readonly T[];
  /** Where the next page begins; null at the end. */
  readonly next: number | null;
}
