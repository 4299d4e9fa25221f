import type { EventEmitter } from 'node:events';
import type { Database } from './database.ts';

/** What every part of the monolith reaches into: one database, one clock, one process. */
export interface Shop {
  readonly database: Database;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A fresh session id that cannot be guessed. */
  readonly newId: () => string;
  /** How long the sales report takes, in milliseconds. */
  readonly reportDelay: number;
  /** Tells the ticker about orders as they are placed. */
  readonly placed: EventEmitter<{ order: [orderId: number] }>;
  /** The secret of `/internal`; undefined closes it. */
  readonly internalToken: string | undefined;
}

/** Ids from here on are given by services; the monolith numbers its own orders and users below. */
export const firstForeignId = 1_000_000;

/** A refusal in the words of the shop: something that the customer may read. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
}
