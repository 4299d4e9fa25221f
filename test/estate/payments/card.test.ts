import { expect, it } from 'vitest';
import { isCardNumber, testCards } from '../../../extracted-services/payments/card.ts';
import {
  moves,
  operationKinds,
  type Payment,
  refusalOf,
} from '../../../extracted-services/payments/payment.ts';

const payment: Payment = {
  ...{ id: 'pay_1', orderId: '1', userId: '7', status: 'authorised', currency: 'EUR' },
  ...{ amountCents: 1000, capturedCents: 0, refundedCents: 0, lastFour: '1111' },
  ...{ cardToken: 'card_x', authorisation: 'auth_x', reason: '', createdAt: '', updatedAt: '' },
};

it('knows a card number by its digits and its check digit', () => {
  for (const card of Object.values(testCards)) expect([card, isCardNumber(card)]).toEqual([card, true]);
  for (const text of [
    '4111111111111112',
    '4111 1111 1111 1111',
    '42',
    '',
    '0'.repeat(20),
    '４１１１１１１１１１１１１１１１',
  ])
    expect([text, isCardNumber(text)]).toEqual([text, false]);
});

it('never moves more than there is, from nowhere else than the table says', () => {
  const statuses = [
    'pending',
    'authorised',
    'declined',
    'captured',
    'partly-refunded',
    'refunded',
    'voided',
    'failed',
  ];
  for (const kind of operationKinds) {
    for (const status of statuses as Payment['status'][]) {
      const isLegal = refusalOf({ ...payment, status }, kind, 0) === undefined;
      expect([kind, status, isLegal]).toEqual([kind, status, moves[kind].from.includes(status)]);
    }
  }
  const captured = { ...payment, status: 'captured', capturedCents: 800, refundedCents: 300 } as const;
  expect(refusalOf(captured, 'refund', 500)).toBeUndefined();
  expect(refusalOf(captured, 'refund', 501)).toBe('amount_cents: expected at most 500, got 501');
});
