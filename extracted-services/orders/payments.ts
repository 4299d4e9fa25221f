import type { Outgoing, OutgoingAnswer } from '../chassis/outgoing.ts';
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import type { Trace } from '../chassis/trace.ts';
import type { Returned } from './events.ts';
import { type FoundPayment, keyOf, type Payments } from './far-side.ts';
import { fieldsOf, refusalOf } from './reply.ts';

/** Payments over REST. `close` closes what it asks with. */
export function createPayments(payments: Outgoing): Payments {
  const post = (path: string, idempotencyKey: string, json: object, trace: Trace): Promise<OutgoingAnswer> =>
    payments.request({ method: 'POST', path, json, trace, idempotencyKey });
  return {
    async authorise({ orderId, userId, amountCents, currency, card }, trace) {
      const json = {
        ...{ order_id: String(orderId), user_id: String(userId) },
        ...{ amount_cents: amountCents, currency, card },
      };
      const answer = await post('/v1/payments', keyOf(orderId, 'authorise'), json, trace);
      const refusal = refusalOf('payments', answer);
      if (refusal) return refusal;
      const { payment_id: paymentId } = fieldsOf(answer.json);
      if (typeof paymentId === 'string') return { kind: 'done', paymentId };
      throw new OutgoingFailure('payments', 'malformed', { detail: 'answered without payment_id' });
    },
    async capture(orderId, paymentId, trace) {
      const key = keyOf(orderId, 'capture');
      const answer = await post(`/v1/payments/${paymentId}/capture`, key, {}, trace);
      return refusalOf('payments', answer) ?? { kind: 'done' };
    },
    async find(orderId, trace) {
      const path = `/v1/payments?order_id=${orderId}`;
      const answer = await payments.request({ method: 'GET', path, trace });
      const { payments: found } = fieldsOf(answer.json);
      if (answer.status !== 200 || !Array.isArray(found)) {
        throw new OutgoingFailure('payments', 'malformed', {
          detail: `answered ${answer.status} to ${path}`,
        });
      }
      return found.map(toFound);
    },
    async giveBack(orderId, { paymentId, status }, trace) {
      const how = ways[status];
      if (how === undefined) {
        throw new OutgoingFailure('payments', 'status', { detail: `the payment is still ${status}` });
      }
      if (how === 'none') return status === 'refunded' ? 'refunded' : status === 'voided' ? 'voided' : 'none';
      const key = keyOf(orderId, `${how}-${paymentId}`);
      const answer = await post(`/v1/payments/${paymentId}/${how}`, key, {}, trace);
      const refusal = refusalOf('payments', answer);
      if (refusal) {
        throw new OutgoingFailure('payments', 'status', { detail: `refused to ${how}: ${refusal.code}` });
      }
      return how === 'void' ? 'voided' : 'refunded';
    },
    state: () => payments.state(),
    close: () => payments.close(),
  };
}

/** How a payment is given back, by its status. One that is pending is not decided: that has to be waited for. */
const ways: Readonly<Record<string, 'void' | 'refund' | 'none'>> = {
  authorised: 'void',
  captured: 'refund',
  'partly-refunded': 'refund',
  refunded: 'none',
  voided: 'none',
  declined: 'none',
  failed: 'none',
};

function toFound(value: unknown): FoundPayment {
  const { payment_id: paymentId, status } = fieldsOf(value);
  if (typeof paymentId === 'string' && typeof status === 'string') return { paymentId, status };
  throw new OutgoingFailure('payments', 'malformed', { detail: 'answered a payment without id or status' });
}

/** What became of all of an order's money, of what became of each payment. */
export const together = (all: readonly Returned[]): Returned =>
  all.find(how => how === 'refunded') ?? all.find(how => how === 'voided') ?? 'none';
