import { toLocal } from './local-time.ts';
import { type Shop, ShopError } from './shop.ts';

/** A test card that is always declined. */
export const decliningCard = '4000000000000002';

/** Charges a card at once, in the transaction of the order; throws ShopError if it is declined. */
export function charge(shop: Shop, orderId: number, amount: string, card: string): void {
  if (!/^\d{12,19}$/.test(card)) throw new ShopError('a card number has 12 to 19 digits');
  if (card === decliningCard) throw new ShopError('the card was declined');
  shop.database.run(
    "INSERT INTO payments (order_id, card_suffix, amount, status, paid_at) VALUES (?, ?, ?, 'captured', ?)",
    ...[orderId, card.slice(-4), amount, toLocal(shop.now())],
  );
}

/** Gives the money of an order back. */
export function refund(shop: Shop, orderId: number): void {
  shop.database.run("UPDATE payments SET status = 'refunded' WHERE order_id = ?", orderId);
}

export interface Payment {
  readonly payment_id: number;
  readonly order_id: number;
  readonly user_id: number;
  readonly card_suffix: string;
  readonly amount: string;
  readonly status: string;
  readonly paid_at: string;
}

/** The newest payments of a user, at most a hundred. Undefined means of everybody, or for any order. */
export const listPayments = (
  shop: Shop,
  filter: { readonly userId: number | undefined; readonly orderId: number | undefined },
): readonly Payment[] =>
  shop.database.all<Payment>(
    `SELECT payment_id, order_id, user_id, card_suffix, amount, payments.status, paid_at
     FROM payments JOIN orders USING (order_id)
     WHERE (?1 IS NULL OR user_id = ?1) AND (?2 IS NULL OR order_id = ?2) ORDER BY payment_id DESC LIMIT 100`,
    ...[filter.userId ?? null, filter.orderId ?? null],
  );
