import type { EventType } from '../chassis/events/cloud-event.ts';

/** `pending`: the network was asked, and what it said is not known yet. `failed`: it never heard of it. */
export type PaymentStatus =
  | 'pending'
  | 'authorised'
  | 'declined'
  | 'captured'
  | 'partly-refunded'
  | 'refunded'
  | 'voided'
  | 'failed';

/** Money in whole cents, instants in UTC. Of the card there is the network's token and the last four digits. */
export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly userId: string;
  readonly status: PaymentStatus;
  readonly amountCents: number;
  readonly capturedCents: number;
  readonly refundedCents: number;
  readonly currency: string;
  readonly lastFour: string;
  /** Empty until the network has given one. */
  readonly cardToken: string;
  /** The network's name for its promise; empty until it has given it. */
  readonly authorisation: string;
  /** Why it was declined; empty otherwise. */
  readonly reason: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export const operationKinds = ['authorise', 'capture', 'refund', 'void'] as const;
export type OperationKind = (typeof operationKinds)[number];

/** What one operation can do to a payment. */
export interface Move {
  readonly from: readonly PaymentStatus[];
  /** The most that it may move, in cents; without an amount it moves all of that. */
  readonly upTo: (payment: Payment) => number;
  readonly apply: (payment: Payment, cents: number) => Partial<Payment>;
  /** What is told to others; nothing for a void, which is nobody's news but the caller's. */
  readonly tells: EventType | undefined;
}

/** All that can happen to a payment. An operation that is not legal from where it is, is refused. */
export const moves: Readonly<Record<OperationKind, Move>> = {
  authorise: {
    // Failed: the network was asked whether it knows it while it was on its way there.
    from: ['pending', 'failed'],
    upTo: ({ amountCents }) => amountCents,
    apply: () => ({ status: 'authorised' }),
    tells: 'payment.authorised.v1',
  },
  capture: {
    from: ['authorised'],
    upTo: ({ amountCents }) => amountCents,
    apply: (_, cents) => ({ status: 'captured', capturedCents: cents }),
    tells: 'payment.captured.v1',
  },
  refund: {
    from: ['captured', 'partly-refunded'],
    upTo: ({ capturedCents, refundedCents }) => capturedCents - refundedCents,
    apply: ({ capturedCents, refundedCents }, cents) => ({
      status: refundedCents + cents === capturedCents ? 'refunded' : 'partly-refunded',
      refundedCents: refundedCents + cents,
    }),
    tells: 'payment.refunded.v1',
  },
  void: {
    from: ['authorised'],
    upTo: () => 0,
    apply: () => ({ status: 'voided' }),
    tells: undefined,
  },
};

/** Why an operation is refused; undefined where it is legal. */
export function refusalOf(payment: Payment, kind: OperationKind, cents: number): string | undefined {
  const { from, upTo } = moves[kind];
  if (!from.includes(payment.status)) {
    return `the payment is ${payment.status}, and ${kind} needs it ${from.join(' or ')}`;
  }
  const most = upTo(payment);
  return cents > most ? `amount_cents: expected at most ${most}, got ${cents}` : undefined;
}
