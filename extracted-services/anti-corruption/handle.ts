import type { Database } from '../chassis/database/database.ts';
import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import { handleNewest } from '../chassis/events/inbox.ts';
import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import type { Outgoing } from '../chassis/outgoing.ts';
import { newTrace, type Trace, traceOf } from '../chassis/trace.ts';
import { type LegacyWrite, orderIdOf, orderWrite, productWrite, stockWrite, userWrite } from './translate.ts';

export interface HandleOptions {
  readonly legacy: LegacyFeed;
  /** The orders service: an event says that an order has changed, and the service says what it is. */
  readonly orders: Outgoing;
  /** Which state of a product or a user was the newest so far. */
  readonly database: Database;
}

type Handler = (options: HandleOptions, event: CloudEvent) => Promise<void>;

/** What is done about each type of event. One that rejects is tried again, and ends as a dead letter with its reason. */
export const handlers: Readonly<Record<string, Handler>> = {
  // Added up by the monolith once for each event, so repetitions and another order do no harm.
  'stock.changed.v1': ({ legacy }, event) => write(legacy, stockWrite(event), traceOfEvent(event)),
  'product.changed.v1': (options, event) => writeNewest(options, event, productWrite(event)),
  'user.registered.v1': (options, event) => writeNewest(options, event, userWrite(event)),
  'user.changed.v1': (options, event) => writeNewest(options, event, userWrite(event)),
  'order.placed.v1': copyOrder,
  'order.confirmed.v1': copyOrder,
  'order.rejected.v1': copyOrder,
  'order.cancelled.v1': copyOrder,
};

async function write(legacy: LegacyFeed, wanted: LegacyWrite | undefined, trace: Trace): Promise<void> {
  if (wanted) await legacy.put(wanted.path, wanted.body, trace);
}

/** For a whole state: an older one that comes late, out of the dead letters perhaps, is left out. */
async function writeNewest(
  { legacy, database }: HandleOptions,
  event: CloudEvent,
  wanted: LegacyWrite | undefined,
): Promise<void> {
  if (!wanted) return;
  await database.transaction(async tx => {
    await handleNewest(tx, 'anti-corruption', event, () => write(legacy, wanted, traceOfEvent(event)));
  });
}

/** Asks for the order as it is now, so that any event brings the newest state, in whatever order they come. */
async function copyOrder({ legacy, orders }: HandleOptions, event: CloudEvent): Promise<void> {
  const trace = traceOfEvent(event);
  const id = orderIdOf(event);
  const { status, json } = await orders.request({ method: 'GET', path: `/v1/orders/${id}`, trace });
  const order = (json ?? {}) as Readonly<Record<string, unknown>>;
  if (status !== 200 || 'error' in order) throw new Error(`orders answered ${status} for order ${id}`);
  await write(legacy, orderWrite(order), trace);
}

const traceOfEvent = ({ traceparent }: CloudEvent): Trace =>
  traceparent === undefined ? newTrace() : traceOf({ traceparent });
