/** What REST and gRPC ask and answer in common: requests read, failures as problems. */
import { Problem } from '../chassis/problem.ts';
import { type Fields, readFields } from '../chassis/validate.ts';
import type { Outcome, Shortage, Wanted } from './stock.ts';

const bounds = { lines: 50, quantity: 9_999, seconds: 3600, defaultSeconds: 300 };

/** An id that the asker chose. Throws the Problem 400 `bad-reservation`. */
export function parseReservationId(id: string): string {
  if (/^[\w.:-]{1,100}$/.test(id)) return id;
  const detail = 'expected 1 to 100 of letters, digits, _ . : and -';
  throw new Problem(400, 'bad-reservation', `id: ${detail}`, { errors: [{ field: 'id', detail }] });
}

/** Reads `{ "lines": [{ "product_id", "quantity" }], "expires_in" }`, in seconds; default five minutes. */
export const parseWanted = (id: string, body: unknown): Wanted => ({
  id: parseReservationId(id),
  ...readFields(body, 'bad-reservation', fields => ({
    lines: fields.list('lines', { min: 1, max: bounds.lines }, toLine),
    lifetime:
      1000 *
      (fields.has('expires_in')
        ? fields.integer('expires_in', { min: 1, max: bounds.seconds })
        : bounds.defaultSeconds),
  })),
});

const toLine = (fields: Fields) => ({
  productId: fields.integer('product_id', { min: 1, max: Number.MAX_SAFE_INTEGER }),
  quantity: fields.integer('quantity', { min: 1, max: bounds.quantity }),
});

/** Each way of not being done. */
export function toProblem(outcome: Exclude<Outcome, { kind: 'done' }>): Problem {
  switch (outcome.kind) {
    case 'unknown':
      return new Problem(404, 'reservation-not-found', 'there is no such reservation');
    case 'conflict': {
      const detail = `the reservation is ${outcome.reservation.state}, or holds other lines`;
      return new Problem(409, 'reservation-conflict', detail);
    }
    case 'short': {
      const errors = outcome.shortages.map(toFieldProblem);
      return new Problem(409, 'stock-short', errors.map(({ detail }) => detail).join('; '), { errors });
    }
  }
}

const toFieldProblem = ({ productId, quantity, stock }: Shortage) => ({
  field: `product ${productId}`,
  detail:
    stock === undefined
      ? `there is no product ${productId}`
      : `${stock} of product ${productId} left, ${quantity} wanted`,
});
