import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import { type EstateRig, openEstateRig } from '../../kit/estate-rig.ts';
import { openUpstream, type ScriptedUpstream } from '../../kit/upstream.ts';

let rig: EstateRig;
let orders: ScriptedUpstream;
/** What the orders service knows. */
let known: Record<string, unknown> | undefined;
beforeEach(async () => {
  rig = await openEstateRig();
  known = undefined;
  orders = await openUpstream((_, res) => {
    res.setHeader('content-type', 'application/json');
    res.end(JSON.stringify(known ?? { error: 'order not found' }));
  });
  const layer = await rig.startLayer(orders.url);
  await expect.poll(async () => (await fetch(`${layer.url}/readyz`)).status).toBe(200);
});
afterEach(async () => {
  await rig[Symbol.asyncDispose]();
  await orders.close();
});

const patience = { timeout: 15_000 };
const legacyJson = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(rig.monolith.url + path)).json()) as Record<string, unknown>;
const staffEdit = (body: object): Promise<Response> =>
  rig.products.call('PUT', '/v1/products/1', { token: rig.products.token('products:write', 'staff'), body });
const order = {
  order_id: 1_000_000,
  user_id: 1,
  customer_name: 'Alice Liddell',
  status: 'confirmed',
  payment_status: 'authorised',
  currency: 'EUR',
  net_total: '10.84',
  tax_total: '2.06',
  total: '12.90',
  placed_at: '2026-03-04 05:06:07',
  updated_at: '2026-03-04 05:06:07',
  lines: [
    {
      line_no: 1,
      product_id: 3,
      sku: 'GA-1003',
      product_name: 'x',
      quantity: 1,
      unit_price: '12.90',
      line_total: '12.90',
    },
  ],
};
const tellOfOrder = (subject: string): Promise<void> =>
  rig.bus.publish(newEvent({ source: '/services/orders', type: 'order.confirmed.v1', subject, data: {} }));

describe('the anti-corruption layer', () => {
  it('brings a price and a stock that staff changed to the monolith’s pages', async () => {
    await staffEdit({ unit_price: '3.45', stock: 17 });
    await expect
      .poll(() => legacyJson('/products/1'), patience)
      .toMatchObject({ unit_price: '3.45', stock: 17 });
    expect(await (await fetch(`${rig.monolith.url}/shop/1`)).text()).toContain('3.45 €');
    expect((await rig.internal.changes('after=0')).changes).toEqual([]);
  });

  it('takes what is reserved off the monolith’s shelf, and puts it back', async () => {
    const before = (await legacyJson('/products/2')).stock as number;
    const call = (method: string, path: string, body?: object) =>
      rig.products.call(method, `/v1/reservations/o-1${path}`, {
        token: rig.products.token('stock:reserve'),
        ...(body && { body }),
      });
    await call('PUT', '', { lines: [{ product_id: 2, quantity: 4 }] });
    await expect.poll(async () => (await legacyJson('/products/2')).stock, patience).toBe(before - 4);
    await call('POST', '/release');
    await expect.poll(async () => (await legacyJson('/products/2')).stock, patience).toBe(before);
  });

  it('and change capture make no loop: both sides sell, and both sides add up', {
    timeout: 60_000,
  }, async () => {
    await rig.startCapture();
    const before = (await legacyJson('/products/3')).stock as number;
    for (let count = 1; count <= 5; count++) {
      await fetch(`${rig.monolith.url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          user_id: 1,
          lines: [{ product_id: 3, quantity: 1 }],
          card: '4111111111111111',
        }),
      });
      await rig.products.call('PUT', `/v1/reservations/o-${count}`, {
        token: rig.products.token('stock:reserve'),
        body: { lines: [{ product_id: 3, quantity: 2 }] },
      });
    }
    const stocks = async (): Promise<readonly unknown[]> => [
      (await legacyJson('/products/3')).stock,
      ((await (await fetch(`${rig.products.service.url}/v1/products/3`)).json()) as { stock: number }).stock,
    ];
    await expect.poll(stocks, { timeout: 30_000 }).toEqual([before - 15, before - 15]);
    expect((await rig.internal.changes('after=0')).last).toBe(10);
  });

  it('translates an order into the monolith’s words and tables', async () => {
    known = order;
    await tellOfOrder('order/1000000');
    await expect
      .poll(() => legacyJson('/orders/1000000'), patience)
      .toMatchObject({
        status: 'paid',
        payment_status: 'captured',
        total: '12.90',
        lines: [{ product_id: 3, line_total: '12.90' }],
      });
    known = { ...order, status: 'rejected', payment_status: 'refunded' };
    await tellOfOrder('order/1000000');
    await expect.poll(async () => (await legacyJson('/orders/1000000')).status, patience).toBe('cancelled');
  });

  it('knows a user of the users service, so that the monolith takes their orders', async () => {
    const user = {
      userId: '1000000',
      email: 'new@example.com',
      fullName: 'New',
      city: 'Wien',
      roles: ['customer'],
    };
    const tell = (
      type: 'user.registered.v1' | 'user.changed.v1',
      data: object,
      time: string,
    ): Promise<void> =>
      rig.bus.publish(newEvent({ source: '/services/users', type, subject: 'user/1000000', data, time }));
    await tell('user.registered.v1', user, '2026-03-04T04:06:07Z');
    await tell('user.changed.v1', { ...user, city: 'Graz' }, '2026-03-04T04:06:09Z');
    await tell('user.changed.v1', { ...user, city: 'Linz' }, '2026-03-04T04:06:08Z');
    const row = async (): Promise<unknown> =>
      (await rig.internal.snapshot('entity=users&after=999999')).rows[0]?.payload;
    const expected = { email: 'new@example.com', city: 'Graz', created_at: '2026-03-04 05:06:07' };
    await expect.poll(row, patience).toMatchObject(expected);
    known = { ...order, user_id: 1_000_000 };
    await tellOfOrder('order/1000000');
    await expect.poll(() => legacyJson('/orders/1000000'), patience).toMatchObject({ customer_name: 'New' });
    expect(await row()).toMatchObject(expected);
  });

  it('keeps what it cannot write as a dead letter with the reason, to be replayed when it is mended', async () => {
    known = { ...order, user_id: 777 };
    await tellOfOrder('order/1000000');
    const dead = () => rig.bus.deadLetters.list('anti-corruption');
    await expect.poll(async () => (await dead()).length, patience).toBe(1);
    expect((await dead())[0]?.reason).toContain('answered 409: user_id: users has no 777');
    known = order;
    await rig.bus.deadLetters.replay('anti-corruption', 'all');
    await expect.poll(async () => (await legacyJson('/orders/1000000')).status, patience).toBe('paid');
  });

  it('says of an event without an order that it is none, and of an order that is not there', async () => {
    await tellOfOrder('nothing');
    await tellOfOrder('order/5');
    const reasons = async (): Promise<readonly string[]> =>
      (await rig.bus.deadLetters.list('anti-corruption')).map(letter => letter.reason).toSorted();
    await expect
      .poll(reasons, patience)
      .toEqual([
        'Error: orders answered 200 for order 5',
        'TypeError: subject: expected order/<number>, got nothing',
      ]);
  });
});
