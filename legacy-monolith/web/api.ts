import { type Response, Router } from 'express';
import { changeProduct, findProduct, searchProducts } from '../catalogue.ts';
import { cancelOrder, findOrder, linesOf, listOrders, placeOrder, type WantedLine } from '../orders.ts';
import { type Shop, ShopError } from '../shop.ts';
import { apiUser, isStaff, mayReach } from './access.ts';
import { field, toId } from './page.ts';

/**
 * The JSON API, for the phone and for partners. What is old in it trusts its network; cancelling and changing
 * prices ask for the cookie. A request that cannot be met is answered 200 with an `error` inside.
 */
export function api(shop: Shop): Router {
  const router = Router();
  let requests = 0;

  router.get('/orders', (req, res) => {
    requests += 1;
    const orders = listOrders(shop, {
      userId: toId(field(req.query, 'user_id')) || undefined,
      status: field(req.query, 'status') || undefined,
      limit: Math.min(toId(field(req.query, 'limit')) || 50, 500),
    });
    res.json({ orders, count: orders.length, request_no: requests });
  });

  router.get('/orders/:id', (req, res) => {
    const order = findOrder(shop, toId(req.params.id));
    if (!order) return noOrder(res);
    res.setHeader('ETag', `W/"${order.order_id}-${order.updated_at.replace(/\D/g, '')}"`);
    res.json(order);
  });

  router.get('/orders/:id/lines', (req, res) => {
    const lines = linesOf(shop, toId(req.params.id));
    if (lines.length === 0) return noOrder(res);
    res.json({ order_id: toId(req.params.id), lines });
  });

  router.post('/orders', (req, res) => {
    const { user_id: userId, lines, card } = (req.body ?? {}) as Record<string, unknown>;
    answer(res, () =>
      placeOrder(shop, toNumber(userId), toWanted(lines), typeof card === 'string' ? card : ''),
    );
  });

  router.post('/orders/:id/cancel', (req, res) => {
    const user = apiUser(shop, req, res);
    if (!user) return;
    const order = findOrder(shop, toId(req.params.id));
    if (!order) return noOrder(res);
    if (mayReach(user, order.user_id, res)) answer(res, () => cancelOrder(shop, order.order_id));
  });

  router.get('/products', (req, res) => {
    requests += 1;
    const query = { category: field(req.query, 'category'), search: field(req.query, 'q') };
    const products = searchProducts(shop, { ...query, page: toId(field(req.query, 'page')) || 1 });
    res.json({ products, count: products.length, request_no: requests });
  });

  router.get('/products/:id', (req, res) => {
    res.json(findProduct(shop, toId(req.params.id)) ?? { error: 'product not found' });
  });

  router.put('/products/:id', (req, res) => {
    const user = apiUser(shop, req, res);
    if (!user) return;
    if (!isStaff(user)) return void res.status(403).json({ error: 'for staff' });
    const { unit_price: price, stock } = (req.body ?? {}) as Record<string, unknown>;
    const edit = {
      unit_price: typeof price === 'string' ? price : '',
      stock: typeof stock === 'number' ? stock : Number.NaN,
    };
    answer(res, () => changeProduct(shop, toId(req.params.id), edit));
  });
  return router;
}

/** What `work` returns, or 200 with the reason why not. */
function answer(res: Response, work: () => unknown): void {
  try {
    res.json(work());
  } catch (error) {
    if (!(error instanceof ShopError)) throw error;
    res.json({ error: error.message });
  }
}

const noOrder = (res: Response): void => {
  res.json({ error: 'order not found' });
};

const toNumber = (value: unknown): number => (Number.isSafeInteger(value) ? Number(value) : 0);

function toWanted(lines: unknown): readonly WantedLine[] {
  if (!Array.isArray(lines) || lines.length > 50) throw new ShopError('lines is a list of 1 to 50');
  return lines.map((line: Partial<Record<keyof WantedLine, unknown>> | null) => ({
    product_id: toNumber(line?.product_id),
    quantity: toNumber(line?.quantity),
  }));
}
