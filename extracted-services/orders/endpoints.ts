import { setTimeout } from 'node:timers/promises';
import type { Caller } from '../chassis/auth.ts';
import type { Access, Answer, Call, Endpoint } from '../chassis/endpoint.ts';
import { idempotencyKeyOf } from '../chassis/idempotency-key.ts';
import { Problem } from '../chassis/problem.ts';
import { readInteger } from '../chassis/query.ts';
import { answerTo } from './answer.ts';
import { Refused } from './decide.ts';
import { toDigest } from './legacy-format.ts';
import { isOwn, type Order, parseNewOrder } from './order.ts';
import { execute, type Occasion } from './order-log.ts';
import { placeOrder } from './place-order.ts';
import { createPresenter, type Presenter } from './present.ts';
import type { Projector } from './projector.ts';
import type { Repository } from './repository.ts';
import type { SagaRunner } from './saga-runner.ts';
import type { Switches } from './switches.ts';

export interface EndpointOptions {
  readonly repository: Repository;
  readonly runner: SagaRunner;
  readonly projector: Projector;
  readonly switches: Switches;
  /** Whether tokens are asked for: `off` is for loopback alone. */
  readonly auth: 'on' | 'off';
  /** Milliseconds that placing and cancelling wait for the end of the saga. */
  readonly answerWithin: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
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

const toId = (text = ''): number => (/^[1-9]\d{0,14}$/.test(text) ? Number(text) : 0);

/** The user that a caller is; undefined for services, staff and API keys, and where nobody is asked. */
const personOf = ({ sub, client, roles }: Caller): number | undefined =>
  sub === '' || client !== undefined || roles.includes('staff') || sub.startsWith('key:')
    ? undefined
    : toId(sub);

/** Whose orders alone a caller may read; undefined for any. */
const readerOf = ({ switches }: EndpointOptions, { caller }: Call): number | undefined =>
  switches.readers === 'own' ? personOf(caller) : undefined;

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
  const { order } = (await options.repository.load(toId(call.params.id))).state;
  const reader = readerOf(options, call);
  return reader === undefined || order?.userId === reader ? order : undefined;
}

async function one(options: EndpointOptions, call: Call, toBody: (order: Order) => unknown): Promise<Answer> {
  const order = await find(options, call);
  if (order) return { status: 200, body: toBody(order) };
  if (options.switches.unknown === 'as-legacy') return { status: 200, body: { error: 'order not found' } };
  throw notFound(call);
}

const notFound = ({ params }: Call): Problem =>
  new Problem(404, 'order-not-found', `there is no order ${params.id?.slice(0, 60)}`);

const occasionOf = ({ now, runner }: EndpointOptions, { trace }: Call): Occasion => ({
  now: now(),
  trace,
  lease: runner.lease(),
});

async function place(options: EndpointOptions, present: Presenter, call: Call): Promise<Answer> {
  const { repository, runner, projector } = options;
  const wanted = parseNewOrder(call.json());
  const person = personOf(call.caller);
  if (person !== undefined && person !== wanted.userId) {
    throw new Problem(403, 'not-yours', 'people place orders for themselves');
  }
  const key = idempotencyKeyOf(call);
  const { id, isReplay } = await placeOrder(repository, wanted, key, occasionOf(options, call));
  if (!isReplay) runner.run(id, { card: wanted.card, trace: call.trace });
  const location = `orders/${id}`;
  return end(options, { id, isReplay, location, present, wait: () => projector.catchUp() });
}

async function cancel(options: EndpointOptions, present: Presenter, call: Call): Promise<Answer> {
  const { repository, runner, projector } = options;
  const id = toId(call.params.id);
  const person = personOf(call.caller);
  const { order } = (await repository.load(id)).state;
  if (!order || (person !== undefined && person !== order.userId)) throw notFound(call);
  if (!isOwn(id)) throw notPossible('it was placed at the monolith, which has its money');
  try {
    await execute(repository, id, { kind: 'cancel' }, occasionOf(options, call));
  } catch (error) {
    throw error instanceof Refused ? notPossible(error.message) : error;
  }
  runner.run(id, { card: undefined, trace: call.trace });
  const location = `../${id}`;
  return end(options, { id, isReplay: false, location, present, wait: () => projector.catchUp() });
}

const notPossible = (detail: string): Problem => new Problem(409, 'order-status', detail);

interface End {
  readonly id: number;
  readonly isReplay: boolean;
  /** Relative to the path of the request. */
  readonly location: string;
  readonly present: Presenter;
  /** For the read model, so that who has placed an order finds it in their list. */
  readonly wait: () => Promise<void>;
}

async function end(
  options: EndpointOptions,
  { id, isReplay, location, present, wait }: End,
): Promise<Answer> {
  await options.runner.settled(id, options.answerWithin);
  await wait().catch(() => {});
  const { state } = await options.repository.load(id);
  const headers: Record<string, string> = isReplay ? { 'idempotent-replayed': 'true' } : {};
  return answerTo(state, { present, location, headers });
}
