import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import type { OrderEvent } from './events.ts';
import type { OrderState } from './evolve.ts';
import type { Order } from './order.ts';

/** Where this service keeps what it knows; `sql-repository.ts` implements it. */
export interface Repository {
  /** The write side: an order as its events tell it, up to the last one. */
  load(id: number): Promise<Stream>;
  /** All of it or, if `work` throws, nothing. `work` may run again, and changes nothing but the store. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
  readonly readModel: ReadModel;
  readonly sagas: Sagas;
  progress(): Promise<Progress | undefined>;
  close(): Promise<void>;
}

export interface Stream {
  readonly state: OrderState;
  /** How many events there are; 0 for none. */
  readonly version: number;
}

/** What is read and changed within one transaction. */
export interface Store {
  load(id: number): Promise<Stream>;
  /** Adds to a stream that has `expected` events. Throws a VersionConflict if it has others by now. */
  append(id: number, expected: number, events: readonly OrderEvent[]): Promise<void>;
  /** Above every id of the monolith's, and never the same twice. */
  nextId(): Promise<number>;
  customer(id: number): Promise<Customer | undefined>;
  product(id: number): Promise<Product | undefined>;
  /** Nothing, if what is known is newer. */
  saveCustomer(customer: Customer, asOf: string): Promise<void>;
  saveProduct(product: Product, asOf: string): Promise<void>;
  /** The order that was placed with this idempotency key. */
  recall(key: string): Promise<Remembered | undefined>;
  remember(key: string, remembered: Remembered, at: string): Promise<void>;
  saveProgress(progress: Progress): Promise<void>;
  /** The saga of this order is under way, and `owner` is at it until then; undefined: it has ended. */
  setSaga(id: number, lease: Lease | undefined): Promise<void>;
  /** Into the outbox. */
  tell(event: CloudEvent): Promise<void>;
  /** Does the work of an event unless it was done before. */
  once(event: CloudEvent, work: () => Promise<void>): Promise<void>;
}

export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
}

/** The read side: made from events, a moment behind them, and made anew at will. */
export interface ReadModel {
  /** Takes in events that it has not seen, at most so many. Resolves with how many. */
  project(limit: number): Promise<number>;
  list(filter: OrderFilter): Promise<readonly OrderSummary[]>;
  /** In the order of ids, after this one. */
  after(id: number, limit: number): Promise<readonly Order[]>;
  /** Begins a new one beside the one that is read, and drops an earlier attempt. Resolves with its number. */
  begin(): Promise<number>;
  /** Takes so many events into the new one; where none is left it becomes the one that is read. */
  fill(generation: number, limit: number): Promise<{ readonly taken: number; readonly isActive: boolean }>;
}

/** Sagas that are under way, over crashes and over several processes. */
export interface Sagas {
  /** Takes for `owner` those that nobody is at, since their time is up. */
  claim(owner: string, now: number, until: number): Promise<readonly number[]>;
  /** Goes on with one; false if another one has taken it. */
  renew(id: number, owner: string, until: number): Promise<boolean>;
  /** Nobody is at what `owner` had: for an end, and for the start after a crash. */
  letGo(owner: string): Promise<void>;
  count(): Promise<number>;
}

/** Instants in milliseconds since 1970. */
export interface Lease {
  readonly owner: string;
  readonly until: number;
}

export type OrderSummary = Omit<Order, 'lines'>;

export interface OrderFilter {
  readonly userId: number | undefined;
  readonly status: string | undefined;
  /** The id to go on below. */
  readonly before: number | undefined;
  readonly limit: number;
  /** Newest first, or scattered as the monolith does it. */
  readonly order: 'newest-first' | 'as-legacy';
}

/** Copies of what other domains own, to price and to name by: kept fresh by their events. */
export interface Customer {
  readonly id: number;
  readonly name: string;
}
export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly cents: number;
}

export interface Remembered {
  /** Hash of what was asked for, with the last four digits of the card and no more of it. */
  readonly fingerprint: string;
  readonly orderId: number;
}

/** How far the backfill has come: the last order that was copied, and whether that run reached the end. */
export interface Progress {
  readonly orderId: number;
  readonly copied: number;
  readonly isFinished: boolean;
}
