import type { Order } from './order.ts';

/** Where this service keeps what it knows; `sqlite-repository.ts` implements it. */
export interface Repository {
  find(id: number): Order | undefined;
  /** Newest first. `before` is the id to go on below. Undefined means any. */
  list(filter: OrderFilter): readonly OrderSummary[];
  /** In the order of ids, after this one. */
  after(id: number, limit: number): readonly Order[];
  save(order: Order): void;
  /** The id that the next new order gets: above every id of the monolith's, for ever. */
  nextId(): number;
  customer(id: number): Customer | undefined;
  product(id: number): Product | undefined;
  saveCustomer(customer: Customer): void;
  saveProduct(product: Product): void;
  /** What was answered to this idempotency key. */
  recall(key: string): Remembered | undefined;
  remember(key: string, remembered: Remembered): void;
  progress(): Progress | undefined;
  saveProgress(progress: Progress): void;
  /** All of it or, if `work` throws, nothing. Not nestable. */
  transaction<T>(work: () => T): T;
  close(): void;
}

export type OrderSummary = Omit<Order, 'lines'>;

export interface OrderFilter {
  readonly userId: number | undefined;
  readonly status: string | undefined;
  readonly before: number | undefined;
  readonly limit: number;
}

/** Copies of what other domains own, until they have services of their own to ask. */
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
  /** SHA-256 of the request body, so that a key is not used for two different orders. */
  readonly bodyHash: string;
  readonly orderId: number;
}

/** How far the backfill has come: the last order that was copied, and whether that run reached the end. */
export interface Progress {
  readonly updatedAt: string;
  readonly orderId: number;
  readonly copied: number;
  readonly isFinished: boolean;
}
