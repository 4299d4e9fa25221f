import type { LegacyEntity, LegacyFeed, RowPage } from '../chassis/legacy/feed.ts';
import { newTrace } from '../chassis/trace.ts';
import { fromLegacyOrder, toCents } from './legacy-format.ts';
import { apply } from './order-log.ts';
import type { Repository, Store } from './repository.ts';

export interface BackfillOptions {
  readonly legacy: LegacyFeed;
  /** Rows a transaction; default 200. */
  readonly pageSize?: number;
  /** Called after each page with the orders copied by this run. May throw to stop; the next run goes on there. */
  readonly onPage?: (copied: number) => void;
}

/**
 * Copies the monolith's orders into events of this service's own, in the order of ids, and the names and prices around
 * them. Resumable: each page is one transaction with its place in it. A run after a finished one goes over all of them
 * again, and copies what has changed; what change capture has brought already, and is newer, stays. Not seen: rows that the
 * monolith deletes; change capture tells of those. Returns the orders read.
 */
export async function backfill(repository: Repository, options: BackfillOptions): Promise<number> {
  const { legacy, pageSize = 200, onPage } = options;
  await copyAround(repository, { legacy, pageSize });
  const before = await repository.progress();
  let orderId = before && !before.isFinished ? before.orderId : 0;
  let copied = 0;
  try {
    for (;;) {
      const page = await legacy.rows('orders', orderId, pageSize);
      const isFinished = page.rows.length < pageSize;
      orderId = page.rows.at(-1)?.key ?? orderId;
      copied += page.rows.length;
      const progress = { orderId, copied: (before?.copied ?? 0) + copied, isFinished };
      await repository.transaction(async store => {
        await copyOrders(store, page);
        await store.saveProgress(progress);
      });
      onPage?.(copied);
      if (isFinished) return copied;
    }
  } finally {
    await projectAll(repository);
  }
}

/** Of sagas that this begins: none. */
const nobody = { owner: 'backfill', until: 0 };

async function copyOrders(store: Store, { rows, last: change }: RowPage): Promise<void> {
  for (const { key, payload } of rows) {
    const command = { kind: 'take-snapshot', change, order: fromLegacyOrder(payload) } as const;
    await apply(store, key, command, { now: Date.now(), trace: newTrace(), lease: nobody });
  }
}

async function projectAll({ readModel }: Repository): Promise<void> {
  while ((await readModel.project(500)) > 0);
}

/** Names and prices, which other domains own: all of them each time, they are few. Any event is newer. */
async function copyAround(repository: Repository, { legacy, pageSize }: Around): Promise<void> {
  for (const entity of ['users', 'products'] as const) {
    for (let after = 0; ; ) {
      const { rows } = await legacy.rows(entity, after, pageSize);
      await repository.transaction(async store => {
        for (const { key, payload } of rows) await copiers[entity](store, key, payload);
      });
      after = rows.at(-1)?.key ?? after;
      if (rows.length < pageSize) break;
    }
  }
}

type Around = Required<Pick<BackfillOptions, 'legacy' | 'pageSize'>>;
type Copy = (store: Store, id: number, payload: RowPage['rows'][number]['payload']) => Promise<void>;

const copiers: Readonly<Record<Exclude<LegacyEntity, 'orders'>, Copy>> = {
  users: (store, id, payload) => store.saveCustomer({ id, name: String(payload.full_name) }, ''),
  products: (store, id, { sku, product_name: name, unit_price: price }) =>
    store.saveProduct({ id, sku: String(sku), name: String(name), cents: toCents(String(price)) }, ''),
};
