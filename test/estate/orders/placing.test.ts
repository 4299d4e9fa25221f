import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../../../extracted-services/chassis/service.ts';
import { createManualClock } from '../../kit/manual-clock.ts';
import { cards, openShop, type Shop } from '../../kit/shop.ts';

// Waits in here are for the card network's five seconds, for timeouts and for the payments service's patience.
const timing = { patience: 1500, backoff: 50 };
/** The card network's time, and that of whoever asks it later what became of an operation. */
const clock = createManualClock(Date.now());

let shop: Shop;
let orders: Service;

beforeAll(async () => {
  shop = await openShop({ network: { clock, timeout: 300 } });
  orders = await shop.startOrders({
    sides: shop.sides('grpc', { minimum: 4, window: 2000, pause: 300 }),
    more: { timing, answerWithin: 1200 },
  });
});
afterAll(() => shop[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

async function ask(
  method: string,
  path: string,
  more: { json?: unknown; key?: string } = {},
): Promise<Answer> {
  const answer = await fetch(orders.url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(more.key !== undefined && { 'idempotency-key': more.key }),
    },
    ...(more.json !== undefined && { body: JSON.stringify(more.json) }),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Answer['body'] };
}

const place = (card: string, lines = [{ product_id: 3, quantity: 2 }], key?: string): Promise<Answer> =>
  ask('POST', '/v1/orders', { json: { user_id: 1, lines, card }, ...(key !== undefined && { key }) });

const idOf = ({ headers }: Answer): number => Number(headers.get('location')?.split('/').at(-1));

const read = async (id: number): Promise<Answer['body']> => (await ask('GET', `/v1/orders/${id}`)).body;

const toldOf = (id: number): readonly string[] =>
  shop.told.filter(({ subject }) => subject === `order/${id}`).map(({ type }) => type);

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${orders.url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find(line => line.startsWith(name))
      ?.split(' ')
      .at(-1),
  );
};

describe('an order', () => {
  it('is confirmed where there is stock and money: reserved, authorised, committed, captured', async () => {
    const before = await shop.stockOf(3);
    const answer = await place(cards.pays);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      status: 'paid',
      payment_status: 'captured',
      customer_name: 'Alice Liddell',
      total: '61.90',
      tax_total: '9.88',
      net_total: '52.02',
    });
    const id = idOf(answer);
    expect(id).toBeGreaterThanOrEqual(1_000_000);
    expect(await read(id)).toEqual(answer.body);
    expect(await shop.stockOf(3)).toBe(before - 2);
    expect(await shop.reservationOf(id)).toBe('committed');
    expect(await shop.paymentsOf(id)).toEqual(['captured']);
    await expect.poll(() => toldOf(id)).toEqual(['order.placed.v1', 'order.confirmed.v1']);
    expect(shop.told.at(-1)?.data).toMatchObject({ orderId: id, userId: 1, status: 'paid' });
  });

  it('is in the list of whoever has placed it as soon as it is answered', async () => {
    const id = idOf(await place(cards.pays));
    const { body } = await ask('GET', '/v1/orders?user_id=1&before=9000000&limit=1');
    expect(body.orders).toMatchObject([{ order_id: id, status: 'paid' }]);
  });

  it('is refused where stock is short, and nobody asks for money', async () => {
    const lines = [{ product_id: 3, quantity: 99 }];
    const stock = await shop.stockOf(3);
    // All that is there goes first, so that it is short whatever the seed says.
    for (let left = stock; left >= 99; left -= 99) await place(cards.pays, lines);
    const before = await shop.stockOf(3);
    const answer = await place(cards.pays, lines);
    expect([answer.status, answer.body.code]).toEqual([409, 'stock-short']);
    const id = idOf(answer);
    expect(await read(id)).toMatchObject({ status: 'cancelled', payment_status: 'none' });
    expect([await shop.stockOf(3), await shop.paymentsOf(id)]).toEqual([before, []]);
    await expect.poll(() => toldOf(id)).toEqual(['order.placed.v1', 'order.rejected.v1']);
  });

  it('is taken back where the card is declined: stock is released, nothing is charged', async () => {
    const before = await shop.stockOf(5);
    const answer = await place(cards.declines, [{ product_id: 5, quantity: 2 }]);
    expect([answer.status, answer.body.code]).toEqual([402, 'card-declined']);
    const id = idOf(answer);
    expect(await read(id)).toMatchObject({ status: 'cancelled', payment_status: 'declined' });
    expect(await shop.stockOf(5)).toBe(before);
    expect([await shop.reservationOf(id), await shop.paymentsOf(id)]).toEqual(['released', ['declined']]);
  });

  it('waits for a slow card without making its customer wait, and is confirmed', async () => {
    const answer = await place(cards.isSlow, [{ product_id: 6, quantity: 1 }]);
    expect([answer.status, answer.body.status]).toEqual([202, 'pending']);
    const id = idOf(answer);
    clock.advance(5000);
    await expect.poll(() => read(id)).toMatchObject({ status: 'paid', payment_status: 'captured' });
    expect(await shop.paymentsOf(id)).toEqual(['captured']);
  });

  it('is taken back where the card breaks the network, behind a breaker that one can see', async () => {
    const before = await shop.stockOf(7);
    const answers = await Promise.all(
      [1, 2].map(() => place(cards.breaks, [{ product_id: 7, quantity: 1 }])),
    );
    for (const answer of answers) expect([answer.status, answer.body.status]).toEqual([202, 'pending']);
    await expect.poll(() => metric('orders_breaker_state{upstream="payments"}')).toBe(2);
    // Nobody knows yet what became of the money: payments asks the network after ten seconds.
    for (let round = 0; round < 4; round += 1) {
      clock.advance(5000);
      await expect.poll(() => clock.pending()).toBeGreaterThan(0);
    }
    for (const id of answers.map(idOf)) {
      await expect
        .poll(
          async () => {
            clock.advance(1000);
            return read(id);
          },
          { timeout: 20_000 },
        )
        .toMatchObject({ status: 'cancelled', payment_status: 'none' });
      expect(await shop.reservationOf(id)).toBe('released');
      expect(await shop.paymentsOf(id)).not.toContain('authorised');
    }
    expect(await shop.stockOf(7)).toBe(before);
    shop.payments.network.heal();
    await expect.poll(async () => (await place(cards.pays)).status, { timeout: 15_000 }).toBe(201);
    expect(await metric('orders_breaker_state{upstream="payments"}')).toBe(0);
  }, 60_000);

  it('never shows the number of a card: not in events, not in the log', async () => {
    for (const name of ['orders.db', 'orders.db-wal', 'bus.db', 'bus.db-wal']) {
      for (const card of Object.values(cards)) {
        expect(readFileSync(`${shop.folder}/${name}`, 'latin1').includes(card)).toBe(false);
      }
    }
  });
});

