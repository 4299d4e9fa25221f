import { newEvent, type EventType as ToldType } from '../chassis/events/cloud-event.ts';
import { type Trace, toTraceparent } from '../chassis/trace.ts';
import { type Command, decide } from './decide.ts';
import type { EventType } from './events.ts';
import { evolve, type OrderState } from './evolve.ts';
import type { Lease, Repository, Store } from './repository.ts';
import { nextMove } from './saga-steps.ts';

/** When and for whom something is decided. */
export interface Occasion {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly trace: Trace;
  /** Of whoever goes on with the saga after it. */
  readonly lease: Lease;
}

/**
 * Decides on a command and writes down what happens, with what is told to others and what is left to do: one transaction.
 * Resolves with the state after.
 */
export const execute = (
  repository: Repository,
  id: number,
  command: Command,
  occasion: Occasion,
): Promise<OrderState> => repository.transaction(store => apply(store, id, command, occasion));

/** The same within a transaction that does more. */
export async function apply(
  store: Store,
  id: number,
  command: Command,
  { now, trace, lease }: Occasion,
): Promise<OrderState> {
  const { state, version } = await store.load(id);
  const at = new Date(now).toISOString();
  const events = decide(command, state, { id, at });
  if (events.length === 0) return state;
  await store.append(id, version, events);
  const after = events.reduce((known, event) => evolve(known, event, id), state);
  if (after.saga) await store.setSaga(id, nextMove(after) && lease);
  for (const { type } of events) {
    const told = tellings[type];
    if (told) await store.tell(toEvent(told, id, after, trace));
  }
  return after;
}

/** What others are told of: nothing that the monolith did, which it tells itself. */
const tellings: Readonly<Partial<Record<EventType, ToldType>>> = {
  'order-placed': 'order.placed.v1',
  'order-confirmed': 'order.confirmed.v1',
  'order-rejected': 'order.rejected.v1',
  'order-cancelled': 'order.cancelled.v1',
};

function toEvent(type: ToldType, id: number, { order, saga }: OrderState, trace: Trace) {
  if (!order) throw new TypeError(`order ${id} is told of and is not there`);
  const { userId, status, totalCents, currency } = order;
  const reason = type === 'order.rejected.v1' ? saga?.failure?.code : undefined;
  return newEvent({
    source: '/services/orders',
    type,
    subject: `order/${id}`,
    traceparent: toTraceparent(trace),
    data: { orderId: id, userId, status, totalCents, currency, ...(reason !== undefined && { reason }) },
  });
}
