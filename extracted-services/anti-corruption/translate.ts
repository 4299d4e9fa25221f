/** The services' words into the monolith's: the one place where both are known. Pure. */
import { toLocal } from '../chassis/berlin-time.ts';
import type { CloudEvent } from '../chassis/events/cloud-event.ts';

/** A write below `/internal` of the monolith. */
export interface LegacyWrite {
  readonly path: string;
  readonly body: object;
}

type Data = Readonly<Record<string, unknown>>;

const dataOf = ({ data, type }: CloudEvent): Data => {
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Data;
  throw new TypeError(`${type}: expected an object as data`);
};

const text = (data: Data, name: string): string => {
  const value = data[name];
  if (typeof value === 'string') return value;
  throw new TypeError(`${name}: expected text, got ${JSON.stringify(value)}`);
};

const integer = (data: Data, name: string): number => {
  const value = data[name];
  if (Number.isSafeInteger(value)) return Number(value);
  throw new TypeError(`${name}: expected a whole number, got ${JSON.stringify(value)}`);
};

const toMoney = (cents: number): string =>
  `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

/** A change to add up, once for this event. Undefined for what came from the monolith itself. */
export function stockWrite(event: CloudEvent): LegacyWrite | undefined {
  const data = dataOf(event);
  if (data.reason === 'legacy') return undefined;
  return {
    path: `/products/${encodeURIComponent(text(data, 'sku'))}/stock`,
    body: { change: integer(data, 'change'), event: event.id },
  };
}

/** The catalogue entry as it is now. Undefined for what came from the monolith itself. */
export function productWrite(event: CloudEvent): LegacyWrite | undefined {
  const data = dataOf(event);
  if (data.origin === 'legacy') return undefined;
  return {
    path: `/products/${integer(data, 'productId')}`,
    body: {
      sku: text(data, 'sku'),
      product_name: text(data, 'name'),
      category: text(data, 'category'),
      description: text(data, 'description'),
      unit_price: toMoney(integer(data, 'priceCents')),
    },
  };
}

/**
 * A user as the users service tells of them. The password stays there: who registered there logs in there, and reaches
 * the monolith's pages by nothing but their orders.
 */
export function userWrite(event: CloudEvent): LegacyWrite {
  const data = dataOf(event);
  const roles = Array.isArray(data.roles) ? data.roles : [];
  return {
    // The users service writes a number as its tokens do: as text.
    path: `/users/${idOf(text(data, 'userId'))}`,
    body: {
      email: text(data, 'email'),
      full_name: text(data, 'fullName'),
      city: text(data, 'city'),
      role: roles.includes('staff') ? 'staff' : 'customer',
      // Looked at for a new user alone.
      created_at: toLocal(event.time),
    },
  };
}

function idOf(text: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new TypeError(`userId: expected a number as text, got ${text.slice(0, 60)}`);
}

/** What the services call a status → what the monolith's pages know. Words that it has itself stay. */
const statuses: Readonly<Record<string, string>> = {
  placed: 'pending',
  confirmed: 'paid',
  rejected: 'cancelled',
};
const paymentStatuses: Readonly<Record<string, string>> = {
  authorised: 'captured',
  released: 'refunded',
};

/**
 * An order as `GET /v1/orders/:id` of the orders service gives it, without what other domains own: names are in the
 * monolith's own tables.
 */
export function orderWrite(order: Data): LegacyWrite {
  const status = text(order, 'status');
  const payment = text(order, 'payment_status');
  const lines = Array.isArray(order.lines) ? (order.lines as readonly Data[]) : [];
  return {
    path: `/orders/${integer(order, 'order_id')}`,
    body: {
      user_id: integer(order, 'user_id'),
      status: statuses[status] ?? status,
      payment_status: paymentStatuses[payment] ?? payment,
      ...Object.fromEntries(
        ['currency', 'net_total', 'tax_total', 'total', 'placed_at', 'updated_at'].map(name => [
          name,
          text(order, name),
        ]),
      ),
      lines: lines.map(line => ({
        product_id: integer(line, 'product_id'),
        quantity: integer(line, 'quantity'),
        unit_price: text(line, 'unit_price'),
        line_total: text(line, 'line_total'),
      })),
    },
  };
}

/** The number in `order/1000042`. */
export function orderIdOf({ subject }: CloudEvent): number {
  const id = /^orders?\/([1-9]\d{0,14})$/.exec(subject)?.[1];
  if (id === undefined) throw new TypeError(`subject: expected order/<number>, got ${subject.slice(0, 60)}`);
  return Number(id);
}
