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