describe('cancelling', () => {
  it('gives money and stock back, once', async () => {
    const before = await shop.stockOf(8);
    const id = idOf(await place(cards.pays, [{ product_id: 8, quantity: 3 }]));
    const [one, other] = await Promise.all(
      [1, 2].map(() => ask('POST', `/v1/orders/${id}/cancel`, { json: {} })),
    );
    expect([one?.status, other?.status]).toEqual([200, 200]);
    expect(one?.body).toMatchObject({ status: 'cancelled', payment_status: 'refunded' });
    expect([await shop.stockOf(8), await shop.paymentsOf(id)]).toEqual([before, ['refunded']]);
    await expect
      .poll(() => toldOf(id))
      .toEqual(['order.placed.v1', 'order.confirmed.v1', 'order.cancelled.v1']);
  });

  it('cancels an order of the monolith there, where its money and its stock are', async () => {
    const atMonolith = async (path: string) => (await fetch(shop.monolith.url + path)).json();
    const { orders: paid } = (await atMonolith('/orders?status=paid&limit=1')) as {
      orders: { order_id: number }[];
    };
    const id = Number(paid[0]?.order_id);
    const answer = await ask('POST', `/v1/orders/${id}/cancel`, { json: {} });
    const returned = { order_id: id, status: 'cancelled', payment_status: 'refunded' };
    expect(answer).toMatchObject({ status: 200, body: returned });
    expect(await atMonolith(`/orders/${id}`)).toEqual(answer.body);
    expect(await read(id)).toEqual(answer.body);
    expect((await ask('POST', `/v1/orders/${id}/cancel`, { json: {} })).status).toBe(200);
  });

  it('refuses one that is delivered, one that was rejected, and one that is not there', async () => {
    const rejected = idOf(await place(cards.declines));
    for (const [id, status] of [
      [42, 409],
      [rejected, 409],
      [1_999_999, 404],
    ]) {
      expect([id, (await ask('POST', `/v1/orders/${id}/cancel`, { json: {} })).status]).toEqual([id, status]);
    }
  });
});

describe('an idempotency key', () => {
  it('places one order and charges once, however often it is sent', async () => {
    const lines = [{ product_id: 9, quantity: 1 }];
    const before = await shop.stockOf(9);
    const answers = await Promise.all([1, 2, 3].map(() => place(cards.pays, lines, 'k-1')));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(2);
    expect(await shop.stockOf(9)).toBe(before - 1);
  });

  it('is refused for another order, and gives the same refusal again', async () => {
    await place(cards.pays, [{ product_id: 9, quantity: 1 }], 'k-2');
    const other = await place(cards.pays, [{ product_id: 9, quantity: 2 }], 'k-2');
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
    for (let time = 0; time < 2; time += 1) {
      const declined = await place(cards.declines, [{ product_id: 9, quantity: 1 }], 'k-3');
      expect([declined.status, declined.body.code]).toEqual([402, 'card-declined']);
    }
  });

  it('is forgotten where the order was not taken', async () => {
    const unknown = { user_id: 9999, lines: [{ product_id: 9, quantity: 1 }], card: cards.pays };
    expect((await ask('POST', '/v1/orders', { json: unknown, key: 'k-4' })).status).toBe(400);
    expect((await place(cards.pays, [{ product_id: 9, quantity: 1 }], 'k-4')).status).toBe(201);
  });
});
