import type { Outgoing } from '../chassis/outgoing.ts';
import type { Trace } from '../chassis/trace.ts';
import { holdFor, keyOf, type Reply, reservationOf, type Stock } from './far-side.ts';
import { refusalOf } from './reply.ts';

/** Reservations over REST. `close` closes what it asks with. */
export function createStockOverRest(products: Outgoing): Stock {
  const end = async (orderId: number, how: 'commit' | 'release', trace: Trace): Promise<Reply> => {
    const path = `/v1/reservations/${reservationOf(orderId)}/${how}`;
    const idempotencyKey = keyOf(orderId, how);
    const answer = await products.request({ method: 'POST', path, json: {}, trace, idempotencyKey });
    return refusalOf('products', answer) ?? { kind: 'done' };
  };
  return {
    async reserve(orderId, lines, trace) {
      const answer = await products.request({
        method: 'PUT',
        path: `/v1/reservations/${reservationOf(orderId)}`,
        json: {
          lines: lines.map(({ productId, quantity }) => ({ product_id: productId, quantity })),
          expires_in: holdFor,
        },
        trace,
      });
      return refusalOf('products', answer) ?? { kind: 'done' };
    },
    commit: (orderId, trace) => end(orderId, 'commit', trace),
    release: (orderId, trace) => end(orderId, 'release', trace),
    state: () => products.state(),
    close: () => products.close(),
  };
}
