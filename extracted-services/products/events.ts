import { type CloudEvent, newEvent } from '../chassis/events/cloud-event.ts';
import type { Product } from './product.ts';

/** What `stock.changed.v1` carries: a change to add up, and the stock after it to look at. */
export interface StockChanged {
  readonly productId: number;
  readonly sku: string;
  readonly change: number;
  readonly stock: number;
  readonly reason: 'reserved' | 'released' | 'expired' | 'edited' | 'legacy';
}

/** What `product.changed.v1` carries: the catalogue entry, without its stock. */
export interface ProductChanged {
  readonly productId: number;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly priceCents: number;
  /** Who changed it: what came from the monolith need not go back there. */
  readonly origin: 'products' | 'legacy';
}

const source = '/services/products';

/** Why something changes, and the trace in which. */
export interface Cause {
  readonly reason: StockChanged['reason'];
  readonly traceparent?: string | undefined;
}

/** @param product as it is after the change. */
export const stockChanged = (
  product: Product,
  change: number,
  { reason, traceparent }: Cause,
): CloudEvent<StockChanged> =>
  newEvent({
    source,
    type: 'stock.changed.v1',
    subject: `product/${product.id}`,
    traceparent,
    data: { productId: product.id, sku: product.sku, change, stock: product.stock, reason },
  });

export const productChanged = (
  product: Product,
  { reason, traceparent }: Cause,
): CloudEvent<ProductChanged> =>
  newEvent({
    source,
    type: 'product.changed.v1',
    subject: `product/${product.id}`,
    traceparent,
    data: {
      productId: product.id,
      sku: product.sku,
      name: product.name,
      category: product.category,
      description: product.description,
      priceCents: product.priceCents,
      origin: reason === 'legacy' ? 'legacy' : 'products',
    },
  });
