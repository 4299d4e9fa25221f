/**
 * What consumers of the monolith were promised: snake_case, money as text. The service thinks in cents, and answers so.
 */
import { createHash } from 'node:crypto';
import type { Product } from './product.ts';

export const toCents = (money: string): number => Number(money.replace('.', ''));

export const toMoney = (cents: number): string =>
  `${Math.trunc(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;

/** A product in the monolith's words: what its JSON has, and what its changes carry. */
export interface LegacyProduct {
  readonly product_id: number;
  readonly sku: string;
  readonly product_name: string;
  readonly category: string;
  readonly description: string;
  readonly unit_price: string;
  readonly stock: number;
}

export const toLegacyProduct = (product: Product): LegacyProduct => ({
  product_id: product.id,
  sku: product.sku,
  product_name: product.name,
  category: product.category,
  description: product.description,
  unit_price: toMoney(product.priceCents),
  stock: product.stock,
});

/** Reads a product out of a row or a change. Throws a TypeError that names the field for what is none. */
export function fromLegacyProduct(payload: Readonly<Record<string, unknown>>): Product {
  const text = (name: keyof LegacyProduct): string => {
    const value = payload[name];
    if (typeof value !== 'string')
      throw new TypeError(`${name}: expected text, got ${JSON.stringify(value)}`);
    return value;
  };
  const number = (name: keyof LegacyProduct): number => {
    const value = payload[name];
    if (Number.isSafeInteger(value)) return Number(value);
    throw new TypeError(`${name}: expected a whole number, got ${JSON.stringify(value)}`);
  };
  const price = text('unit_price');
  if (!/^\d{1,9}\.\d\d$/.test(price)) throw new TypeError(`unit_price: expected money, got ${price}`);
  return {
    id: number('product_id'),
    sku: text('sku'),
    name: text('product_name'),
    category: text('category'),
    description: text('description'),
    priceCents: toCents(price),
    stock: number('stock'),
  };
}

/** The monolith's digest of the same product: SHA-256 of a JSON list of its fields, in its form. */
export const toDigest = (product: Product) => ({
  id: product.id,
  updated_at: null,
  hash: createHash('sha256')
    .update(JSON.stringify(Object.values(toLegacyProduct(product))))
    .digest('hex'),
});
