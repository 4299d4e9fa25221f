import { once } from 'node:events';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Router } from 'express';
import { ordersAfter } from '../orders.ts';
import type { Shop } from '../shop.ts';
import { html } from './html.ts';
import { sendPage } from './page.ts';

/** Answers that take their time: the sales report, and an export of all orders that is sent while it is read. */
export function exports(shop: Shop): Router {
  const router = Router();

  router.get('/reports/sales', async (req, res) => {
    await setTimeout(shop.reportDelay);
    const rows = salesByMonth(shop);
    const body = html`<table>
${rows.map(
  row => html`<tr><td>${row.month}</td><td>${row.category}</td><td>${row.orders}</td><td>${row.revenue} €</td></tr>
`,
)}</table>`;
    sendPage(shop, req, res, 'Sales', body);
  });

  router.get('/export/orders.csv', async (_req, res) => {
    res.type('csv').attachment('orders.csv');
    res.write('order_id;customer_name;status;total;placed_at\r\n');
    for (let last = 0; !res.closed; ) {
      const page = ordersAfter(shop, last, 100);
      const cells = page.map(row => [row.order_id, row.customer_name, row.status, row.total, row.placed_at]);
      last = page.at(-1)?.order_id ?? last;
      if (page.length === 0) return void res.end();
      const isDrained = res.write(cells.map(row => `${row.join(';')}\r\n`).join(''));
      if (!isDrained) await Promise.race([once(res, 'drain'), once(res, 'close')]);
      await setImmediate();
    }
  });
  return router;
}

interface MonthlySales {
  readonly month: string;
  readonly category: string;
  readonly orders: number;
  readonly revenue: string;
}

const salesByMonth = (shop: Shop): readonly MonthlySales[] =>
  shop.database.all<MonthlySales>(
    `SELECT substr(placed_at, 1, 7) AS month, category, count(DISTINCT order_id) AS orders,
       printf('%.2f', sum(CAST(replace(line_total, '.', '') AS INTEGER)) / 100.0) AS revenue
     FROM orders JOIN order_lines USING (order_id) JOIN products USING (product_id)
     GROUP BY month, category ORDER BY month DESC, category`,
  );
