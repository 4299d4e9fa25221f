import { fileURLToPath } from 'node:url';
import { type BreakerOptions, createBreaker } from '../chassis/breaker.ts';
import { createGrpcClient, type GrpcClient, GrpcRefusal } from '../chassis/grpc-client.ts';
import { OutgoingFailure } from '../chassis/outgoing-failure.ts';
import type { Tls } from '../chassis/tls.ts';
import type { Trace } from '../chassis/trace.ts';
import { holdFor, type Reply, reservationOf, type Stock } from './far-side.ts';

export interface StockOverGrpcOptions {
  /** `host:port`. */
  readonly address: string;
  /** Milliseconds for a call; default 2,000. */
  readonly timeout?: number;
  readonly breaker?: BreakerOptions;
  readonly token?: () => Promise<string>;
  readonly tls?: Tls | undefined;
}

/** The service's own copy of what products publishes; a test holds the two against each other. */
const proto = fileURLToPath(new URL('stock.proto', import.meta.url));

/** Statuses by which products says no; any other is a failure of its own, and counts for the breaker. */
const refusals = new Set(['FAILED_PRECONDITION', 'NOT_FOUND', 'INVALID_ARGUMENT', 'ALREADY_EXISTS']);

/** Reservations over gRPC. The saga repeats what fails, so that a call is one attempt. */
export function createStockOverGrpc({ breaker: bounds, ...options }: StockOverGrpcOptions): Stock {
  const client = createGrpcClient({ ...options, proto, service: 'shop.products.v1.Stock' });
  const breaker = createBreaker(bounds);
  const call = async (method: string, request: object, trace: Trace): Promise<Reply> => {
    if (!breaker.hasWay()) {
      throw new OutgoingFailure('products', 'breaker-open', {
        detail: 'not asked, since it fails too often',
      });
    }
    return breaker.run(() => ask(client, method, request, trace));
  };
  return {
    reserve: (orderId, lines, trace) =>
      call(
        'Reserve',
        {
          reservation_id: reservationOf(orderId),
          lines: lines.map(({ productId, quantity }) => ({ product_id: productId, quantity })),
          expires_in_seconds: holdFor,
        },
        trace,
      ),
    commit: (orderId, trace) => call('Commit', { reservation_id: reservationOf(orderId) }, trace),
    release: (orderId, trace) => call('Release', { reservation_id: reservationOf(orderId) }, trace),
    state: () => breaker.state(),
    close: () => client.close(),
  };
}

async function ask(client: GrpcClient, method: string, request: object, trace: Trace): Promise<Reply> {
  try {
    await client.call(method, request, trace);
    return { kind: 'done' };
  } catch (error) {
    if (!(error instanceof GrpcRefusal)) throw error;
    if (refusals.has(error.status)) return { kind: 'refused', code: error.code, detail: error.message };
    throw new OutgoingFailure('products', 'status', { detail: `answered ${error.status}`, cause: error });
  }
}
