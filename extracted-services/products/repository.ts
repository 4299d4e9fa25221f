import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import type { Product, ProductQuery } from './product.ts';
import type { Reservation, ReservationState } from './reservation.ts';

/** Where this service keeps what it knows; `sql-repository.ts` implements it. */
export interface Repository extends Reading {
  /** All of it or, if `work` throws, nothing. `work` may be run again, so it changes nothing but the store. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Reading {
  find(id: number): Promise<Product | undefined>;
  /** Those of these ids that there are, in the order of ids. */
  findMany(ids: readonly number[]): Promise<readonly Product[]>;
  list(query: ListQuery): Promise<readonly Product[]>;
  /** In the order of ids, after this one. */
  after(id: number, limit: number): Promise<readonly Product[]>;
  reservation(id: string): Promise<Reservation | undefined>;
  /** Ids of held reservations whose time was up at `now`, the oldest first. */
  due(now: number, limit: number): Promise<readonly string[]>;
  progress(): Promise<Progress | undefined>;
}

/** What can be done inside a transaction. */
export interface Store extends Reading {
  /** Inserts or replaces. `legacyChange` is the number of the monolith's change that it is as new as. */
  save(product: Product, legacyChange: number): Promise<void>;
  remove(id: number): Promise<void>;
  legacyChangeOf(id: number): Promise<number | undefined>;
  /**
   * Adds to the stock. False, and nothing is changed, if there is no such product, or if less than `least` would be left.
   * What the monolith has sold is sold: only for that there is no least.
   */
  addStock(id: number, change: number, least: number): Promise<boolean>;
  setPrice(id: number, cents: number): Promise<void>;
  addReservation(reservation: Reservation, now: number): Promise<void>;
  setState(id: string, state: ReservationState): Promise<void>;
  /** Deletes reservations that are not held and were made before this time. */
  forgetReservations(before: number): Promise<void>;
  saveProgress(progress: Progress): Promise<void>;
  /** Published once the transaction is kept. */
  tell(event: CloudEvent): Promise<void>;
  /** Runs `work` unless this event was handled before. Resolves with whether it was now. */
  once(event: CloudEvent, work: () => Promise<void>): Promise<boolean>;
}

export interface ListQuery extends ProductQuery {
  readonly order: 'id' | 'name';
  /** Whether `%` and `_` in a search stand for themselves. */
  readonly matching: 'literal' | 'pattern';
}

/** How far the backfill has come. */
export interface Progress {
  /** The last product that was copied. */
  readonly after: number;
  readonly copied: number;
  readonly isFinished: boolean;
}
