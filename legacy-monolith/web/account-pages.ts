import { type Request, type Response, Router } from 'express';
import { notificationsOf } from '../notifications.ts';
import { cancelOrder, findOrder, historyOf, type Order, type OrderSummary } from '../orders.ts';
import { type Shop, ShopError } from '../shop.ts';
import { type Html, html } from './html.ts';
import { toInvoiceCsv, toInvoicePdf } from './invoice.ts';
import { errorPage, redirect, sendPage, toId, visitorOf } from './page.ts';

/** A customer's own orders, as pages and as invoices to download. Strangers are sent to the login. */
export function accountPages(shop: Shop): Router {
  const router = Router();

  router.get('/account/orders', (req, res) => {
    const { user } = visitorOf(shop, req);
    if (!user) return redirect(req, res, '/login?next=/account/orders');
    const mails = notificationsOf(shop, user.user_id);
    const body = html`${historyTable(historyOf(shop, user.user_id))}
<h2>Mail</h2><ul>
${mails.map(
  mail => html`<li>${mail.sent_at} ${mail.subject}</li>
`,
)}</ul>
<form method="post" action="/logout"><button>Log out</button></form>`;
    sendPage(shop, req, res, 'Your orders', body);
  });

  router.get('/account/orders/:id', (req, res) => {
    const order = ownOrder(shop, req, res);
    if (order) sendPage(shop, req, res, `Order ${order.order_id}`, orderBody(order));
  });

  router.post('/account/orders/:id/cancel', (req, res) => {
    const order = ownOrder(shop, req, res);
    if (!order) return;
    try {
      cancelOrder(shop, order.order_id);
      redirect(req, res, `/account/orders/${order.order_id}`);
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      sendPage(shop, req, res, 'That did not work', html`<p>${error.message}</p>`);
    }
  });

  router.get('/account/orders/:id/invoice.csv', (req, res) => {
    const order = ownOrder(shop, req, res);
    if (order) res.attachment(`invoice-${order.order_id}.csv`).type('csv').send(toInvoiceCsv(order));
  });

  router.get('/account/orders/:id/invoice.pdf', (req, res) => {
    const order = ownOrder(shop, req, res);
    if (order) res.attachment(`invoice-${order.order_id}.pdf`).type('pdf').send(toInvoicePdf(order));
  });
  return router;
}

/** The order in the path if it belongs to who asks; else the answer has been sent. */
function ownOrder(shop: Shop, req: Request, res: Response): Order | undefined {
  const { user } = visitorOf(shop, req);
  if (!user) {
    redirect(req, res, '/login');
    return undefined;
  }
  const order = findOrder(shop, toId(req.params.id));
  if (order?.user_id === user.user_id) return order;
  res.status(404).send(errorPage(404, 'Not Found', 'There is no such order of yours.'));
  return undefined;
}

const historyTable = (orders: readonly OrderSummary[]): Html =>
  html`<table>
${orders.map(
  order => html`<tr><td><a href="/account/orders/${order.order_id}">${order.order_id}</a></td><td>${order.placed_at}</td>
<td>${order.status}</td><td>${order.total} €</td></tr>
`,
)}</table>`;

const orderBody = (order: Order): Html =>
  html`<p>${order.placed_at} · ${order.status} · payment ${order.payment_status}</p>
<table>
${order.lines.map(
  line => html`<tr><td>${line.quantity} ×</td><td>${line.product_name}</td><td>${line.line_total} €</td></tr>
`,
)}</table>
<p>Together <b>${order.total} €</b>, tax within ${order.tax_total} €</p>
<p>Invoice: <a href="/account/orders/${order.order_id}/invoice.pdf">PDF</a>,
<a href="/account/orders/${order.order_id}/invoice.csv">CSV</a></p>
${order.status === 'paid' ? html`<form method="post" action="/account/orders/${order.order_id}/cancel"><button>Cancel this order</button></form>` : undefined}`;
