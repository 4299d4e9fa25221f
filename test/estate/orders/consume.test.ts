import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type CloudEvent,
  type EventType,
  newEvent,
} from '../../../extracted-services/chassis/events/cloud-event.ts';
import type { LegacyChanged } from '../../../extracted-services/chassis/legacy/changed.ts';
import { openOrdersDatabase } from '../../../extracted-services/orders/sql-repository.ts';
import { type BusPlace, busKinds, openBusPlace } from '../../kit/buses.ts';
import { type OrdersRig, openOrders } from '../../kit/orders.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';

const event = (
  type: EventType,
  subject: string,
  data: unknown,
  time = '2026-03-04T04:06:07.000Z',
): CloudEvent => newEvent({ source: '/test', type, subject, data, time });

const order = (id: number, status: string) => ({
  ...{ order_id: id, user_id: 1, customer_name: 'Alice Liddell', status, payment_status: 'captured' },
  ...{ currency: 'EUR', net_total: '52.02', tax_total: '9.88', total: '61.90' },
  ...{ placed_at: '2026-03-04 05:06:07', updated_at: '2026-03-04 05:06:07' },
  lines: [
    {
      ...{ line_no: 1, product_id: 3, sku: 'HO-1003', product_name: 'Wool blanket', quantity: 2 },
      ...{ unit_price: '30.95', line_total: '61.90' },
    },
  ],
});

const changed = (change: number, id: number, status: string): CloudEvent =>
  event('legacy.order.changed.v1', `order/${id}`, {
    ...{ change, op: 'update', key: String(id), payload: order(id, status) },
  } satisfies LegacyChanged);

const user = (name: string, time: string): CloudEvent =>
  event('user.changed.v1', 'user/1', { userId: 1, fullName: name, email: 'a@example.com' }, time);

const product = (priceCents: number, time: string): CloudEvent =>
  event('product.changed.v1', 'product/3', { productId: 3, sku: 'HO-1003', name: 'Wool', priceCents }, time);

/** The same for each run of the test, and in no order. */
const shuffle = <T>(all: readonly T[]): readonly T[] =>
  all
    .map((item, index) => ({ item, key: (index * 7919) % 31 }))
    .toSorted((one, other) => one.key - other.key)
    .map(({ item }) => item);

describe.each(busKinds)('on a bus that is $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let place: BusPlace;
    let folder: Awaited<ReturnType<typeof openTempFolder>>;
    let orders: OrdersRig;
    beforeEach(async () => {
      place = await openBusPlace(kind);
      folder = await openTempFolder();
      orders = await openOrders({
        bus: place.options,
        database: { file: `${folder.path}/orders.db` },
        more: { answerWithin: 0 },
      });
    });
    afterEach(async () => {
      await orders[Symbol.asyncDispose]();
      await place[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    });

    const read = async (id: number): Promise<Readonly<Record<string, unknown>>> =>
      (await (await fetch(`${orders.url}/v1/orders/${id}`)).json()) as Record<string, unknown>;
    const rows = async (sql: string): Promise<number> => {
      const database = await openOrdersDatabase({ file: `${folder.path}/orders.db` });
      const row = await database.get<{ n: number }>(sql);
      await database.close();
      return row?.n ?? 0;
    };

    it('what comes twice, late and out of order changes nothing', async () => {
      const bus = await place.open();
      const events = [
        ...[changed(10, 42, 'paid'), changed(11, 42, 'shipped'), changed(15, 42, 'delivered')],
        ...[changed(12, 43, 'paid'), changed(13, 43, 'cancelled')],
        ...[
          user('Alice Liddell', '2026-03-01T00:00:00.000Z'),
          user('Alice Hargreaves', '2026-03-02T00:00:00.000Z'),
        ],
        ...[product(3095, '2026-03-01T00:00:00.000Z'), product(3195, '2026-03-02T00:00:00.000Z')],
      ];
      for (const each of shuffle([...events, ...events, ...events.toReversed()])) await bus.publish(each);
      await expect.poll(() => rows('SELECT count(*) AS n FROM inbox')).toBe(events.length);
      expect(await read(42)).toEqual(order(42, 'delivered'));
      expect(await read(43)).toEqual(order(43, 'cancelled'));
      const placed = await fetch(`${orders.url}/v1/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          user_id: 1,
          lines: [{ product_id: 3, quantity: 1 }],
          card: '4111111111111111',
        }),
      });
      expect(await placed.json()).toMatchObject({ customer_name: 'Alice Hargreaves', total: '31.95' });
      // And once more, when all of it is long over.
      for (const each of events.toReversed()) await bus.publish(each);
      await bus.publish(changed(16, 44, 'paid'));
      await expect.poll(() => read(44)).toEqual(order(44, 'paid'));
      expect([await read(42), await read(43)]).toEqual([order(42, 'delivered'), order(43, 'cancelled')]);
    });

    it('what makes no sense is a dead letter that names the field, and stops nothing', async () => {
      const bus = await place.open();
      const { total: _, ...broken } = order(45, 'paid');
      await bus.publish(
        event('legacy.order.changed.v1', 'order/45', { change: 1, op: 'update', key: '45', payload: broken }),
      );
      await bus.publish(event('user.changed.v1', 'user/1', { userId: 'x', fullName: 'A' }));
      await bus.publish(changed(2, 46, 'paid'));
      await expect.poll(() => read(46)).toEqual(order(46, 'paid'));
      await expect
        .poll(async () => (await bus.deadLetters.list('orders')).map(({ reason }) => reason).toSorted())
        .toEqual([
          'Unhandleable: total: expected text, got nothing',
          'Unhandleable: userId: expected a whole number, got "x"',
        ]);
    });
  });
});
