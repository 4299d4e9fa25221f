import { requireScopes } from '../chassis/auth.ts';
import type { Asker, Peers } from '../chassis/peers.ts';
import { personOf } from '../chassis/person.ts';
import type { Shape } from '../chassis/shape.ts';
import { createLoader } from './loader.ts';
import {
  type Notification,
  type Order,
  type OrderSummary,
  type Page,
  type Payment,
  type Product,
  toNotification,
  toOrder,
  toPayment,
  toProduct,
  toSummary,
  toUser,
  type User,
} from './model.ts';

export const peerNames = ['users', 'products', 'orders', 'payments', 'notifications'] as const;
export type PeerName = (typeof peerNames)[number];

/** What the shop knows, read for one request in the name of its caller. Each thing is asked for once. */
export interface Reader {
  me(): Promise<User | undefined>;
  product(id: number): Promise<Product | undefined>;
  products(query: ProductQuery): Promise<readonly Product[]>;
  /** Of the caller: another person's is as good as none. */
  order(id: number): Promise<Order | undefined>;
  orders(query: PageQuery): Promise<Page<OrderSummary>>;
  /** Newest first. */
  paymentsOf(orderId: number): Promise<readonly Payment[]>;
  notifications(query: PageQuery): Promise<Page<Notification>>;
}

export interface PageQuery {
  /** From 1 to `maxPage`. */
  readonly limit: number;
  readonly before?: number | undefined;
}

export interface ProductQuery {
  readonly search: string;
  readonly category: string;
  readonly page: number;
}

export const maxPage = 50;

/** Keys of a lookup, which end in one address. */
const maxBatch = 50;

export function createReader(peers: Peers<PeerName>, asker: Asker): Reader {
  const { caller } = asker;
  const get = <T>(name: PeerName, path: string, read: (answer: Shape) => T): Promise<T | undefined> =>
    peers.get(name, path, asker, read);
  const products = createLoader<number, Product>(maxBatch, async ids => {
    const found = await get('products', `/v1/product-batch?${many('id', ids)}`, answer =>
      answer.list('products', toProduct),
    );
    return new Map((found ?? []).map(product => [product.id, product]));
  });
  const payments = createLoader<number, readonly Payment[]>(maxBatch, async ids => {
    const found = await get('payments', `/v1/payments?${many('order_id', ids)}`, answer =>
      answer.list('payments', toPayment),
    );
    return Map.groupBy(found ?? [], ({ orderId }) => Number(orderId));
  });
  const orders = createLoader<number, Order>(1, async ([id = 0]) => {
    const found = await get('orders', `/v1/orders/${id}`, toOrder);
    return new Map(found?.userId === personOf(caller) ? [[id, found]] : []);
  });
  return {
    async me() {
      requireScopes(caller, ['profile:read']);
      return get('users', '/v1/users/me', toUser);
    },
    product: id => products.load(id),
    async products({ search, category, page }) {
      const query = new URLSearchParams({ q: search, category, page: String(page) });
      return (await get('products', `/v1/products?${query}`, listOf('products', toProduct))) ?? [];
    },
    async order(id) {
      requireScopes(caller, ['orders:read']);
      return orders.load(id);
    },
    async orders({ limit, before }) {
      requireScopes(caller, ['orders:read']);
      const userId = personOf(caller);
      const query = pageQuery({ limit, before: before ?? aboveAllIds }, userId);
      const page = await get('orders', `/v1/orders?${query}`, pageOf('orders', toSummary));
      // Whoever answers with another person's orders is not believed.
      return { items: page?.items.filter(order => order.userId === userId) ?? [], next: page?.next ?? null };
    },
    async paymentsOf(orderId) {
      requireScopes(caller, ['payments:read']);
      return (await payments.load(orderId)) ?? [];
    },
    async notifications({ limit, before }) {
      requireScopes(caller, ['notifications:read']);
      const query = pageQuery({ limit, before }, personOf(caller));
      const page = await get(
        'notifications',
        `/v1/notifications?${query}`,
        pageOf('notifications', toNotification),
      );
      return page ?? { items: [], next: null };
    },
  };
}

const many = (name: string, values: readonly number[]): URLSearchParams =>
  new URLSearchParams(values.map(value => [name, String(value)]));

/** Without a place to go on from, orders may come as the monolith gives them: in no order, and without a next page. */
const aboveAllIds = 999_999_999_999_999;

const pageQuery = ({ limit, before }: PageQuery, userId: number): URLSearchParams =>
  new URLSearchParams({
    user_id: String(userId),
    limit: String(limit),
    ...(before !== undefined && { before: String(before) }),
  });

const listOf =
  <T>(name: string, read: (item: Shape) => T) =>
  (answer: Shape): readonly T[] =>
    answer.list(name, read);

const pageOf =
  <T>(name: string, read: (item: Shape) => T) =>
  (answer: Shape): Page<T> => ({ items: answer.list(name, read), next: answer.integerOrNull('next') });
