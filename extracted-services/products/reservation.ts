/** Stock that is promised to somebody, under an id that the asker chose. */
export interface Reservation {
  readonly id: string;
  readonly state: ReservationState;
  /** Milliseconds since 1970; looked at while it is `held`. */
  readonly expiresAt: number;
  /** Each product once, by id. */
  readonly lines: readonly ReservedLine[];
}

export interface ReservedLine {
  readonly productId: number;
  readonly quantity: number;
}

export type ReservationState = 'held' | 'committed' | 'released' | 'expired';
export type ReservationCommand = 'commit' | 'release' | 'expire';

interface Step {
  readonly to: ReservationState;
  /** Whether the quantities go back on the shelf. */
  readonly isGivenBack: boolean;
}

const stay = (to: ReservationState): Step => ({ to, isGivenBack: false });
const giveBack = (to: ReservationState): Step => ({ to, isGivenBack: true });

/**
 * What a command makes of a reservation; undefined is refused. Each command may come twice: the second changes nothing.
 * A committed one can still be released, for an order that is cancelled afterwards.
 */
export const steps: Readonly<
  Record<ReservationState, Readonly<Record<ReservationCommand, Step | undefined>>>
> = {
  held: { commit: stay('committed'), release: giveBack('released'), expire: giveBack('expired') },
  committed: { commit: stay('committed'), release: giveBack('released'), expire: stay('committed') },
  released: { commit: undefined, release: stay('released'), expire: stay('released') },
  expired: { commit: undefined, release: stay('expired'), expire: stay('expired') },
};

/** Lines that name a product twice become one, and stand in the order of ids: two reservations take in the same order. */
export function mergeLines(lines: readonly ReservedLine[]): readonly ReservedLine[] {
  const quantities = new Map<number, number>();
  for (const { productId, quantity } of lines) {
    quantities.set(productId, (quantities.get(productId) ?? 0) + quantity);
  }
  return [...quantities]
    .map(([productId, quantity]) => ({ productId, quantity }))
    .toSorted((one, other) => one.productId - other.productId);
}
