/** What a phone shows of the shop: few fields, few rows, money as it is printed. */
import { toId } from '../chassis/person.ts';
import type { Shape } from '../chassis/shape.ts';
import type { Part } from './screen.ts';

const rows = { home: 3, products: 6, orders: 10, lines: 20 };

const print = (cents: number, currency: string): string => `${(cents / 100).toFixed(2)} ${currency}`;

export const user: Part<{ name: string }> = {
  peer: 'users',
  path: '/v1/users/me',
  read: answer => ({ name: answer.text('full_name') }),
};

const toProduct = (item: Shape) => ({
  id: item.integer('product_id'),
  name: item.text('product_name'),
  price: print(item.cents('unit_price'), 'EUR'),
  isInStock: item.integer('stock') > 0,
});

export const products: Part<readonly ReturnType<typeof toProduct>[]> = {
  peer: 'products',
  path: '/v1/products?page=1',
  read: answer => answer.list('products', toProduct).slice(0, rows.products),
};

export const product = (id: string): Part<ReturnType<typeof toProduct> & { text: string | null }> => ({
  peer: 'products',
  path: `/v1/products/${toId(id)}`,
  read: answer => ({ ...toProduct(answer), text: answer.textOrNull('description') }),
});

const toRow = (item: Shape) => ({
  id: item.integer('order_id'),
  status: item.text('status'),
  total: print(item.cents('total'), item.text('currency')),
  at: item.instant('placed_at'),
});
type Row = ReturnType<typeof toRow>;

/** Without a place to go on from, orders may come as the monolith gives them: in no order. */
const aboveAllIds = 999_999_999_999_999;

/** Of a person, newest first; the next page begins before the last row. */
export const orders = (person: number, page: { before?: number | undefined; isShort: boolean }) => {
  const limit = page.isShort ? rows.home : rows.orders;
  const { before = aboveAllIds } = page;
  const part: Part<readonly Row[]> = {
    peer: 'orders',
    path: `/v1/orders?user_id=${person}&limit=${limit}&before=${before}`,
    read: answer =>
      answer
        .list('orders', item => ({ owner: item.integer('user_id'), row: toRow(item) }))
        .filter(({ owner }) => owner === person)
        .map(({ row }) => row)
        .slice(0, limit),
  };
  return part;
};

export const order = (person: number, id: string) => {
  const part: Part<Row & { lines: readonly { name: string; count: number; total: string }[] }> = {
    peer: 'orders',
    path: `/v1/orders/${toId(id)}`,
    read(answer) {
      if (answer.integer('user_id') !== person) return undefined;
      const currency = answer.text('currency');
      const lines = answer.list('lines', line => ({
        name: line.text('product_name'),
        count: line.integer('quantity'),
        total: print(line.cents('line_total'), currency),
      }));
      return { ...toRow(answer), lines: lines.slice(0, rows.lines) };
    },
  };
  return part;
};

/** The newest payment for an order. */
export const payment = (id: string): Part<{ status: string; card: string }> => ({
  peer: 'payments',
  path: `/v1/payments?order_id=${toId(id)}`,
  read: answer =>
    answer.list('payments', item => ({ status: item.text('status'), card: item.text('last_four') }))[0],
});

export const news = (person: number): Part<readonly { id: number; subject: string }[]> => ({
  peer: 'notifications',
  path: `/v1/notifications?user_id=${person}&limit=${rows.home}`,
  read: answer =>
    answer
      .list('notifications', item => ({ id: item.integer('notification_id'), subject: item.text('subject') }))
      .slice(0, rows.home),
});
