import { setTimeout } from 'node:timers/promises';
import type { Access, Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { toId } from '../chassis/person.ts';
import { readInteger } from '../chassis/query.ts';
import { noOrder } from './answer.ts';
import { toDigest } from './legacy-format.ts';
import type { Order } from './order.ts';
import { userOf } from './person.ts';
import { createPresenter, type Presenter } from './present.ts';
import type { Repository } from './repository.ts';
import type { Switches } from './switches.ts';
import { cancel, place, type WritingOptions } from './writing.ts';

export interface EndpointOptions extends WritingOptions {
  readonly switches: Switches;
  /** Whether tokens are asked for: `off` is for loopback alone. */
  readonly auth: 'on' | 'off';
}

/** All that the service answers beside the chassis’ own: one line for each. */
export function createEndpoints(options: EndpointOptions): readonly Endpoint[] {
  const { auth, repository, switches } = options;
  const present = createPresenter(switches);
  const to = (scope: 'read' | 'write'): Access => (auth === 'off' ? 'open' : { scopes: [`orders:${scope}`] });
  const slowly =
    (handle: (call: Call) => Promise<Answer>) =>
    async (call: Call): Promise<Answer> => {
      if (switches.delay === 'slow') await setTimeout(slowness);
      return handle(call);
    };
  return [
    {
      method: 'GET',
      path: '/v1/orders',
      access: to('read'),
      handle: slowly(call => list(options, present, call)),
    },
    {
      method: 'POST',
      path: '/v1/orders',
      access: to('write'),
      handle: call => place(options, present, call),
    },
    {
      method: 'GET',
      path: '/v1/orders/:id',
      access: to('read'),
      handle: slowly(call => one(options, call, present.order)),
    },
    {
      method: 'GET',
      path: '/v1/orders/:id/lines',
      access: to('read'),
      handle: slowly(call =>
        one(options, call, order => ({ order_id: order.id, lines: present.lines(order) })),
      ),
    },
    {
      method: 'POST',
      path: '/v1/orders/:id/cancel',
      access: to('write'),
      handle: call => cancel(options, present, call),
    },
    {
      method: 'GET',
      path: '/v1/digests/orders',
      access: to('read'),
      handle: call => digests(repository, call),
    },
  ];
}

const slowness = 150;
const ids = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** Whose orders alone a caller may read; undefined for any. */
const readerOf = ({ switches }: EndpointOptions, { caller }: Call): number | undefined =>
  switches.readers === 'own' ? userOf(caller) : undefined;

async function list(options: EndpointOptions, present: Presenter, call: Call): Promise<Answer> {
  const { query } = call;
  const limit = readInteger(query, 'limit', { min: 1, max: 500 }) ?? 50;
  const before = readInteger(query, 'before', ids);
  const order = before === undefined ? options.switches.listOrder : 'newest-first';
  const orders = await options.repository.readModel.list({
    userId: readerOf(options, call) ?? readInteger(query, 'user_id', ids),
    status: query.get('status') || undefined,
    ...{ before, limit, order },
  });
  const last = order === 'newest-first' && orders.length === limit ? orders.at(-1) : undefined;
  const next = last && { next: last.id };
  return { status: 200, body: { orders: orders.map(present.summary), count: orders.length, ...next } };
}

/** In the monolith's form, so that both can be held against each other. */
async function digests({ readModel }: Repository, { query }: Call): Promise<Answer> {
  const after = readInteger(query, 'after', { min: 0, max: ids.max }) ?? 0;
  const page = await readModel.after(after, readInteger(query, 'limit', { min: 1, max: 1000 }) ?? 500);
  return { status: 200, body: { digests: page.map(toDigest) } };
}

/** From its events, so that it is never behind: who was told of an order by an event reads what the event is about. */
async function find(options: EndpointOptions, call: Call): Promise<Order | undefined> {
  const { order } = (await options.repository.load(toId(call.params.id ?? ''))).state;
  const reader = readerOf(options, call);
  return reader === undefined || order?.userId === reader ? order : undefined;
}

async function one(options: EndpointOptions, call: Call, toBody: (order: Order) => unknown): Promise<Answer> {
  const order = await find(options, call);
  if (order) return { status: 200, body: toBody(order) };
  if (options.switches.unknown === 'as-legacy') return { status: 200, body: { error: 'order not found' } };
  throw noOrder(call.params.id);
}
