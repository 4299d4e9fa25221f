/** What consumers of orders were promised, whoever answers: the monolith, the service, or a gateway. */
import { describe, expect, it } from 'vitest';

export interface OrdersSubject {
  readonly url: string;
  /** Where orders are: `/orders` at the monolith and the gateway, `/v1/orders` at the service. */
  readonly path: string;
  /** An access token, where one is asked for. */
  readonly token?: string;
}

export interface Order {
  readonly order_id: number;
  readonly user_id: number;
  readonly net_total: string;
  readonly tax_total: string;
  readonly total: string;
  readonly placed_at: string;
  readonly updated_at: string;
  readonly lines: readonly {
    readonly quantity: number;
    readonly unit_price: string;
    readonly line_total: string;
  }[];
}

const money = /^\d+\.\d\d$/;
const localTime = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;
const cents = (text: string): number => Number(text.replace('.', ''));

const order42 = {
  order_id: 42,
  user_id: 113,
  customer_name: 'Emma Adler',
  status: 'delivered',
  payment_status: 'captured',
  currency: 'EUR',
  net_total: '242.90',
  tax_total: '46.15',
  total: '289.05',
  placed_at: '2024-03-16 17:07:07',
  updated_at: '2024-03-20 17:07:07',
  lines: [
    {
      line_no: 1,
      product_id: 68,
      sku: 'GA-1068',
      product_name: 'Oak twine',
      quantity: 3,
      unit_price: '22.40',
      line_total: '67.20',
    },
    {
      line_no: 2,
      product_id: 146,
      sku: 'KI-1146',
      product_name: 'Copper crème brûlée dish',
      quantity: 3,
      unit_price: '73.95',
      line_total: '221.85',
    },
  ],
};

/** Runs the suite against the shop's seeded orders. `subject` is asked once the tests run. */
export function describeOrders(name: string, subject: () => OrdersSubject): void {
  const ask = (path: string, { headers, ...init }: RequestInit = {}): Promise<Response> => {
    const { url, path: root, token } = subject();
    const all = new Headers(headers);
    if (token !== undefined) all.set('authorization', `Bearer ${token}`);
    return fetch(`${url}${root}${path}`, { ...init, headers: all });
  };
  const order = async (id: number): Promise<Order> => (await (await ask(`/${id}`)).json()) as Order;

  describe(`reading orders from ${name}`, () => {
    it('gives an order with its customer, payment and lines, as JSON in UTF-8', async () => {
      const answer = await ask('/42');
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json(; charset=utf-8)?$/);
      expect(await answer.json()).toEqual(order42);
    });

    it('gives the lines alone, in their order', async () => {
      const answer = await ask('/42/lines');
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ order_id: 42, lines: order42.lines });
    });

    it('adds up: lines to the total, net and tax to the total', async () => {
      for (const id of [1, 48, 777, 1234, 2400]) {
        const { lines, total, net_total, tax_total } = await order(id);
        for (const line of lines) {
          expect(cents(line.line_total)).toBe(cents(line.unit_price) * line.quantity);
        }
        expect(lines.reduce((sum, line) => sum + cents(line.line_total), 0)).toBe(cents(total));
        expect(cents(net_total) + cents(tax_total)).toBe(cents(total));
      }
    });

    it('writes money with two decimals and times as local ones without a zone', async () => {
      for (const id of [1, 1200, 2400]) {
        const { total, net_total, tax_total, placed_at, updated_at } = await order(id);
        for (const value of [total, net_total, tax_total]) expect(value).toMatch(money);
        for (const value of [placed_at, updated_at]) expect(value).toMatch(localTime);
      }
    });

    it.each(['/999999', '/999999/lines'])('answers 200 with an error inside for %s', async path => {
      const answer = await ask(path);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toEqual({ error: 'order not found' });
    });

    it('answers HEAD as GET, without the body', async () => {
      const [get, head] = [await ask('/42'), await ask('/42', { method: 'HEAD' })];
      expect(head.status).toBe(200);
      for (const field of ['content-type', 'content-length', 'etag']) {
        expect(head.headers.get(field)).toBe(get.headers.get(field));
      }
      expect(await head.text()).toBe('');
    });

    it('answers 304 to its own ETag, and the order to another', async () => {
      const etag = (await ask('/42')).headers.get('etag') ?? '';
      // Without a Cache-Control of its own, fetch adds `no-cache`, and then nobody may answer 304.
      const conditional = (tag: string) => ({ 'if-none-match': tag, 'cache-control': 'max-age=0' });
      const known = await ask('/42', { headers: conditional(etag) });
      expect([known.status, await known.text()]).toEqual([304, '']);
      const other = await ask('/42', { headers: conditional('"other"') });
      expect(other.status).toBe(200);
    });

    it('lists the orders of one user, and no other', async () => {
      const answer = await ask('?user_id=1&limit=500');
      const { orders, count } = (await answer.json()) as { orders: readonly Order[]; count: number };
      expect(count).toBe(orders.length);
      expect(orders.length).toBeGreaterThan(10);
      for (const summary of orders) expect(summary.user_id).toBe(1);
    });
  });
}
