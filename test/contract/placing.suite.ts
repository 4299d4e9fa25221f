/** What whoever orders was promised, whoever takes the order: the monolith, or the service behind a gateway. */
import { describe, expect, it } from 'vitest';
import { cards } from '../kit/shop.ts';
import type { Asked, Shopper } from '../kit/shopper.ts';

/**
 * Runs the suite. `shopper` is Alice, logged in, and is asked for once the tests run. The two sides say no in forms of their
 * own: 200 with an error inside, and a problem.
 */
export function describePlacing(name: string, shopper: () => Shopper): void {
  const read = async (id: number): Promise<Asked['body']> =>
    (await shopper().ask('GET', `/orders/${id}`)).body;
  const paidOrders = async (): Promise<readonly number[]> => {
    const { body } = await shopper().ask('GET', '/orders?user_id=1&status=paid&limit=500');
    return (body.orders as { order_id: number }[]).map(order => order.order_id).toSorted((a, b) => a - b);
  };
  const isRefused = ({ status, body }: Asked): boolean =>
    status >= 400 ? typeof body.detail === 'string' : typeof body.error === 'string';

  describe(`placing orders at ${name}`, () => {
    it('prices an order, takes the money, and has it to read at once', async () => {
      const { status, body } = await shopper().order({ product: 21, quantity: 3 });
      expect([200, 201]).toContain(status);
      expect(body).toMatchObject({
        ...{ user_id: 1, customer_name: 'Alice Liddell', currency: 'EUR' },
        ...{ status: 'paid', payment_status: 'captured' },
        lines: [{ line_no: 1, product_id: 21, quantity: 3, line_total: body.total }],
      });
      const { body: product } = await shopper().ask('GET', '/products/21');
      expect(body.lines).toMatchObject([{ unit_price: product.unit_price, sku: product.sku }]);
      expect(await read(Number(body.order_id))).toEqual(body);
      expect(await paidOrders()).toContain(body.order_id);
    });

    it.each([
      ['a card that is declined', { product: 22, card: cards.declines }],
      ['a product that is not there', { product: 999_999 }],
      ['a hundred pieces', { product: 22, quantity: 100 }],
      ['none', { product: 22, quantity: 0 }],
      ['no card', { product: 22, card: '' }],
      ['somebody who is not there', { product: 22, userId: 999_999 }],
    ])('refuses %s with words, and nothing is paid', async (_what, wanted) => {
      const before = await paidOrders();
      expect(await shopper().order(wanted)).toSatisfy(isRefused);
      expect(await paidOrders()).toEqual(before);
    });

    it('cancels an order that is paid, once', async () => {
      const { body: placed } = await shopper().order({ product: 23 });
      const cancel = (): Promise<Asked> =>
        shopper().ask('POST', `/orders/${placed.order_id}/cancel`, { json: {} });
      const cancelled = await cancel();
      const returned = { order_id: placed.order_id, status: 'cancelled', payment_status: 'refunded' };
      expect(cancelled).toMatchObject({ status: 200, body: returned });
      expect(await read(Number(placed.order_id))).toMatchObject(returned);
      await cancel();
      expect(await read(Number(placed.order_id))).toMatchObject(returned);
    });
  });
}
