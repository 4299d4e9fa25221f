import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import { orPeerProblem, type Peers } from '../chassis/peers.ts';
import { toId } from '../chassis/person.ts';
import { Problem } from '../chassis/problem.ts';
import { readInteger } from '../chassis/query.ts';
import type { OrderSummary, Page, Payment } from './model.ts';
import { createReader, maxPage, type PageQuery, type PeerName, type Reader } from './reader.ts';

const defaultPage = 20;
const onAccount = { limit: 10 };
const maxText = 100;

/** The pages of the web front end over REST: one line for each. */
export function createEndpoints(peers: Peers<PeerName>): readonly Endpoint[] {
  const page = (
    path: string,
    scopes: readonly string[] | undefined,
    show: (reader: Reader, call: Call) => Promise<unknown>,
  ): Endpoint => ({
    method: 'GET',
    path,
    access: scopes ? { scopes } : 'open',
    handle: async (call): Promise<Answer> => ({
      status: 200,
      body: await orPeerProblem(() => show(createReader(peers, call), call)),
    }),
  });
  const ordersAndPayments = ['orders:read', 'payments:read'];
  return [
    page('/v1/catalogue', undefined, showCatalogue),
    page('/v1/catalogue/:id', undefined, showProduct),
    page('/v1/account', ['profile:read', 'notifications:read', ...ordersAndPayments], showAccount),
    page('/v1/orders', ordersAndPayments, (reader, call) => showOrders(reader, readPage(call))),
    page('/v1/orders/:id', ordersAndPayments, showOrder),
  ];
}

async function showCatalogue(reader: Reader, { query }: Call): Promise<unknown> {
  const page = readInteger(query, 'page', { min: 1, max: 10_000 }) ?? 1;
  const [search, category] = [readText(query, 'q'), readText(query, 'category')];
  return { products: await reader.products({ search, category, page }), page };
}

async function showProduct(reader: Reader, { params: { id = '' } }: Call): Promise<unknown> {
  const product = toId(id) === 0 ? undefined : await reader.product(toId(id));
  if (product) return product;
  throw new Problem(404, 'product-not-found', `there is no product ${id.slice(0, 60)}`);
}

/** Who it is and the orders are the page; whether there is news is not worth an error. */
async function showAccount(reader: Reader): Promise<unknown> {
  const missing: PeerName[] = [];
  const [user, orders, notifications] = await Promise.all([
    reader.me(),
    showOrders(reader, onAccount),
    orMissing(missing, 'notifications', async () => (await reader.notifications(onAccount)).items),
  ]);
  if (!user) throw new Problem(404, 'user-not-found', 'the shop does not know this user');
  return { user, ...orders, notifications, missing: [...orders.missing, ...missing] };
}

interface OrdersView {
  readonly orders: readonly (OrderSummary & { readonly payments: readonly Payment[] | null })[];
  readonly next: number | null;
  readonly missing: readonly PeerName[];
}

async function showOrders(reader: Reader, query: PageQuery): Promise<OrdersView> {
  const missing: PeerName[] = [];
  const { items, next }: Page<OrderSummary> = await reader.orders(query);
  const payments = await orMissing(missing, 'payments', () =>
    Promise.all(items.map(({ id }) => reader.paymentsOf(id))),
  );
  const orders = items.map((order, index) => ({ ...order, payments: payments?.[index] ?? null }));
  return { orders, next, missing };
}

/** The order as it was placed, with what its products are today. */
async function showOrder(reader: Reader, { params: { id = '' } }: Call): Promise<unknown> {
  const order = toId(id) === 0 ? undefined : await reader.order(toId(id));
  if (!order) throw new Problem(404, 'order-not-found', `there is no order ${id.slice(0, 60)}`);
  const missing: PeerName[] = [];
  const [products, payments] = await Promise.all([
    orMissing(missing, 'products', () =>
      Promise.all(order.lines.map(({ productId }) => reader.product(productId))),
    ),
    orMissing(missing, 'payments', () => reader.paymentsOf(order.id)),
  ]);
  const lines = order.lines.map((line, index) => ({ ...line, product: products?.[index] ?? null }));
  return { ...order, lines, payments, missing };
}

/** What a part that is not the page itself says; null, and its name in `missing`, where it fails. */
async function orMissing<T>(missing: PeerName[], name: PeerName, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof OutgoingFailure)) throw error;
    missing.push(name);
    return null;
  }
}

const readPage = ({ query }: Call): PageQuery => ({
  limit: readInteger(query, 'limit', { min: 1, max: maxPage }) ?? defaultPage,
  before: readInteger(query, 'before', { min: 1, max: Number.MAX_SAFE_INTEGER }),
});

function readText(query: URLSearchParams, name: string): string {
  const text = query.get(name) ?? '';
  if (text.length <= maxText) return text;
  const detail = `expected at most ${maxText} characters, got ${text.length}`;
  throw new Problem(400, 'bad-query', `${name}: ${detail}`, { errors: [{ field: name, detail }] });
}
