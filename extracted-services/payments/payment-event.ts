import { type CloudEvent, type EventType, newEvent } from '../chassis/events/cloud-event.ts';
import { type Trace, toTraceparent } from '../chassis/trace.ts';
import type { Payment } from './payment.ts';

/** What others are told of an operation that moved `cents`. The card is its last four digits. */
export const toEvent = (type: EventType, payment: Payment, cents: number, trace: Trace): CloudEvent =>
  newEvent({
    source: '/services/payments',
    type,
    subject: `payment/${payment.id}`,
    traceparent: toTraceparent(trace),
    data: {
      paymentId: payment.id,
      orderId: payment.orderId,
      userId: payment.userId,
      cents,
      currency: payment.currency,
      lastFour: payment.lastFour,
      ...(payment.reason !== '' && { reason: payment.reason }),
    },
  });
