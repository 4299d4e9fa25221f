/** What is made of each event that others tell: once, in whatever order and however late they come. */
import { Unhandleable } from '../chassis/events/bus.ts';
import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import { parseLegacyChanged } from '../chassis/legacy/changed.ts';
import { newTrace, type Trace, traceOf } from '../chassis/trace.ts';
import type { Command } from './decide.ts';
import type { Saga } from './evolve.ts';
import type { Payments } from './far-side.ts';
import { fromLegacyOrder, toCents } from './legacy-format.ts';
import { isOwn } from './order.ts';
import { apply, type Occasion } from './order-log.ts';
import type { Repository, Store } from './repository.ts';
import { nextMove } from './saga-steps.ts';

export interface ConsumeOptions {
  readonly repository: Repository;
  readonly payments: Payments;
  /** For sagas that an event begins. */
  readonly occasion: (trace: Trace) => Occasion;
  /** Told of a saga that has begun. */
  readonly onSaga: (id: number, trace: Trace) => void;
}

type Handler = (options: ConsumeOptions, event: CloudEvent) => Promise<void>;

export const handlers: Readonly<Record<string, Handler>> = {
  'legacy.order.changed.v1': takeOrder,
  'legacy.user.changed.v1': inStore(async (store, event) => {
    const { key, payload } = legible(() => parseLegacyChanged(event));
    if (payload)
      await store.saveCustomer({ id: Number(key), name: text(payload, 'full_name') }, timeOf(event));
  }),
  'user.registered.v1': inStore(takeUser),
  'user.changed.v1': inStore(takeUser),
  'legacy.product.changed.v1': inStore(async (store, event) => {
    const { key, payload } = legible(() => parseLegacyChanged(event));
    if (!payload) return;
    const [sku, name] = [text(payload, 'sku'), text(payload, 'product_name')];
    const cents = toCents(text(payload, 'unit_price'));
    await store.saveProduct({ id: Number(key), sku, name, cents }, timeOf(event));
  }),
  'product.changed.v1': inStore(async (store, event) => {
    const data = dataOf(event);
    const [sku, name] = [text(data, 'sku'), text(data, 'name')];
    const [id, cents] = [number(data, 'productId'), number(data, 'priceCents')];
    await store.saveProduct({ id, sku, name, cents }, timeOf(event));
  }),
  'payment.authorised.v1': returnStray,
};

async function takeOrder(options: ConsumeOptions, event: CloudEvent): Promise<void> {
  const { repository, occasion, onSaga } = options;
  const { id, command } = legible(() => toCommand(event));
  const trace = traceOfEvent(event);
  let isBegun = false;
  await repository.transaction(store =>
    store.once(event, async () => {
      const after = await apply(store, id, command, occasion(trace));
      isBegun = isOwn(id) && nextMove(after) !== undefined;
    }),
  );
  if (isBegun) onSaga(id, trace);
}

function toCommand(event: CloudEvent): { readonly id: number; readonly command: Command } {
  const { change, op, key, payload } = parseLegacyChanged(event);
  const id = Number(key);
  if (!Number.isSafeInteger(id) || id < 1) throw new TypeError(`key: expected an order, got ${key}`);
  if (!payload) return { id, command: { kind: 'remove-legacy', change } };
  const kind = op === 'snapshot' ? 'take-snapshot' : 'take-legacy';
  return { id, command: { kind, change, order: fromLegacyOrder(payload) } };
}

/** What cannot be read now cannot be read later: a dead letter at once. */
function legible<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof TypeError ? new Unhandleable(error.message) : error;
  }
}

async function takeUser(store: Store, event: CloudEvent): Promise<void> {
  const data = dataOf(event);
  await store.saveCustomer({ id: number(data, 'userId'), name: text(data, 'fullName') }, timeOf(event));
}

/**
 * Money that was promised for an order that has no use for it any more: the request was slower than the saga that gave
 * up on it. It is given back; a repetition finds that done.
 */
async function returnStray({ repository, payments }: ConsumeOptions, event: CloudEvent): Promise<void> {
  const data = dataOf(event);
  const [id, paymentId] = [Number(text(data, 'orderId')), text(data, 'paymentId')];
  if (!isOwn(id)) return;
  const { saga } = (await repository.load(id)).state;
  if (!saga || isWanted(saga, paymentId)) return;
  const trace = traceOfEvent(event);
  const found = (await payments.find(id, trace)).find(payment => payment.paymentId === paymentId);
  if (found) await payments.giveBack(id, found, trace);
}

/** A saga that is being taken back wants none: what it has not seen yet is given back here, what it has, twice. */
const isWanted = ({ phase, paymentId }: Saga, given: string): boolean =>
  (phase === 'running' || phase === 'confirmed') && (paymentId === undefined || paymentId === given);

function inStore(work: (store: Store, event: CloudEvent) => Promise<void>): Handler {
  return ({ repository }, event) =>
    repository.transaction(store => store.once(event, () => work(store, event)));
}

type Data = Readonly<Record<string, unknown>>;

function dataOf({ data, type }: CloudEvent): Data {
  if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Data;
  throw new Unhandleable(`${type}: expected an object as data`);
}

function text(data: Data, name: string): string {
  const value = data[name];
  if (typeof value === 'string') return value;
  throw new Unhandleable(`${name}: expected text, got ${JSON.stringify(value)?.slice(0, 60)}`);
}

function number(data: Data, name: string): number {
  const value = Number(data[name]);
  if (Number.isSafeInteger(value)) return value;
  throw new Unhandleable(`${name}: expected a whole number, got ${JSON.stringify(data[name])?.slice(0, 60)}`);
}

const timeOf = ({ time }: CloudEvent): string => new Date(time).toISOString();

const traceOfEvent = ({ traceparent }: CloudEvent): Trace =>
  traceparent === undefined ? newTrace() : traceOf({ traceparent });
