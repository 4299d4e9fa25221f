import type { EvidenceStore } from '../compare/evidence.ts';
import type { ComparisonStore } from '../compare/kept.ts';
import type { LastGoodStore } from '../config/last-good.ts';
import type { ProgressStore } from '../routing/progress.ts';
import type { HoldStore, MoveStore, TripStore } from '../routing/route.ts';

/** What survives a restart. A method rejects while the store is away; the next one tries again. */
export interface Store
  extends HoldStore,
    MoveStore,
    TripStore,
    LastGoodStore,
    EvidenceStore,
    ComparisonStore,
    ProgressStore {
  status(): StoreStatus;
  /** Waits for what was asked for already, 5 s at most. */
  close(): Promise<void>;
}

export interface StoreStatus {
  /** `memory` survives nothing. Several gateways may stand on one `postgres`. */
  readonly kind: 'memory' | 'sqlite' | 'postgres';
  /** Whether the last call failed; it is tried again every 2 s. */
  readonly isAway: boolean;
  /** The file or the database, or why it is away; for people. Never a password. */
  readonly detail: string;
}

/** Moves that are kept; older ones are forgotten. */
export const movesKept = 10_000;
