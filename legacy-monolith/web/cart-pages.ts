import { Router } from 'express';
import { findProduct } from '../catalogue.ts';
import { toCents, toMoney } from '../money.ts';
import { placeOrder } from '../orders.ts';
import { addToCart, type CartItem, cartOf, emptyCart, openSession, removeFromCart } from '../sessions.ts';
import { type Shop, ShopError } from '../shop.ts';
import { type Html, html } from './html.ts';
import { field, redirect, sendPage, setSession, toId, visitorOf } from './page.ts';

/** The cart and the checkout: form posts that end in a redirect. */
export function cartPages(shop: Shop): Router {
  const router = Router();

  router.get('/cart', (req, res) => {
    const { session } = visitorOf(shop, req);
    sendPage(shop, req, res, 'Your cart', cartBody(session ? cartOf(shop, session.sid) : []));
  });

  router.post('/cart', (req, res) => {
    const product = findProduct(shop, toId(field(req.body, 'product_id')));
    const quantity = toId(field(req.body, 'quantity'));
    if (!product || !(quantity <= 99)) return sendPage(shop, req, res, 'That did not work', noSuchItem);
    const session = visitorOf(shop, req).session ?? openSession(shop);
    addToCart(shop, session.sid, product.product_id, quantity);
    setSession(res, session);
    redirect(req, res, '/cart');
  });

  router.post('/cart/remove', (req, res) => {
    const { session } = visitorOf(shop, req);
    const product = toId(field(req.body, 'product_id'));
    if (session && product) removeFromCart(shop, session.sid, product);
    redirect(req, res, '/cart');
  });

  router.post('/checkout', (req, res) => {
    const { session, user } = visitorOf(shop, req);
    if (!session || !user) return redirect(req, res, '/login?next=/cart');
    try {
      const order = placeOrder(shop, user.user_id, cartOf(shop, session.sid), field(req.body, 'card'));
      emptyCart(shop, session.sid);
      redirect(req, res, `/account/orders/${order.order_id}`);
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      sendPage(
        shop,
        req,
        res,
        'That did not work',
        html`<p>${error.message}</p><p><a href="/cart">Back</a></p>`,
      );
    }
  });
  return router;
}

const noSuchItem = html`<p>Choose one of our products, and 1 to 99 of it.</p>`;

function cartBody(items: readonly CartItem[]): Html {
  if (items.length === 0) return html`<p>It is empty.</p>`;
  const total = items.reduce((sum, item) => sum + toCents(item.unit_price) * item.quantity, 0);
  return html`<table>
${items.map(
  item => html`<tr><td>${item.quantity} ×</td><td>${item.product_name}</td><td>${item.unit_price} €</td>
<td><form method="post" action="/cart/remove"><button name="product_id" value="${item.product_id}">Remove</button></form></td></tr>
`,
)}</table>
<p>Together <b>${toMoney(total)} €</b></p>
<form method="post" action="/checkout"><input name="card" placeholder="Card number" inputmode="numeric" aria-label="Card number">
<button>Order and pay</button></form>`;
}
