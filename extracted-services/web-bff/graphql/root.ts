import { toId } from '../../chassis/person.ts';
import { Problem } from '../../chassis/problem.ts';
import type { Order, OrderSummary } from '../model.ts';
import { maxPage, type Reader } from '../reader.ts';

interface PageArguments {
  readonly first: number | null;
  readonly before?: number | null;
}

/** What each field of `Query` answers. Fields of orders that ask others are functions: they run only if they are asked for. */
export const createRoot = (reader: Reader) => ({
  me: () => reader.me(),
  product: ({ id }: { id: number }) => (toId(String(id)) === 0 ? undefined : reader.product(id)),
  products({
    search,
    category,
    page,
  }: {
    search: string | null;
    category: string | null;
    page: number | null;
  }) {
    const query = {
      search: text('search', search ?? ''),
      category: text('category', category ?? ''),
      page: number('page', page ?? 1, { min: 1, max: 10_000 }),
    };
    return reader.products(query);
  },
  async order({ id }: { id: number }) {
    const order = toId(String(id)) === 0 ? undefined : await reader.order(id);
    return order && withOthers(reader, order);
  },
  async orders(page: PageArguments) {
    const { items, next } = await reader.orders(toPage(page));
    return { items: items.map(order => withPayments(reader, order)), next };
  },
  notifications: (page: PageArguments) => reader.notifications(toPage(page)),
});

const withPayments = <T extends OrderSummary>(reader: Reader, order: T) => ({
  ...order,
  payments: () => reader.paymentsOf(order.id),
});

const withOthers = (reader: Reader, order: Order) => ({
  ...withPayments(reader, order),
  lines: order.lines.map(line => ({ ...line, product: () => reader.product(line.productId) })),
});

const toPage = ({ first, before }: PageArguments) => ({
  limit: number('first', first ?? 20, { min: 1, max: maxPage }),
  before: before == null ? undefined : number('before', before, { min: 1, max: 2 ** 31 - 1 }),
});

function number(name: string, value: number, { min, max }: { min: number; max: number }): number {
  if (value >= min && value <= max) return value;
  throw new Problem(400, 'bad-argument', `${name}: expected from ${min} to ${max}, got ${value}`);
}

const maxText = 100;

function text(name: string, value: string): string {
  if (value.length <= maxText) return value;
  throw new Problem(
    400,
    'bad-argument',
    `${name}: expected at most ${maxText} characters, got ${value.length}`,
  );
}
