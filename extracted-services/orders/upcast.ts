/**
 * Events live for ever, their shape does not: what was written by an older version is turned into today's shape when it
 * is read. Nothing is rewritten. Pure.
 */
import type { EventType, OrderEvent } from './events.ts';

/** As it lies in the store. */
export interface StoredEvent {
  readonly type: string;
  /** Of the shape of `data`, from 1. */
  readonly schema: number;
  readonly at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

type Data = StoredEvent['data'];

/** For each type, what turns version 1 into 2, then 2 into 3, and so on. A type that is not named is at version 1. */
const upcasters: Readonly<Partial<Record<EventType, readonly ((data: Data) => Data)[]>>> = {
  // 1 had the totals of lines and order added up by whoever read it, and no currency: all was in euros.
  'order-placed': [addTotals],
};

const types: Readonly<Record<EventType, true>> = {
  'order-placed': true,
  'stock-reserved': true,
  'stock-committed': true,
  'stock-released': true,
  'payment-authorised': true,
  'payment-captured': true,
  'payment-returned': true,
  'step-failed': true,
  'order-confirmed': true,
  'order-rejected': true,
  'order-cancelled': true,
  'cancel-asked': true,
  'legacy-changed': true,
  'legacy-removed': true,
};

const latest = (type: EventType): number => (upcasters[type]?.length ?? 0) + 1;

export function toStored(event: OrderEvent): StoredEvent {
  const { type, at, ...data } = event;
  return { type, schema: latest(type), at, data };
}

/** Throws a TypeError for a type or a version of the future: to guess would be worse. */
export function upcast({ type, schema, at, data }: StoredEvent): OrderEvent {
  if (!Object.hasOwn(types, type)) throw new TypeError(`an event of the type ${type} is not known`);
  const known = type as EventType;
  if (schema < 1 || schema > latest(known)) {
    throw new TypeError(`${type}: expected a version from 1 to ${latest(known)}, got ${schema}`);
  }
  const current = (upcasters[known] ?? []).slice(schema - 1).reduce((old, next) => next(old), data);
  return { type: known, at, ...current } as unknown as OrderEvent;
}

function addTotals(data: Data): Data {
  const old = data as unknown as {
    readonly taxCents: number;
    readonly lines: readonly { readonly quantity: number; readonly unitCents: number }[];
  };
  const lines = old.lines.map(line => ({ ...line, lineCents: line.quantity * line.unitCents }));
  const totalCents = lines.reduce((sum, line) => sum + line.lineCents, 0);
  return { ...data, currency: 'EUR', lines, totalCents, netCents: totalCents - old.taxCents };
}
