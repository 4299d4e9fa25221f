/** What consumers of the catalogue were promised, whoever answers: the monolith, the service, or a gateway. */
import { describe, expect, it } from 'vitest';

export interface ProductsSubject {
  readonly url: string;
  /** Where products are: `/products` at the monolith and the gateway, `/v1/products` at the service. */
  readonly path: string;
}

export interface ListedProduct {
  readonly product_id: number;
  readonly product_name: string;
  readonly category: string;
  readonly unit_price: string;
}

const product146 = {
  product_id: 146,
  sku: 'KI-1146',
  product_name: 'Copper crème brûlée dish',
  category: 'kitchen',
  description:
    'A crème brûlée dish of copper, made to be used & kept. “Lasts longer than its label”, says the label.',
  unit_price: '73.95',
};

/** Runs the suite against the shop's seeded products. `subject` is asked once the tests run. */
export function describeProducts(name: string, subject: () => ProductsSubject): void {
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${subject().url}${subject().path}${path}`, init);
  const list = async (query: string): Promise<readonly ListedProduct[]> => {
    const answer = await ask(query);
    expect(answer.status).toBe(200);
    const { products, count } = (await answer.json()) as { products: ListedProduct[]; count: number };
    expect(count).toBe(products.length);
    return products;
  };
  const idsOf = async (query: string): Promise<readonly number[]> =>
    (await list(query)).map(product => product.product_id);

  describe(`reading products from ${name}`, () => {
    it('gives a product with price and stock, as JSON in UTF-8', async () => {
      const answer = await ask('/146');
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json(; charset=utf-8)?$/);
      const body = (await answer.json()) as { stock: number };
      expect(body).toEqual({ ...product146, stock: expect.any(Number) });
      expect(Number.isInteger(body.stock)).toBe(true);
    });

    it.each(['/999999', '/0', '/x', '/-1'])('answers 200 with an error inside for %s', async path => {
      const answer = await ask(path);
      expect([answer.status, await answer.json()]).toEqual([200, { error: 'product not found' }]);
    });

    it('lists 24 a page, by id, none twice, until the end', async () => {
      const seen: number[] = [];
      for (let page = 1; page <= 17; page++) {
        const ids = await idsOf(`?page=${page}`);
        expect(ids).toHaveLength(page === 17 ? 0 : 24);
        seen.push(...ids);
      }
      expect(seen).toEqual(Array.from({ length: 384 }, (_, index) => index + 1));
    });

    it.each(['?page=0', '?page=x', '?page=-1', '?page=1&page=2', ''])(
      'gives the first page for "%s"',
      async query => {
        expect((await idsOf(query))[0]).toBe(1);
      },
    );

    it('finds by part of the name, a to z in either case', async () => {
      const found = await list('?q=TEA%20pot');
      expect(found).toHaveLength(12);
      for (const product of found) expect(product.product_name).toContain('tea pot');
      expect(await idsOf('?q=BR%C3%9BL%C3%89E')).toEqual([]);
      expect(await idsOf('?q=br%C3%BBl%C3%A9e')).toContain(146);
    });

    it.each(['%25', '_', '%5C', "'", '*', '%22'])('takes %s for itself', async mark => {
      expect(await idsOf(`?q=${mark}`)).toEqual([]);
    });

    it('finds by category, and by both', async () => {
      for (const product of await list('?category=paper')) expect(product.category).toBe('paper');
      expect(await idsOf('?category=paper&q=tea%20pot')).toEqual([]);
      expect(await idsOf('?category=PAPER')).toEqual([]);
    });

    it('writes money with two decimals', async () => {
      for (const product of await list('')) expect(product.unit_price).toMatch(/^\d+\.\d\d$/);
    });

    it('answers HEAD as GET, without the body', async () => {
      const [get, head] = [await ask('/146'), await ask('/146', { method: 'HEAD' })];
      expect(head.status).toBe(200);
      for (const field of ['content-type', 'content-length', 'etag']) {
        expect(head.headers.get(field)).toBe(get.headers.get(field));
      }
    });
  });
}
