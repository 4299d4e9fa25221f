import type { LegacyFeed } from '../chassis/legacy/feed.ts';
import { fromLegacyProduct } from './legacy-format.ts';
import type { Repository } from './repository.ts';

export interface BackfillOptions {
  readonly legacy: LegacyFeed;
  /** Products a transaction; default 100. */
  readonly pageSize?: number;
  /** Called after each page with the products copied by this run. May throw to stop; the next run goes on there. */
  readonly onPage?: (copied: number) => void;
}

/**
 * Copies the monolith's products into this service's own store, in the order of ids. Resumable: each page is one
 * transaction with its place in it. What change capture has brought already, and is newer, stays. Resolves with the
 * products read by this run; a finished backfill reads none.
 */
export async function backfill(repository: Repository, options: BackfillOptions): Promise<number> {
  const { legacy, pageSize = 100, onPage } = options;
  const before = (await repository.progress()) ?? { after: 0, copied: 0, isFinished: false };
  if (before.isFinished) return 0;
  let { after } = before;
  for (let copied = 0; ; ) {
    const { rows, last } = await legacy.rows('products', after, pageSize);
    const isFinished = rows.length < pageSize;
    after = rows.at(-1)?.key ?? after;
    copied += rows.length;
    const progress = { after, copied: before.copied + copied, isFinished };
    await repository.transaction(async store => {
      for (const { key, payload } of rows) {
        const known = await store.legacyChangeOf(key);
        if (known === undefined || known < last) await store.save(fromLegacyProduct(payload), last);
      }
      await store.saveProgress(progress);
    });
    onPage?.(copied);
    if (isFinished) return copied;
  }
}
