import type { Payment } from './payment.ts';

/** A payment as clients see it: without what only the card network has to know. */
export const toPaymentJson = (payment: Payment): Readonly<Record<string, unknown>> => ({
  payment_id: payment.id,
  order_id: payment.orderId,
  user_id: payment.userId,
  status: payment.status,
  amount_cents: payment.amountCents,
  captured_cents: payment.capturedCents,
  refunded_cents: payment.refundedCents,
  currency: payment.currency,
  last_four: payment.lastFour,
  ...(payment.reason !== '' && { reason: payment.reason }),
  created_at: payment.createdAt,
  updated_at: payment.updatedAt,
});
