/** A product as this service keeps it: money in whole cents, stock as what can still be promised to somebody. */
export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly priceCents: number;
  /** On the shelf and not reserved. */
  readonly stock: number;
}

/** What staff may change. */
export interface ProductEdit {
  readonly priceCents: number;
  readonly stock: number;
}

export interface ProductQuery {
  /** Part of the name, whatever the case of a to z; empty fits everything. */
  readonly search: string;
  readonly category: string;
  /** From 1. */
  readonly page: number;
}

export const pageSize = 24;
export const maxStock = 1_000_000;

/** Lower case of a to z alone, as the monolith searches: `Ü` and `ü` are two letters there. */
export const toSearchable = (text: string): string =>
  text.replaceAll(/[A-Z]+/g, letters => letters.toLowerCase());
