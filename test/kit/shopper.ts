/** Somebody who orders over the JSON API of a gateway, in the form that the monolith took. */
import { cards } from './shop.ts';

export interface Asked {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Shopper {
  ask(
    method: string,
    path: string,
    more?: { json?: unknown; headers?: Record<string, string> },
  ): Promise<Asked>;
  /** Orders pieces of one product; `key` is an Idempotency-Key. */
  order(wanted: Wanted): Promise<Asked>;
}

export interface Wanted {
  readonly product: number;
  readonly quantity?: number;
  readonly card?: string;
  readonly key?: string;
  readonly userId?: number;
}

/** @param identity fields by which each request says who asks; none for a stranger. */
export function createShopper(
  url: string,
  userId: number,
  identity: Readonly<Record<string, string>> = {},
): Shopper {
  const shopper: Shopper = {
    async ask(method, path, { json, headers = {} } = {}) {
      const answer = await fetch(url + path, {
        method,
        headers: {
          ...identity,
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      const text = await answer.text();
      return { status: answer.status, headers: answer.headers, body: text === '' ? {} : JSON.parse(text) };
    },
    order: ({ product, quantity = 1, card = cards.pays, key, userId: whose = userId }) =>
      shopper.ask('POST', '/orders', {
        json: { user_id: whose, lines: [{ product_id: product, quantity }], card },
        headers: key === undefined ? {} : { 'idempotency-key': key },
      }),
  };
  return shopper;
}

/** Where an answer says that its order is, for whoever asked for `/orders`: `/orders/1000000`. */
export const placeOf = ({ headers }: Asked): string =>
  new URL(headers.get('location') ?? '', 'http://shop.example.com/orders').pathname;
