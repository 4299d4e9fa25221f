import { productChanged } from './events.ts';
import type { Product, ProductEdit } from './product.ts';
import type { Repository } from './repository.ts';
import { move } from './stock.ts';

/** Sets price and stock as staff ask. Undefined if there is no such product. */
export const editProduct = (
  repository: Repository,
  id: number,
  edit: ProductEdit & { readonly traceparent: string },
): Promise<Product | undefined> =>
  repository.transaction(async store => {
    const before = await store.find(id);
    if (!before) return undefined;
    const cause = { reason: 'edited', traceparent: edit.traceparent } as const;
    await move(store, id, edit.stock - before.stock, cause);
    if (edit.priceCents !== before.priceCents) {
      await store.setPrice(id, edit.priceCents);
      await store.tell(productChanged({ ...before, priceCents: edit.priceCents }, cause));
    }
    return store.find(id);
  });
