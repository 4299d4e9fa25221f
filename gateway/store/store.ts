import type { LastGoodStore } from '../config/last-good.ts';
import type { HoldStore, MoveStore } from '../routing/route.ts';

/** What survives a restart. A method rejects while the store is away; the next one tries again. */
export interface Store extends HoldStore, MoveStore, LastGoodStore {
  status(): StoreStatus;
  close(): Promise<void>;
}

export interface StoreStatus {
  /** `memory` survives nothing. */
  readonly kind: 'memory' | 'sqlite';
  /** Whether the last call failed. */
  readonly isAway: boolean;
  /** The file, or why it is away; for people. */
  readonly detail: string;
}

/** Moves that are kept; older ones are forgotten. */
export const movesKept = 10_000;
