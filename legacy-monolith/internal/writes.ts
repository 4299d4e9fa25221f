/**
 * What services write into the monolith's tables, so that its pages stay right after a switch. In the monolith's own
 * format, and not told of again by change capture: that would be a loop.
 */
import type { Shop } from '../shop.ts';
import { type Fields, forms, integer, list, object, text, Unfit } from './fields.ts';

const ids = { min: 1, max: Number.MAX_SAFE_INTEGER };
const keptEvents = 10_000;

/** What is not there, or not possible now: the body alone is fine. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** Runs `work` in a transaction in which the triggers are silent. */
function fromOutside<T>(shop: Shop, work: () => T): T {
  return shop.database.transaction(() => {
    shop.database.run('UPDATE capture SET is_muted = 1');
    const done = work();
    shop.database.run('UPDATE capture SET is_muted = 0');
    return done;
  });
}

/** Inserts or replaces an order with its payment state and lines. Throws Unfit, or Conflict for an unknown user or product. */
export function writeOrder(shop: Shop, id: number, body: unknown): void {
  const order = object(body);
  const head = [
    integer(order, 'user_id', ids),
    text(order, 'status', forms.word),
    text(order, 'currency', forms.currency),
    ...['net_total', 'tax_total', 'total'].map(name => text(order, name, forms.money)),
    ...['placed_at', 'updated_at'].map(name => text(order, name, forms.localTime)),
  ];
  const payment = [
    text({ card_suffix: '----', ...order }, 'card_suffix', forms.cardSuffix),
    text(order, 'total', forms.money),
    text(order, 'payment_status', forms.word),
    text(order, 'placed_at', forms.localTime),
  ];
  const lines = list(order, 'lines', 50).map(toLine);
  fromOutside(shop, () => {
    demand(shop, 'users', 'user_id', head[0] ?? 0);
    for (const [product] of lines) demand(shop, 'products', 'product_id', product);
    shop.database.run(
      `INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (order_id) DO UPDATE SET
         user_id = excluded.user_id, status = excluded.status, currency = excluded.currency,
         net_total = excluded.net_total, tax_total = excluded.tax_total, total = excluded.total,
         placed_at = excluded.placed_at, updated_at = excluded.updated_at`,
      ...[id, ...head],
    );
    shop.database.run('DELETE FROM order_lines WHERE order_id = ?', id);
    lines.forEach((line, index) => {
      shop.database.run('INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?)', id, index + 1, ...line);
    });
    shop.database.run(
      `INSERT INTO payments (order_id, card_suffix, amount, status, paid_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (order_id) DO UPDATE SET amount = excluded.amount, status = excluded.status`,
      ...[id, ...payment],
    );
  });
}

function toLine(value: unknown): readonly [number, number, string, string] {
  const line = object(value);
  return [
    integer(line, 'product_id', ids),
    integer(line, 'quantity', { min: 1, max: 99 }),
    text(line, 'unit_price', forms.money),
    text(line, 'line_total', forms.money),
  ];
}

function demand(shop: Shop, table: 'users' | 'products', column: string, id: string | number): void {
  if (!shop.database.first(`SELECT 1 FROM ${table} WHERE ${column} = ?`, id)) {
    throw new Conflict(`${column}: ${table} has no ${id}`);
  }
}

/** Inserts or replaces a product's catalogue entry; its stock is left alone, or 0 for a new one. */
export function writeProduct(shop: Shop, id: number, body: unknown): void {
  const product = object(body);
  const values = [
    ...['sku', 'product_name', 'category'].map(name => text(product, name, forms.line)),
    text(product, 'description', { form: 'up to 2000 characters', pattern: /^.{0,2000}$/s }),
    text(product, 'unit_price', forms.money),
  ];
  fromOutside(shop, () => {
    const sku = values[0] ?? '';
    if (shop.database.first('SELECT 1 FROM products WHERE sku = ? AND product_id <> ?', sku, id)) {
      throw new Conflict(`sku: ${sku} belongs to another product`);
    }
    shop.database.run(
      `INSERT INTO products VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (product_id) DO UPDATE SET
         sku = excluded.sku, product_name = excluded.product_name, category = excluded.category,
         description = excluded.description, unit_price = excluded.unit_price`,
      ...[id, ...values],
    );
  });
}

/**
 * Sets the stock of a product, `{ stock }`, or adds to it, `{ change, event }`: the same event adds once. Returns the
 * stock after. Throws Unfit, or Conflict for an unknown sku and for a stock that would be below 0.
 */
export function writeStock(shop: Shop, sku: string, body: unknown): number {
  const fields = object(body);
  return fromOutside(shop, () => {
    const before = shop.database.first<{ stock: number }>('SELECT stock FROM products WHERE sku = ?', sku);
    if (!before) throw new Conflict(`sku: products has no ${sku.slice(0, 60)}`);
    const after = stockAfter(shop, before.stock, fields);
    if (after < 0) throw new Conflict(`stock: ${sku} has ${before.stock}, the change is ${fields.change}`);
    shop.database.run('UPDATE products SET stock = ? WHERE sku = ?', after, sku);
    return after;
  });
}

function stockAfter(shop: Shop, before: number, fields: Fields): number {
  if (fields.change === undefined) return integer(fields, 'stock', { min: 0, max: 1_000_000_000 });
  const change = integer(fields, 'change', { min: -1_000_000, max: 1_000_000 });
  return isNewEvent(shop, text(fields, 'event', forms.event)) ? before + change : before;
}

/** Writes the event down; false if it was there. The latest ten thousand are known. */
function isNewEvent(shop: Shop, event: string): boolean {
  if (shop.database.first('SELECT 1 FROM applied_events WHERE event = ?', event)) return false;
  shop.database.run(
    'INSERT INTO applied_events SELECT ?, coalesce(max(number), 0) + 1 FROM applied_events',
    event,
  );
  shop.database.run(
    'DELETE FROM applied_events WHERE number <= (SELECT max(number) FROM applied_events) - ?',
    keptEvents,
  );
  return true;
}

/** Inserts or replaces a user. Without `password_hash` an old one keeps theirs, and a new one cannot log in here. */
export function writeUser(shop: Shop, id: number, body: unknown): void {
  const user = object(body);
  const hash = user.password_hash === undefined ? undefined : text(user, 'password_hash', forms.hash);
  const values = [
    text(user, 'email', forms.email).toLowerCase(),
    text(user, 'full_name', forms.line),
    text(user, 'city', forms.lineOrNothing),
  ];
  const role = text(user, 'role', forms.word);
  if (role !== 'customer' && role !== 'staff') {
    throw new Unfit(`role: expected customer or staff, got ${JSON.stringify(role)}`);
  }
  const created = text(user, 'created_at', forms.localTime);
  fromOutside(shop, () => {
    const email = values[0] ?? '';
    if (shop.database.first('SELECT 1 FROM users WHERE email = ? AND user_id <> ?', email, id)) {
      throw new Conflict('email: it belongs to another user');
    }
    shop.database.run(
      `INSERT INTO users VALUES (?1, ?2, ?3, ?4, coalesce(?5, ':'), ?6, ?7) ON CONFLICT (user_id) DO UPDATE SET
         email = excluded.email, full_name = excluded.full_name, city = excluded.city,
         password_hash = coalesce(?5, password_hash), role = excluded.role`,
      ...[id, ...values, hash ?? null, role, created],
    );
  });
}
