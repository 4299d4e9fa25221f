/** Reserving stock, committing and releasing it: all or nothing, the same under the same id however often it is asked. */
import { type Cause, stockChanged } from './events.ts';
import { maxStock } from './product.ts';
import type { Repository, Store } from './repository.ts';
import {
  mergeLines,
  type Reservation,
  type ReservationCommand,
  type ReservedLine,
  steps,
} from './reservation.ts';

export interface Wanted {
  readonly id: string;
  readonly lines: readonly ReservedLine[];
  /** Milliseconds until it gives itself back. */
  readonly lifetime: number;
}

/** How it ended. Failures are data: who asks decides what they mean. */
export type Outcome =
  | { readonly kind: 'done'; readonly reservation: Reservation; readonly isNew: boolean }
  | { readonly kind: 'short'; readonly shortages: readonly Shortage[] }
  /** The id was used for other lines, or its reservation has come to another end. */
  | { readonly kind: 'conflict'; readonly reservation: Reservation }
  | { readonly kind: 'unknown' };

/** A line that cannot be served; `stock` is undefined where there is no such product. */
export interface Shortage extends ReservedLine {
  readonly stock: number | undefined;
}

export interface When {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly traceparent?: string | undefined;
}

/** Takes the lines off the shelf under this id. Asked again with the same lines, it takes nothing more. */
export const reserve = (repository: Repository, wanted: Wanted, when: When): Promise<Outcome> =>
  repository.transaction(async store => {
    const lines = mergeLines(wanted.lines);
    const known = await store.reservation(wanted.id);
    if (known) {
      const isSame = JSON.stringify(known.lines) === JSON.stringify(lines);
      const isAlive = known.state === 'held' || known.state === 'committed';
      return isSame && isAlive
        ? { kind: 'done', reservation: known, isNew: false }
        : { kind: 'conflict', reservation: known };
    }
    const shortages = await shortagesOf(store, lines);
    if (shortages.length > 0) return { kind: 'short', shortages };
    const reservation = {
      id: wanted.id,
      state: 'held',
      expiresAt: when.now + wanted.lifetime,
      lines,
    } as const;
    await store.addReservation(reservation, when.now);
    for (const { productId, quantity } of lines) {
      await move(store, productId, -quantity, { reason: 'reserved', traceparent: when.traceparent });
    }
    return { kind: 'done', reservation, isNew: true };
  });

async function shortagesOf(store: Store, lines: readonly ReservedLine[]): Promise<readonly Shortage[]> {
  const shortages: Shortage[] = [];
  for (const line of lines) {
    const product = await store.find(line.productId);
    if (!product || product.stock < line.quantity) shortages.push({ ...line, stock: product?.stock });
  }
  return shortages;
}

/** What was promised is sold: it will not expire any more. */
export const commit = (repository: Repository, id: string, when: When): Promise<Outcome> =>
  repository.transaction(async store => {
    const reservation = await store.reservation(id);
    if (!reservation) return { kind: 'unknown' };
    const isLate = reservation.state === 'held' && reservation.expiresAt <= when.now;
    return isLate
      ? { kind: 'conflict', reservation: (await step(store, reservation, 'expire', when)) ?? reservation }
      : outcomeOf(store, reservation, 'commit', when);
  });

/**
 * Puts it back on the shelf. An id that is not known is written down as released: a reservation that comes later, since
 * it was slower than the one who gave up on it, then takes nothing.
 */
export const release = (repository: Repository, id: string, when: When): Promise<Outcome> =>
  repository.transaction(async store => {
    const known = await store.reservation(id);
    if (known) return outcomeOf(store, known, 'release', when);
    const reservation = { id, state: 'released', expiresAt: when.now, lines: [] } as const;
    await store.addReservation(reservation, when.now);
    return { kind: 'done', reservation, isNew: true };
  });

async function outcomeOf(
  store: Store,
  reservation: Reservation,
  command: ReservationCommand,
  when: When,
): Promise<Outcome> {
  const after = await step(store, reservation, command, when);
  if (!after) return { kind: 'conflict', reservation };
  return { kind: 'done', reservation: after, isNew: after.state !== reservation.state };
}

/** Undefined if the command is refused. */
async function step(
  store: Store,
  reservation: Reservation,
  command: ReservationCommand,
  { traceparent }: When,
): Promise<Reservation | undefined> {
  const next = steps[reservation.state][command];
  if (!next) return undefined;
  if (next.to !== reservation.state) await store.setState(reservation.id, next.to);
  if (next.isGivenBack) {
    const reason = next.to === 'expired' ? 'expired' : 'released';
    for (const { productId, quantity } of reservation.lines) {
      // A product that is gone by now has no shelf to go back to.
      if (await store.find(productId)) await move(store, productId, quantity, { reason, traceparent });
    }
  }
  return { ...reservation, state: next.to };
}

/** Adds to the stock of a product that is there, and tells of it. */
export async function move(store: Store, productId: number, change: number, cause: Cause): Promise<void> {
  if (change === 0) return;
  const least = cause.reason === 'legacy' ? -maxStock : 0;
  const isDone = await store.addStock(productId, change, least);
  const product = await store.find(productId);
  if (!isDone || !product)
    throw new Error(`product ${productId} has ${product?.stock}, the change is ${change}`);
  await store.tell(stockChanged(product, change, cause));
}

/** How long the end of a reservation is known, in milliseconds: 90 days. A repetition after that would be a new one. */
const knownFor = 90 * 24 * 3_600_000;

export const forgetEnded = (repository: Repository, now: number): Promise<void> =>
  repository.transaction(store => store.forgetReservations(now - knownFor));

/** Reservations a transaction. */
const expiredAtOnce = 50;

/** Gives back what was held for too long. Resolves with how many reservations. */
export async function expireDue(repository: Repository, now: number): Promise<number> {
  for (let count = 0; ; ) {
    const ids = await repository.due(now, expiredAtOnce);
    if (ids.length === 0) return count;
    await repository.transaction(async store => {
      for (const id of ids) {
        const reservation = await store.reservation(id);
        if (reservation?.state === 'held') await step(store, reservation, 'expire', { now });
      }
    });
    count += ids.length;
  }
}
