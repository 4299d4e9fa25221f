import type { Answer } from '../chassis/endpoint.ts';
import { Problem } from '../chassis/problem.ts';
import type { OrderState } from './evolve.ts';
import type { Presenter } from './present.ts';

/** How placing ends where a step failed, by what the far side called it. */
const rejections: Readonly<Record<string, number>> = {
  'card-declined': 402,
  'stock-short': 409,
};
/** Nobody's fault but ours: it may be tried again, as another order. */
const otherwise = 503;

export interface AnswerOptions {
  readonly present: Presenter;
  /** Where the order is, seen from the request's own path: a gateway in front may know it by another. */
  readonly location: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * 201 with the order that is confirmed, 200 with one that is cancelled, 202 with one that is under way, and a Problem for
 * one that was rejected: 402 `card-declined`, 409 `stock-short`, 503 for the rest. `Location` names it in each.
 */
export function answerTo({ order, saga }: OrderState, options: AnswerOptions): Answer {
  if (!order) throw new TypeError('there is an order');
  const { present, location, headers: more } = options;
  const headers = { location, ...more };
  const body = present.order(order);
  // One of the monolith's has no saga: it was cancelled there.
  if (!saga) return { status: 200, headers, body };
  switch (saga.phase) {
    case 'confirmed':
      return { status: 201, headers, body };
    case 'cancelled':
      return { status: 200, headers, body };
    case 'running':
    case 'compensating':
      return { status: 202, headers: { ...headers, 'retry-after': '1' }, body };
    case 'rejected': {
      const { code = 'rejected', detail = 'it could not be done' } = saga.failure ?? {};
      const status = rejections[code] ?? otherwise;
      throw new Problem(status, code, `order ${order.id}: ${detail}`, { headers });
    }
  }
}

export const noOrder = (given = ''): Problem =>
  new Problem(404, 'order-not-found', `there is no order ${given.slice(0, 60)}`);
