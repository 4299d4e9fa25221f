import { type Service, startService } from '../chassis/service.ts';
import { backfill } from './backfill.ts';
import { createEndpoints, type UnknownOrder } from './endpoints.ts';
import { openapi } from './openapi.ts';
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

/** Fills the store if need be, and listens. Rejects if the port is taken or there is nothing to fill from. */
export async function startOrders(options: OrdersOptions = {}): Promise<Service> {
  const { host = '127.0.0.1', port = 4103, log = () => {} } = options;
  const repository = openRepository(options.database ?? ':memory:');
  try {
    if (options.backfillFrom !== undefined && !repository.progress()?.isFinished) {
      await backfill(repository, { from: options.backfillFrom });
    }
  } catch (error) {
    repository.close();
    throw error;
  }
  return startService({
    name: 'orders',
    host,
    port,
    log,
    openapi,
    endpoints: createEndpoints({
      repository,
      unknownOrder: options.unknownOrder ?? 'as-legacy',
      now: options.now ?? Date.now,
    }),
    onClose: async () => repository.close(),
  });
}
