import { type Shop, ShopError } from './shop.ts';

export interface Product {
  readonly product_id: number;
  readonly sku: string;
  readonly product_name: string;
  readonly category: string;
  readonly description: string;
  readonly unit_price: string;
  readonly stock: number;
}

export interface ProductQuery {
  readonly category: string;
  readonly search: string;
  /** From 1. */
  readonly page: number;
}

export const pageSize = 24;

export const findProduct = (shop: Shop, id: number): Product | undefined =>
  shop.database.first<Product>('SELECT * FROM products WHERE product_id = ?', id);

export const categories = (shop: Shop): readonly string[] =>
  shop.database
    .all<{ category: string }>('SELECT DISTINCT category FROM products ORDER BY category')
    .map(row => row.category);

/** One page of what fits; an empty category or search fits everything. */
export const searchProducts = (shop: Shop, query: ProductQuery): readonly Product[] =>
  shop.database.all<Product>(
    `SELECT * FROM products WHERE (?1 = '' OR category = ?1) AND (?2 = '' OR instr(lower(product_name), lower(?2)))
     ORDER BY product_id LIMIT ?3 OFFSET ?4`,
    ...[query.category, query.search, pageSize, (query.page - 1) * pageSize],
  );

/** What sold best of late, straight across the order tables. */
export const bestSellers = (shop: Shop, count: number): readonly Product[] =>
  shop.database.all<Product>(
    `SELECT products.* FROM products
     JOIN (SELECT product_id, sum(quantity) AS sold FROM order_lines
           WHERE order_id IN (SELECT order_id FROM orders ORDER BY placed_at DESC, order_id DESC LIMIT 300)
           GROUP BY product_id) USING (product_id)
     ORDER BY sold DESC, product_id LIMIT ?`,
    count,
  );

/** Takes from the shelf; throws ShopError if there is not enough. */
export function takeStock(shop: Shop, product: Product, quantity: number): void {
  if (product.stock < quantity) {
    throw new ShopError(`only ${product.stock} of ${product.product_name} left, ${quantity} wanted`);
  }
  shop.database.run(
    'UPDATE products SET stock = stock - ? WHERE product_id = ?',
    quantity,
    product.product_id,
  );
}

/** Puts back on the shelf. */
export function returnStock(shop: Shop, productId: number, quantity: number): void {
  shop.database.run('UPDATE products SET stock = stock + ? WHERE product_id = ?', quantity, productId);
}

/** What staff may change of a product. */
export interface ProductEdit {
  readonly unit_price: string;
  readonly stock: number;
}

/** Throws ShopError for a product, a price or a stock that cannot be. */
export function changeProduct(shop: Shop, id: number, { unit_price, stock }: ProductEdit): Product {
  const product = Number.isInteger(id) ? findProduct(shop, id) : undefined;
  if (!product) throw new ShopError('product not found');
  if (!/^\d{1,6}\.\d\d$/.test(unit_price)) throw new ShopError('a price is written as 12.90');
  if (!Number.isInteger(stock) || stock < 0 || stock > 1_000_000) {
    throw new ShopError('a stock is 0 to 1000000');
  }
  shop.database.run(
    'UPDATE products SET unit_price = ?, stock = ? WHERE product_id = ?',
    ...[unit_price, stock, id],
  );
  return { ...product, unit_price, stock };
}
