import type { Order, OrderLine } from './order.ts';
import type { StepName } from './saga-steps.ts';

/** What has happened to an order: the only thing that is stored about one. `at` is ISO 8601 in UTC. */
export type OrderEvent = { readonly at: string } & (
  | ({ readonly type: 'order-placed' } & Placed)
  | { readonly type: 'stock-reserved' | 'stock-committed' | 'stock-released' | 'payment-captured' }
  | { readonly type: 'payment-authorised'; readonly paymentId: string }
  | { readonly type: 'payment-returned'; readonly how: Returned }
  | ({ readonly type: 'step-failed' } & StepFailure)
  | { readonly type: 'order-confirmed' | 'order-rejected' | 'order-cancelled' }
  | { readonly type: 'cancel-asked'; readonly by: 'customer' | 'legacy' }
  | { readonly type: 'legacy-changed'; readonly change: number; readonly order: Omit<Order, 'id'> }
  | { readonly type: 'legacy-removed'; readonly change: number }
);

export type EventType = OrderEvent['type'];

export interface Placed {
  readonly userId: number;
  readonly customerName: string;
  readonly currency: string;
  readonly netCents: number;
  readonly taxCents: number;
  readonly totalCents: number;
  readonly lines: readonly OrderLine[];
}

export interface StepFailure {
  readonly step: StepName;
  /** Kebab-case: what the far side called it, or `no-answer`. */
  readonly code: string;
  readonly detail: string;
  /** Whether it is certain that the step did nothing. If not, it is undone with the others. */
  readonly isCertain: boolean;
}

/** What became of the money: `none` was taken nor promised. */
export type Returned = 'voided' | 'refunded' | 'none';
