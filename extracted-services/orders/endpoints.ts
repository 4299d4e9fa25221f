import { createHash } from 'node:crypto';
import type { Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { Problem } from '../chassis/problem.ts';
import { toDigest, toLegacyLine, toLegacyOrder, toLegacySummary } from './legacy-format.ts';
import { parseNewOrder } from './order.ts';
import { placeOrder } from './place-order.ts';
import type { Repository } from './repository.ts';

export interface EndpointOptions {
  readonly repository: Repository;
  /** What an order that is not there is answered with: 200 with an error inside, as the monolith does, or 404. */
  readonly unknownOrder: UnknownOrder;
  readonly now: () => number;
}

export const unknownOrders = ['as-legacy', 'problem'] as const;
export type UnknownOrder = (typeof unknownOrders)[number];

/** All that the service answers beside the chassis’ own: one line for each. */
export function createEndpoints(options: EndpointOptions): readonly Endpoint[] {
  const { repository } = options;
  return [
    { method: 'GET', path: '/v1/orders', access: 'open', handle: call => listOrders(repository, call) },
    { method: 'POST', path: '/v1/orders', access: 'open', handle: call => createOrder(options, call) },
    { method: 'GET', path: '/v1/orders/:id', access: 'open', handle: call => oneOrder(options, call) },
    {
      method: 'GET',
      path: '/v1/orders/:id/lines',
      access: 'open',
      handle: call => orderLines(options, call),
    },
    { method: 'GET', path: '/v1/digests/orders', access: 'open', handle: call => digests(repository, call) },
  ];
}

function listOrders(repository: Repository, { query }: Call): Answer {
  const limit = number(query, 'limit', 500) ?? 50;
  const orders = repository.list({
    userId: number(query, 'user_id'),
    status: query.get('status') ?? undefined,
    before: number(query, 'before'),
    limit,
  });
  const next = orders.length === limit ? orders.at(-1)?.id : undefined;
  return { status: 200, body: { orders: orders.map(toLegacySummary), count: orders.length, next } };
}

/** A number from the query; undefined if it is not given. */
function number(query: URLSearchParams, name: string, max = Number.MAX_SAFE_INTEGER): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = toId(text);
  if (value && value <= max) return value;
  const bound = max === Number.MAX_SAFE_INTEGER ? 'of 1 or more' : `from 1 to ${max}`;
  const detail = `expected a whole number ${bound}, got ${JSON.stringify(text.slice(0, 60))}`;
  throw new Problem(400, 'bad-query', `${name}: ${detail}`, { errors: [{ field: name, detail }] });
}

/** In the monolith's form, so that both can be held against each other. */
function digests(repository: Repository, { query }: Call): Answer {
  const after = query.get('after') === '0' ? 0 : (number(query, 'after') ?? 0);
  const page = repository.after(after, number(query, 'limit', 1000) ?? 500);
  return { status: 200, body: { digests: page.map(toDigest) } };
}

const toId = (text: string): number => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0);

function oneOrder(options: EndpointOptions, { params: { id = '' } }: Call): Answer {
  const order = options.repository.find(toId(id));
  return order ? { status: 200, body: toLegacyOrder(order) } : noOrder(options.unknownOrder, id);
}

function orderLines(options: EndpointOptions, { params: { id = '' } }: Call): Answer {
  const order = options.repository.find(toId(id));
  if (!order) return noOrder(options.unknownOrder, id);
  return { status: 200, body: { order_id: order.id, lines: order.lines.map(toLegacyLine) } };
}

function noOrder(unknownOrder: UnknownOrder, id: string): Answer {
  if (unknownOrder === 'as-legacy') return { status: 200, body: { error: 'order not found' } };
  throw new Problem(404, 'order-not-found', `there is no order ${id.slice(0, 60)}`);
}

/** The same key with the same body places one order, however often it is sent. */
function createOrder({ repository, now }: EndpointOptions, { headers, body }: Call): Answer {
  const wanted = parseNewOrder(parseJson(body));
  if (!('userId' in wanted)) throw badOrder(wanted);
  const key = idempotencyKey(headers['idempotency-key']);
  const bodyHash = createHash('sha256').update(body).digest('hex');
  return repository.transaction(() => {
    const known = key === undefined ? undefined : repository.recall(key);
    if (known) return again(repository, known, bodyHash);
    const placed = placeOrder(repository, wanted, new Date(now()).toISOString());
    if (!('id' in placed)) throw badOrder(placed);
    if (key !== undefined) repository.remember(key, { bodyHash, orderId: placed.id });
    return created(placed.id, toLegacyOrder(placed), {});
  });
}

function again(
  repository: Repository,
  known: { bodyHash: string; orderId: number },
  bodyHash: string,
): Answer {
  if (known.bodyHash !== bodyHash) {
    const detail = 'the key was used for another order';
    const errors = [{ field: 'header:idempotency-key', detail }];
    throw new Problem(422, 'idempotency-key-reused', detail, { errors });
  }
  const order = repository.find(known.orderId);
  return created(known.orderId, order && toLegacyOrder(order), { 'idempotent-replayed': 'true' });
}

const created = (id: number, body: unknown, headers: Readonly<Record<string, string>>): Answer => ({
  status: 201,
  headers: { location: `/v1/orders/${id}`, ...headers },
  body,
});

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw badOrder([{ field: '$', detail: 'expected JSON' }]);
  }
}

const badOrder = (errors: readonly { field: string; detail: string }[]): Problem =>
  new Problem(400, 'bad-order', errors.map(({ field, detail }) => `${field}: ${detail}`).join('; '), {
    errors,
  });

function idempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,128}$/.test(header)) return header;
  const detail = 'expected 1 to 128 visible characters';
  throw new Problem(400, 'bad-idempotency-key', detail, {
    errors: [{ field: 'header:idempotency-key', detail }],
  });
}
