import { hashPassword } from './accounts.ts';
import type { Database } from './database.ts';
import { toLocal } from './local-time.ts';
import { taxWithin, toMoney } from './money.ts';
import { createRandom, type Random } from './random.ts';

/** The last seeded order is a little older than this. */
const referenceDate = Date.UTC(2026, 2, 4, 4, 6, 7);
const counts = { users: 500, orders: 2400 };
const minute = 60_000;
const day = 24 * 60 * minute;

/** Everybody's password, so that any seeded user can log in. */
export const demoPassword = 'wonderland';

/** Fills an empty shop with users, products and two years of orders: always the same ones, in one transaction. */
export function seed(database: Database): void {
  const random = createRandom(20_260_304);
  database.transaction(() => {
    seedUsers(database, random);
    const prices = seedProducts(database, random);
    seedOrders(database, random, prices);
  });
}

const firstNames =
  'Bob Carla Dilan Emma Felix Greta Hugo Ines Jonas Kemal Lena Marek Nora Oskar Paula Quirin Rosa Sören Tilda Uwe'.split(
    ' ',
  );
const lastNames =
  'Adler Bauer Çelik Dvořák Engel Fuchs Groß Hahn Ito Jäger Kowalski Lang Müller Nowak Okafor Peters Rossi Schäfer'.split(
    ' ',
  );
const cities = ['Berlin', 'Köln', 'Łódź', 'Malmö', 'Milano', 'Praha', 'Wien', 'Zürich'];

function seedUsers(database: Database, random: Random): void {
  // One hash for all: scrypt is slow on purpose, and five hundred of them would be half a minute.
  const hash = hashPassword(demoPassword, 'figs-are-false-fruits');
  const insert = (id: number, email: string, name: string, role: string): void => {
    const created = toLocal(referenceDate - (800 + random.integer(400)) * day);
    database.run(
      'INSERT INTO users VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[id, email, name, random.pick(cities), hash, role, created],
    );
  };
  insert(1, 'alice@example.com', 'Alice Liddell', 'customer');
  insert(2, 'admin@example.com', 'Ada Admin', 'staff');
  for (let id = 3; id <= counts.users; id++) {
    insert(id, `user${id}@example.com`, `${random.pick(firstNames)} ${random.pick(lastNames)}`, 'customer');
  }
}

const categories: Readonly<Record<string, readonly string[]>> = {
  garden: [
    'watering can',
    'trowel',
    'pruning saw',
    'plant label',
    'flower pot',
    'twine',
    'cold frame',
    'rake',
  ],
  kitchen: ['fig jam', 'bread knife', 'tea pot', 'mortar', 'crème brûlée dish', 'colander', 'apron', 'whisk'],
  home: ['blanket', 'door mat', 'candle', 'clothes hook', 'laundry basket', 'lampshade', 'vase', 'cushion'],
  paper: [
    'notebook',
    'envelope',
    'wall calendar',
    'postcard',
    'pencil',
    'ring binder',
    'gift wrap',
    'stamp pad',
  ],
};
const materials = 'beech copper cotton enamel felt glass linen oak steel stoneware wicker wool'.split(' ');

/** Returns each product's price in cents, by id. */
function seedProducts(database: Database, random: Random): Map<number, number> {
  const prices = new Map<number, number>();
  for (const [category, things] of Object.entries(categories)) {
    for (const thing of things) {
      for (const material of materials) {
        const id = prices.size + 1;
        const cents = 190 + random.integer(80) * 100 + random.pick([0, 5, 50]);
        prices.set(id, cents);
        const name = `${material[0]?.toUpperCase()}${material.slice(1)} ${thing}`;
        const about = `A ${thing} of ${material}, made to be used & kept. “Lasts longer than its label”, says the label.`;
        database.run(
          'INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, ?)',
          ...[id, `${category.slice(0, 2).toUpperCase()}-${1000 + id}`, name, category, about],
          ...[toMoney(cents), 200 + random.integer(800)],
        );
      }
    }
  }
  return prices;
}

function seedOrders(database: Database, random: Random, prices: ReadonlyMap<number, number>): void {
  const spacing = (730 * day) / counts.orders;
  for (let id = 1; id <= counts.orders; id++) {
    const placed = referenceDate - (counts.orders - id + 1) * spacing + random.integer(spacing * 0.9);
    // Alice has about one order in forty; a page of history needs something to show.
    const user = random.integer(40) === 0 ? 1 : 3 + random.integer(counts.users - 2);
    seedOrder(database, random, { id, user, placed, prices });
  }
}

function seedOrder(
  database: Database,
  random: Random,
  order: { id: number; user: number; placed: number; prices: ReadonlyMap<number, number> },
): void {
  const lines = pickLines(random, order.prices);
  const total = lines.reduce((sum, line) => sum + line.cents * line.quantity, 0);
  const tax = taxWithin(total);
  const { status, payment, days } = fateOf(referenceDate - order.placed, random);
  const placedAt = toLocal(order.placed);
  database.run(
    'INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[order.id, order.user, status, 'EUR', toMoney(total - tax), toMoney(tax), toMoney(total)],
    ...[placedAt, toLocal(Math.min(order.placed + days * day, referenceDate))],
  );
  lines.forEach((line, index) => {
    database.run(
      'INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?)',
      ...[order.id, index + 1, line.product, line.quantity],
      ...[toMoney(line.cents), toMoney(line.cents * line.quantity)],
    );
  });
  database.run(
    'INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?)',
    ...[order.id, order.id, String(1000 + random.integer(9000)), toMoney(total), payment, placedAt],
  );
  database.run(
    'INSERT INTO notifications (user_id, order_id, subject, sent_at) VALUES (?, ?, ?, ?)',
    ...[order.user, order.id, `Your order ${order.id}`, placedAt],
  );
}

interface SeedLine {
  readonly product: number;
  readonly quantity: number;
  readonly cents: number;
}

function pickLines(random: Random, prices: ReadonlyMap<number, number>): readonly SeedLine[] {
  const products = new Set<number>();
  const wanted = 1 + random.integer(4);
  while (products.size < wanted) products.add(1 + random.integer(prices.size));
  return [...products].map(product => ({
    product,
    quantity: 1 + random.integer(3),
    cents: prices.get(product) ?? 0,
  }));
}

/** What became of an order of this age in milliseconds, and after how many days. */
function fateOf(age: number, random: Random): { status: string; payment: string; days: number } {
  if (age < 2 * day) return { status: 'paid', payment: 'captured', days: 0 };
  if (age < 6 * day) return { status: 'shipped', payment: 'captured', days: 1 };
  const fate = random.integer(20);
  if (fate === 0) return { status: 'returned', payment: 'refunded', days: 12 };
  if (fate === 1) return { status: 'cancelled', payment: 'refunded', days: 1 };
  return { status: 'delivered', payment: 'captured', days: 4 };
}

/** Whether there is nothing in it yet. */
export const isEmpty = (database: Database): boolean =>
  database.first('SELECT 1 FROM users LIMIT 1') === undefined;
