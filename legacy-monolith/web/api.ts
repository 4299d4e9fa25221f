import { type Response, Router } from 'express';
import { findProduct, searchProducts } from '../catalogue.ts';
import { findOrder, linesOf, listOrders, placeOrder, type WantedLine } from '../orders.ts';
import { type Shop, ShopError } from '../shop.ts';
import { field, toId } from './page.ts';

/**
 * The JSON API, for the phone and for partners. It trusts its network, and a request that cannot be met is
 * answered 200 with an `error` inside.
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
    try {
      res.json(placeOrder(shop, toNumber(userId), toWanted(lines), typeof card === 'string' ? card : ''));
    } catch (error) {
      if (!(error instanceof ShopError)) throw error;
      res.json({ error: error.message });
    }
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
  return router;
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
