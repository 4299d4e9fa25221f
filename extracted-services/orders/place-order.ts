import { createHash } from 'node:crypto';
import { Problem } from '../chassis/problem.ts';
import type { NewOrder, OrderLine } from './order.ts';
import { apply, type Occasion } from './order-log.ts';
import type { Repository, Store } from './repository.ts';

export interface PlacedOrder {
  readonly id: number;
  /** Whether it was placed before, under the same key. */
  readonly isReplay: boolean;
}

/**
 * Prices an order from the copies at hand, and begins its saga. The same key with the same content places one order,
 * however often it is sent. Problem 400 `bad-order` for what is not known here, 422 `idempotency-key-reused`.
 */
export const placeOrder = (
  repository: Repository,
  wanted: NewOrder,
  key: string | undefined,
  occasion: Occasion,
): Promise<PlacedOrder> =>
  repository.transaction(async store => {
    const fingerprint = fingerprintOf(wanted);
    const known = key === undefined ? undefined : await store.recall(key);
    if (known) {
      if (known.fingerprint === fingerprint) return { id: known.orderId, isReplay: true };
      const detail = 'the key was used for another order';
      const errors = [{ field: 'header:idempotency-key', detail }];
      throw new Problem(422, 'idempotency-key-reused', detail, { errors });
    }
    const priced = await price(store, wanted);
    const id = await store.nextId();
    await apply(store, id, { kind: 'place', ...priced }, occasion);
    if (key !== undefined) {
      await store.remember(key, { fingerprint, orderId: id }, new Date(occasion.now).toISOString());
    }
    return { id, isReplay: false };
  });

/** Of the card only the last four digits: a hash of all of them is as good as the digits. */
const fingerprintOf = ({ userId, lines, card }: NewOrder): string =>
  createHash('sha256')
    .update(JSON.stringify([userId, lines.map(line => [line.productId, line.quantity]), card.slice(-4)]))
    .digest('hex');

async function price(store: Store, { userId, lines: wanted }: NewOrder) {
  const errors: { field: string; detail: string }[] = [];
  const customer = await store.customer(userId);
  if (!customer) errors.push({ field: 'user_id', detail: `there is no user ${userId}` });
  const lines: OrderLine[] = [];
  for (const [index, { productId, quantity }] of wanted.entries()) {
    const product = await store.product(productId);
    if (!product) {
      errors.push({ field: `lines[${index}].product_id`, detail: `there is no product ${productId}` });
      continue;
    }
    const { sku, name: productName, cents: unitCents } = product;
    lines.push({
      ...{ lineNo: index + 1, productId, sku, productName, quantity, unitCents },
      lineCents: unitCents * quantity,
    });
  }
  if (!customer || errors.length > 0) {
    const text = errors.map(({ field, detail }) => `${field}: ${detail}`).join('; ');
    throw new Problem(400, 'bad-order', text, { errors });
  }
  const totalCents = lines.reduce((sum, line) => sum + line.lineCents, 0);
  const taxCents = taxWithin(totalCents);
  return {
    ...{ userId, customerName: customer.name, currency: 'EUR', lines },
    ...{ netCents: totalCents - taxCents, taxCents, totalCents },
  };
}

/** The value-added tax of 19 % inside a gross amount, rounded once for the whole order. */
export const taxWithin = (gross: number): number => Math.round((gross * 19) / 119);
