import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isOwn } from '../../../extracted-services/orders/order.ts';
import { rebuild } from '../../../extracted-services/orders/rebuild.ts';
import { createRepository, openOrdersDatabase } from '../../../extracted-services/orders/sql-repository.ts';
import { internalToken } from '../../kit/internal-client.ts';
import { type MainProcess, runMain, stopMains } from '../../kit/main-process.ts';
import { cards, openShop, type Shop } from '../../kit/shop.ts';
import { openTokenServer, type TokenServer } from '../../kit/token-server.ts';

let shop: Shop;
let tokens: TokenServer;

beforeAll(async () => {
  shop = await openShop();
  tokens = await openTokenServer();
  tokens.answer(200, JSON.stringify({ access_token: shop.serviceToken(), expires_in: 300 }));
});
afterEach(stopMains);
afterAll(async () => {
  await tokens[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

/** The orders service as a process, between gates. */
const start = (): MainProcess =>
  runMain('extracted-services/orders/main.ts', {
    ORDERS_LISTEN: '127.0.0.1:0',
    ORDERS_DATABASE: `${shop.folder}/orders.db`,
    BUS_DATABASE: shop.busFile,
    LEGACY_URL: shop.monolith.url,
    LEGACY_INTERNAL_TOKEN: internalToken,
    ORDERS_AUTH: 'off',
    ORDERS_STOCK_PROTOCOL: 'rest',
    ORDERS_CLIENT_SECRET: 'a-secret-of-the-tests-alone',
    ORDERS_ANSWER_WITHIN: '5000',
    USERS_URL: tokens.url.replace('/oauth/token', ''),
    PRODUCTS_URL: shop.gates.products.url,
    PAYMENTS_URL: shop.gates.payments.url,
  });

async function kill({ child, ended }: MainProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

const [productId, quantity] = [3, 2];

const post = (url: string, path: string, body: object): Promise<number> =>
  fetch(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).then(
    async answer => {
      await answer.body?.cancel();
      return answer.status;
    },
    // Killed in the middle of it.
    () => 0,
  );

const place = (url: string, card: string): Promise<number> =>
  post(url, '/v1/orders', { user_id: 1, lines: [{ product_id: productId, quantity }], card });

/** How it was before a test. */
interface Before {
  readonly id: number;
  readonly stock: number;
}

const look = async (): Promise<Before> => ({ id: lastId() || 0, stock: await shop.stockOf(productId) });

interface End {
  readonly status: string;
  readonly payment_status: string;
}

/** The order that was placed last. */
const lastId = (): number =>
  Number(shop.told.findLast(({ type }) => type === 'order.placed.v1')?.subject.split('/')[1]);

const toldOf = (id: number): readonly string[] =>
  shop.told.filter(({ subject }) => subject === `order/${id}`).map(({ type }) => type);

async function untilEnded(url: string, id: number, words: readonly string[]): Promise<End> {
  const read = async (): Promise<End> => (await (await fetch(`${url}/v1/orders/${id}`)).json()) as End;
  await expect.poll(async () => words.includes((await read()).status), { timeout: 25_000 }).toBe(true);
  return read();
}

/** Money, stock and order, in one line: what has to agree. */
async function agreement(url: string, words: readonly string[], before: Before): Promise<string> {
  await expect.poll(lastId).toBeGreaterThan(before.id);
  const id = lastId();
  const { status, payment_status } = await untilEnded(url, id, words);
  const reservation = await shop.reservationOf(id);
  const taken = before.stock - (await shop.stockOf(productId));
  const money = (await shop.paymentsOf(id)).filter(word => word !== 'failed').join('+') || 'none';
  return `${status} ${payment_status}; ${reservation} ${taken}; ${money}`;
}

const paid = 'paid captured; committed 2; captured';
const ended = ['paid', 'cancelled'];

describe('killed', { timeout: 60_000 }, () => {
  it.each([
    ['products', 'PUT /v1/reservations/order-\\d+', 'request', 'cancelled none; released 0; none'],
    ['products', 'PUT /v1/reservations/order-\\d+', 'answer', 'cancelled none; released 0; none'],
    ['payments', 'POST /v1/payments', 'request', 'cancelled none; released 0; none'],
    ['payments', 'POST /v1/payments', 'answer', paid],
    ['products', 'POST /v1/reservations/order-\\d+/commit', 'request', paid],
    ['products', 'POST /v1/reservations/order-\\d+/commit', 'answer', paid],
    ['payments', 'POST /v1/payments/[^/]+/capture', 'request', paid],
    ['payments', 'POST /v1/payments/[^/]+/capture', 'answer', paid],
  ] as const)(
    'at %s, %s, with the %s in hand: money, stock and order agree',
    async (who, what, moment, all) => {
      const before = await look();
      const held = shop.gates[who].hold(what, moment);
      const first = start();
      const placed = place(await first.listening(), cards.pays);
      await held.arrived;
      await kill(first);
      expect(await placed).toBe(0);
      const second = start();
      expect(await agreement(await second.listening(), ended, before)).toBe(all);
      await expect
        .poll(() => toldOf(lastId()))
        .toEqual(['order.placed.v1', all === paid ? 'order.confirmed.v1' : 'order.rejected.v1']);
    },
  );

  it.each(['request', 'answer'] as const)(
    'while stock is released after a declined card, with the %s in hand: nothing stays taken',
    async moment => {
      const before = await look();
      const held = shop.gates.products.hold(/release$/, moment);
      const first = start();
      const placed = place(await first.listening(), cards.declines);
      await held.arrived;
      await kill(first);
      await placed;
      const second = start();
      expect(await agreement(await second.listening(), ended, before)).toBe(
        'cancelled declined; released 0; declined',
      );
    },
  );

  it.each([
    ['payments', 'request', /refund$/],
    ['payments', 'answer', /refund$/],
    ['products', 'request', /release$/],
    ['products', 'answer', /release$/],
  ] as const)(
    'while it is cancelled, at %s with the %s in hand: all of it goes back, once',
    async (who, moment, what) => {
      const before = await look();
      const first = start();
      const url = await first.listening();
      expect(await place(url, cards.pays)).toBe(201);
      const held = shop.gates[who].hold(what, moment);
      await expect.poll(lastId).toBeGreaterThan(before.id);
      const cancelled = post(url, `/v1/orders/${lastId()}/cancel`, {});
      await held.arrived;
      await kill(first);
      await cancelled;
      const second = start();
      expect(await agreement(await second.listening(), ['cancelled'], before)).toBe(
        'cancelled refunded; released 0; refunded',
      );
    },
  );

  it('and a reservation that arrives after the order was given up takes nothing', async () => {
    const before = await look();
    const late = shop.gates.products.hold('PUT /v1/reservations/order-\\d+', 'request');
    const first = start();
    void place(await first.listening(), cards.pays);
    await late.arrived;
    await kill(first);
    const second = start();
    const url = await second.listening();
    expect(await agreement(url, ended, before)).toBe('cancelled none; released 0; none');
    expect(await late.release()).toBe(409);
    expect(await shop.stockOf(productId)).toBe(before.stock);
  });

  it('and a payment that arrives after the order was given up is voided', async () => {
    const before = await look();
    const late = shop.gates.payments.hold('POST /v1/payments', 'request');
    const first = start();
    void place(await first.listening(), cards.pays);
    await late.arrived;
    await kill(first);
    const second = start();
    const url = await second.listening();
    expect(await agreement(url, ended, before)).toBe('cancelled none; released 0; none');
    expect(await late.release()).toBe(201);
    await expect.poll(() => shop.paymentsOf(lastId())).toEqual(['voided']);
  });

  it('over and over, at whatever moment: each order ends, and all sums agree', async () => {
    const before = await look();
    const count = 6;
    const asked = shop.gates.payments.seen.length;
    for (let round = 0; round < 3; round += 1) {
      const process = start();
      const url = await process.listening();
      const placed = Array.from({ length: count }, () => place(url, cards.pays));
      // Some are done by then, some have not begun.
      await expect.poll(() => shop.gates.payments.seen.length).toBeGreaterThan(asked + 3 + round * 5);
      await kill(process);
      await Promise.all(placed);
    }
    const process = start();
    await process.listening();
    const database = await openOrdersDatabase({ file: `${shop.folder}/orders.db` });
    const repository = createRepository(database);
    await expect.poll(() => repository.sagas.count(), { timeout: 40_000 }).toBe(0);
    await rebuild(repository);
    const own = (await repository.readModel.after(before.id, 500)).filter(({ id }) => isOwn(id));
    expect(own.length).toBeGreaterThanOrEqual(3);
    let sold = 0;
    for (const { id, status } of own) {
      const payments = await shop.paymentsOf(id);
      if (status === 'paid') {
        sold += quantity;
        expect([id, await shop.reservationOf(id), payments]).toEqual([id, 'committed', ['captured']]);
      } else {
        expect([id, status, await shop.reservationOf(id)]).toEqual([id, 'cancelled', 'released']);
        expect(payments.filter(word => !['voided', 'failed', 'declined'].includes(word))).toEqual([]);
      }
    }
    expect(before.stock - (await shop.stockOf(productId))).toBe(sold);
    await repository.close();
  });
});
