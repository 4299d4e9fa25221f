import { toLocal } from './local-time.ts';
import type { Shop } from './shop.ts';

export interface Session {
  readonly sid: string;
  /** Null until somebody has logged in. */
  readonly user_id: number | null;
}

export interface CartItem {
  readonly product_id: number;
  readonly product_name: string;
  readonly quantity: number;
  readonly unit_price: string;
}

export const findSession = (shop: Shop, sid: string): Session | undefined =>
  shop.database.first<Session>('SELECT sid, user_id FROM sessions WHERE sid = ?', sid);

export function openSession(shop: Shop): Session {
  const sid = shop.newId();
  shop.database.run('INSERT INTO sessions VALUES (?, NULL, ?)', sid, toLocal(shop.now()));
  return { sid, user_id: null };
}

/** A new session for this user that takes the cart along. The old id ends, so that nobody can plant one. */
export function logIn(shop: Shop, before: Session | undefined, userId: number): Session {
  return shop.database.transaction(() => {
    const { sid } = openSession(shop);
    shop.database.run('UPDATE sessions SET user_id = ? WHERE sid = ?', userId, sid);
    if (before) {
      shop.database.run('UPDATE cart_items SET sid = ? WHERE sid = ?', sid, before.sid);
      endSession(shop, before.sid);
    }
    return { sid, user_id: userId };
  });
}

export function endSession(shop: Shop, sid: string): void {
  emptyCart(shop, sid);
  shop.database.run('DELETE FROM sessions WHERE sid = ?', sid);
}

export const cartOf = (shop: Shop, sid: string): readonly CartItem[] =>
  shop.database.all<CartItem>(
    `SELECT product_id, product_name, quantity, unit_price FROM cart_items JOIN products USING (product_id)
     WHERE sid = ? ORDER BY product_id`,
    sid,
  );

/** Adds to what is in the cart already, up to 99 of a kind. */
export function addToCart(shop: Shop, sid: string, productId: number, quantity: number): void {
  shop.database.run(
    `INSERT INTO cart_items VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET quantity = min(99, quantity + excluded.quantity)`,
    ...[sid, productId, quantity],
  );
}

export function removeFromCart(shop: Shop, sid: string, productId: number): void {
  shop.database.run('DELETE FROM cart_items WHERE sid = ? AND product_id = ?', sid, productId);
}

export function emptyCart(shop: Shop, sid: string): void {
  shop.database.run('DELETE FROM cart_items WHERE sid = ?', sid);
}
