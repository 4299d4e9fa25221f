import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { backfill } from './backfill.ts';
import { createEndpoints, type UnknownOrder } from './endpoints.ts';
import { createListener } from './http.ts';
import { createMetrics } from './metrics.ts';
import { openRepository } from './sqlite-repository.ts';

export interface OrdersOptions {
  readonly host?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  /** A file, or `:memory:`. */
  readonly database?: string;
  /** The monolith's database, from which a store that is not filled yet is filled before it listens. */
  readonly backfillFrom?: string;
  readonly unknownOrder?: UnknownOrder;
  readonly now?: () => number;
  readonly log?: (line: string) => void;
}

export interface OrdersService {
  readonly url: string;
  /** `/readyz` says no, no new connections, requests under way get up to ten seconds, then the store is closed. */
  close(): Promise<void>;
}

const drainTimeout = 10_000;

/** Fills the store if need be, and listens. Rejects if the port is taken or there is nothing to fill from. */
export async function startOrders(options: OrdersOptions = {}): Promise<OrdersService> {
  const { host = '127.0.0.1', port = 4103, log = () => {} } = options;
  const repository = openRepository(options.database ?? ':memory:');
  const metrics = createMetrics();
  let isDraining = false;
  const endpoints = createEndpoints({
    repository,
    metrics,
    unknownOrder: options.unknownOrder ?? 'as-legacy',
    isReady: () => !isDraining,
    now: options.now ?? Date.now,
  });
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, keepAliveTimeout: 75_000 },
    createListener({ endpoints, metrics, log, isDraining: () => isDraining }),
  );
  try {
    if (options.backfillFrom !== undefined && !repository.progress()?.isFinished) {
      await backfill(repository, { from: options.backfillFrom });
    }
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    repository.close();
    throw error;
  }
  const address = server.address() as AddressInfo;
  return {
    url: `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`,
    async close() {
      isDraining = true;
      const closed = once(server, 'close');
      server.close();
      // A kept-alive connection becomes idle when its last answer is out, and would stay open for a while.
      const sweep = setInterval(() => server.closeIdleConnections(), 20);
      const deadline = setTimeout(() => server.closeAllConnections(), drainTimeout);
      await closed;
      clearInterval(sweep);
      clearTimeout(deadline);
      repository.close();
    },
  };
}
