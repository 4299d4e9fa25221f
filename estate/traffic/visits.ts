import type { Random } from './random.ts';
import type { Heard, Visitor } from './visitor.ts';

/** One visit from beginning to end, in the shop's own seed: 500 users, 384 products, 2,400 orders. */
export interface Visit {
  readonly name: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  go(visitor: Visitor, random: Random): Promise<void>;
}

const password = 'wonderland';
const payingCard = '4111111111111111';
const decliningCard = '4000000000000002';
/** Pieces of a product beyond which nobody orders more. */
const plenty = 600;
const statuses = ['paid', 'shipped', 'delivered', 'cancelled'] as const;
const categories = ['garden', 'kitchen', 'home', 'paper'] as const;

const product = (random: Random): number => random.between(1, 384);
const order = (random: Random): number => random.between(1, 2400);
/** One of the customers whose names are numbers. */
const customer = (random: Random): string => `user${random.between(3, 500)}@example.com`;

export const visits: readonly Visit[] = [
  {
    name: 'browse',
    weight: 30,
    async go(visitor, random) {
      await visitor.ask('GET', '/');
      await visitor.ask('GET', `/shop?category=${random.pick(categories)}`);
      for (let seen = random.between(1, 3); seen > 0; seen--)
        await visitor.ask('GET', `/shop/${product(random)}`);
      if (random.happens(0.3)) await visitor.ask('GET', '/static/fig.png');
    },
  },
  {
    name: 'phone',
    weight: 40,
    async go(visitor, random) {
      await visitor.ask('GET', `/products?page=${random.between(1, 10)}`);
      for (let seen = random.between(1, 3); seen > 0; seen--)
        await visitor.ask('GET', `/products/${product(random)}`);
      const id = order(random);
      await visitor.ask('GET', `/orders/${id}`);
      if (random.happens(0.5)) await visitor.ask('GET', `/orders/${id}/lines`);
      if (random.happens(0.3)) await visitor.ask('GET', `/orders?user_id=${random.between(3, 500)}&limit=20`);
    },
  },
  { name: 'buy', weight: 20, go: buy },
  {
    name: 'account',
    weight: 6,
    async go(visitor, random) {
      const json = { email: customer(random), password };
      const login = await visitor.ask('POST', '/v1/login', { json });
      const { access_token: token, refresh_token: refresh } = login?.json ?? {};
      if (typeof token !== 'string' || typeof refresh !== 'string') return;
      await visitor.ask('GET', '/v1/users/me', { token });
      await visitor.ask('POST', '/oauth/revoke', { form: { token: refresh } });
    },
  },
  { name: 'restock', weight: 4, go: restock },
  { name: 'look-back', weight: 40, go: lookBack },
];

/** Logs in, fills the cart, orders and pays; some change their mind. */
async function buy(visitor: Visitor, random: Random): Promise<void> {
  await visitor.ask('GET', '/login');
  await visitor.ask('POST', '/login', { form: { email: customer(random), password, next: '/shop' } });
  for (let items = random.between(1, 3); items > 0; items--) {
    const form = { product_id: String(product(random)), quantity: String(random.between(1, 2)) };
    await visitor.ask('POST', '/cart', { form });
  }
  await visitor.ask('GET', '/cart');
  const card = random.happens(0.1) ? decliningCard : payingCard;
  const placed = await visitor.ask('POST', '/checkout', { form: { card } });
  const isOrdered = placed?.status === 302 && placed.location.startsWith('/account/orders/');
  if (isOrdered) await lookAt(visitor, random, placed);
  await visitor.ask('GET', '/account/orders');
  if (random.happens(0.5)) await visitor.ask('GET', '/payments');
  await visitor.ask('POST', '/logout', { form: {} });
}

async function lookAt(visitor: Visitor, random: Random, { location }: Heard): Promise<void> {
  await visitor.ask('GET', location);
  await visitor.ask('GET', location.replace('/account', ''));
  if (random.happens(0.3)) await visitor.ask('POST', `${location}/cancel`, { form: {} });
}

/** Logs in, and goes through what was ordered, list by list and one by one: with an order that is long gone now and then. */
async function lookBack(visitor: Visitor, random: Random): Promise<void> {
  const user = random.between(3, 500);
  const form = { email: `user${user}@example.com`, password, next: '/shop' };
  await visitor.ask('POST', '/login', { form });
  for (let pages = 5; pages > 0; pages--) {
    const status = random.happens(0.5) ? `&status=${random.pick(statuses)}` : '';
    await visitor.ask('GET', `/orders?user_id=${user}${status}&limit=${random.between(5, 50)}`);
    await visitor.ask('GET', `/orders/${random.happens(0.02) ? 0 : order(random)}`);
  }
  await visitor.ask('POST', '/logout', { form: {} });
}

/** Staff put something back on the shelf, so that there is something to buy tomorrow too. */
async function restock(visitor: Visitor, random: Random): Promise<void> {
  await visitor.ask('POST', '/login', { form: { email: 'admin@example.com', password, next: '/shop' } });
  for (let shelves = random.between(2, 5); shelves > 0; shelves--) {
    const path = `/products/${product(random)}`;
    const { unit_price: price, stock } = (await visitor.ask('GET', path))?.json ?? {};
    if (typeof price !== 'string' || typeof stock !== 'number' || stock >= plenty) continue;
    await visitor.ask('PUT', path, { json: { unit_price: price, stock: stock + 20 } });
  }
}
