import { Router } from 'express';
import { notificationsOf } from '../notifications.ts';
import { listPayments } from '../payments.ts';
import type { Shop } from '../shop.ts';
import { apiUser, isStaff, mayReach, pageUser } from './access.ts';
import { html } from './html.ts';
import { field, sendPage, toId } from './page.ts';

/** Payments and mail, as pages for their owner and as JSON for owner and staff. */
export function records(shop: Shop): Router {
  const router = Router();

  router.get('/account/payments', (req, res) => {
    const user = pageUser(shop, req, res);
    if (!user) return;
    const rows = listPayments(shop, { userId: user.user_id, orderId: undefined });
    const body = html`<table>
${rows.map(
  row => html`<tr><td>${row.paid_at}</td><td><a href="/account/orders/${row.order_id}">${row.order_id}</a></td>
<td>card …${row.card_suffix}</td><td>${row.status}</td><td>${row.amount} €</td></tr>
`,
)}</table>`;
    sendPage(shop, req, res, 'Your payments', body);
  });

  router.get('/account/notifications', (req, res) => {
    const user = pageUser(shop, req, res);
    if (!user) return;
    const body = html`<ul>
${notificationsOf(shop, user.user_id).map(
  mail => html`<li>${mail.sent_at} ${mail.subject}</li>
`,
)}</ul>`;
    sendPage(shop, req, res, 'Your mail', body);
  });

  router.get('/payments', (req, res) => {
    const user = apiUser(shop, req, res);
    if (!user) return;
    const wanted = toId(field(req.query, 'user_id')) || (isStaff(user) ? undefined : user.user_id);
    if (wanted !== undefined && !mayReach(user, wanted, res)) return;
    const orderId = toId(field(req.query, 'order_id')) || undefined;
    const payments = listPayments(shop, { userId: wanted, orderId });
    res.json({ payments, count: payments.length });
  });

  router.get('/notifications', (req, res) => {
    const user = apiUser(shop, req, res);
    if (!user) return;
    const wanted = toId(field(req.query, 'user_id')) || user.user_id;
    if (!mayReach(user, wanted, res)) return;
    const notifications = notificationsOf(shop, wanted);
    res.json({ notifications, count: notifications.length });
  });
  return router;
}
