import type { BreakerState } from '../chassis/breaker.ts';
import type { Trace } from '../chassis/trace.ts';
import type { Returned } from './events.ts';
import type { WantedLine } from './order.ts';

/** What another service made of a request. `refused` is its word, and final; no answer is an OutgoingFailure. */
export type Reply<Done = Readonly<Record<never, never>>> =
  | ({ readonly kind: 'done' } & Done)
  | { readonly kind: 'refused'; readonly code: string; readonly detail: string };

/** The products service, as a saga needs it. Each call may be repeated: the id of the order is its key. */
export interface Stock {
  reserve(orderId: number, lines: readonly WantedLine[], trace: Trace): Promise<Reply>;
  commit(orderId: number, trace: Trace): Promise<Reply>;
  /** Of one that was never reserved, too: it is refused from then on. */
  release(orderId: number, trace: Trace): Promise<Reply>;
  state(): BreakerState;
  close(): void;
}

export interface Charge {
  readonly orderId: number;
  readonly userId: number;
  readonly amountCents: number;
  readonly currency: string;
  readonly card: string;
}

/** The payments service, as a saga needs it. Keys are made of the order and the step. */
export interface Payments {
  authorise(charge: Charge, trace: Trace): Promise<Reply<{ readonly paymentId: string }>>;
  capture(orderId: number, paymentId: string, trace: Trace): Promise<Reply>;
  /** What became of an order's payments, the newest first. */
  find(orderId: number, trace: Trace): Promise<readonly FoundPayment[]>;
  /** Voids or refunds one. Rejects where it is not decided yet. */
  giveBack(orderId: number, payment: FoundPayment, trace: Trace): Promise<Returned>;
  state(): BreakerState;
  close(): void;
}

export interface FoundPayment {
  readonly paymentId: string;
  readonly status: string;
}

/** The key under which a step of an order is asked for, however often. */
export const keyOf = (orderId: number, step: string): string => `order-${orderId}-${step}`;

/** The id of an order's reservation. */
export const reservationOf = (orderId: number): string => `order-${orderId}`;

/** Seconds that stock is held for an order: longer than a saga takes, also over a restart. */
export const holdFor = 900;
