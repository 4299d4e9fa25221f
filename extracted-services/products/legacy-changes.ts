import type { CloudEvent } from '../chassis/events/cloud-event.ts';
import { type LegacyChanged, parseLegacyChanged } from '../chassis/legacy/changed.ts';
import { productChanged } from './events.ts';
import { fromLegacyProduct } from './legacy-format.ts';
import type { Product } from './product.ts';
import type { Repository, Store } from './repository.ts';
import { move } from './stock.ts';

/** Takes over what the monolith has changed of a product: once for each event, and never an older state over a newer. */
export async function applyLegacyChange(repository: Repository, event: CloudEvent): Promise<void> {
  const changed = parseLegacyChanged(event);
  const id = Number(changed.key);
  await repository.transaction(async store => {
    await store.once(event, async () => {
      const known = await store.legacyChangeOf(id);
      if (known !== undefined && known >= changed.change) return;
      await apply(store, id, changed, event.traceparent);
    });
  });
}

async function apply(
  store: Store,
  id: number,
  { change, op, payload }: LegacyChanged,
  traceparent: string | undefined,
): Promise<void> {
  if (op === 'delete' || payload === null) return store.remove(id);
  const product = fromLegacyProduct(payload);
  const before = await store.find(id);
  await store.save({ ...product, stock: before?.stock ?? product.stock }, change);
  const cause = { reason: 'legacy', traceparent } as const;
  if (!before || !isSameEntry(before, product)) await store.tell(productChanged(product, cause));
  if (before) await move(store, id, stockChange(before, product, payload), cause);
}

/**
 * Stock is a counter that both sides count: what the monolith took is taken here too. Setting it to the monolith's
 * number instead would forget what was reserved here meanwhile. A snapshot has no before, so it can only set.
 */
function stockChange(before: Product, product: Product, payload: Readonly<Record<string, unknown>>): number {
  const { stock_before: from } = payload;
  return product.stock - (Number.isSafeInteger(from) ? Number(from) : before.stock);
}

const isSameEntry = (one: Product, other: Product): boolean =>
  JSON.stringify({ ...one, stock: 0 }) === JSON.stringify({ ...other, stock: 0 });
