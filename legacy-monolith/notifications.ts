import { toLocal } from './local-time.ts';
import type { Shop } from './shop.ts';

export interface Notification {
  readonly notification_id: number;
  readonly order_id: number | null;
  readonly subject: string;
  readonly sent_at: string;
}

/** "Sends" a mail: it is written down and nothing else. */
export function notify(shop: Shop, userId: number, orderId: number, subject: string): void {
  shop.database.run(
    'INSERT INTO notifications (user_id, order_id, subject, sent_at) VALUES (?, ?, ?, ?)',
    ...[userId, orderId, subject, toLocal(shop.now())],
  );
}

export const notificationsOf = (shop: Shop, userId: number): readonly Notification[] =>
  shop.database.all<Notification>(
    `SELECT notification_id, order_id, subject, sent_at FROM notifications WHERE user_id = ?
     ORDER BY notification_id DESC LIMIT 20`,
    userId,
  );
