import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';
import { createInternalClient, internalToken } from '../kit/internal-client.ts';
import { createShopClient } from '../kit/shop-client.ts';
import { openTempFolder } from '../kit/temp-folder.ts';

let monolith: Monolith;
let folder: Awaited<ReturnType<typeof openTempFolder>>;
let database: string;
beforeEach(async () => {
  folder = await openTempFolder();
  database = join(folder.path, 'legacy.db');
  monolith = await startMonolith({ port: 0, database, internalToken, keptChanges: 50 });
});
afterEach(async () => {
  await monolith.close();
  await folder[Symbol.asyncDispose]();
});

const shop = createShopClient(() => monolith.url);
const internal = createInternalClient(() => monolith.url);
const card = '4111111111111111';
const place = async (): Promise<number> => {
  const lines = [
    { product_id: 1, quantity: 2 },
    { product_id: 2, quantity: 1 },
  ];
  const answer = await shop.json('POST', '/orders', { user_id: 1, lines, card });
  return ((await answer.json()) as { order_id: number }).order_id;
};
const order = {
  user_id: 1,
  status: 'paid',
  payment_status: 'captured',
  currency: 'EUR',
  net_total: '10.84',
  tax_total: '2.06',
  total: '12.90',
  placed_at: '2026-03-04 05:06:07',
  updated_at: '2026-03-04 05:06:08',
  lines: [{ product_id: 3, quantity: 1, unit_price: '12.90', line_total: '12.90' }],
};

describe('the internal surface', () => {
  it('is not there without a token in the settings', async () => {
    const open = await startMonolith({ port: 0 });
    for (const path of ['/internal/changes', '/internal/digest?entity=orders']) {
      const answer = await fetch(open.url + path, { headers: { authorization: 'Bearer undefined' } });
      expect(answer.status).toBe(404);
    }
    expect((await fetch(`${open.url}/internal/users/1`, { method: 'PUT' })).status).toBe(404);
    await open.close();
  });

  it.each(['', 'x', `${internalToken}x`, internalToken.slice(1)])('refuses the token "%s"', async token => {
    const answer = await internal.get('/changes', token);
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it('names the field, the bound and the value of a query that is wrong', async () => {
    for (const [path, error] of [
      ['/changes?limit=1001', 'limit: expected a whole number from 0 to 1000, got 1001'],
      ['/changes?wait=20001', 'wait: expected a whole number from 0 to 20000, got 20001'],
      ['/digest?entity=mice', 'entity: expected users, products, orders, got mice'],
    ] as const) {
      const answer = await internal.get(path);
      expect([answer.status, await answer.json()]).toEqual([400, { error }]);
    }
  });
});

describe('change capture', () => {
  it('tells nothing of what was there from the beginning', async () => {
    expect(await internal.changes('after=0')).toEqual({ changes: [], last: 0 });
  });

  it('tells of an order once, whole, after the stock that it took', async () => {
    const id = await place();
    const { changes } = await internal.changes('after=0');
    expect(changes.map(({ entity, op, key }) => [entity, op, key])).toEqual([
      ['products', 'update', '1'],
      ['products', 'update', '2'],
      ['orders', 'insert', String(id)],
    ]);
    expect(changes[2]?.payload).toMatchObject({
      order_id: id,
      customer_name: 'Alice Liddell',
      payment_status: 'captured',
      card_suffix: '1111',
      lines: [
        { line_no: 1, product_id: 1, quantity: 2, product_name: expect.any(String) },
        { line_no: 2, product_id: 2, quantity: 1, line_total: expect.stringMatching(/^\d+\.\d\d$/) },
      ],
    });
    const { stock, stock_before } = changes[0]!.payload as { stock: number; stock_before: number };
    expect(stock_before - stock).toBe(2);
  });

  it('tells nothing of an order that failed', async () => {
    await shop.json('POST', '/orders', {
      user_id: 1,
      lines: [{ product_id: 1, quantity: 2 }],
      card: '4000000000000002',
    });
    expect((await internal.changes('after=0')).changes).toEqual([]);
  });

  it('tells of a new user and a changed one, and never of a password', async () => {
    const who = { email: 'new@example.com', full_name: 'New One', city: 'Wien', password: 'long enough' };
    await shop.json('POST', '/users', who);
    const cookie = await shop.logIn(who.email, who.password);
    await shop.form('/account/profile', { ...who, city: 'Graz' }, cookie);
    const { changes } = await internal.changes('after=0');
    expect(changes.map(({ entity, op }) => [entity, op])).toEqual([
      ['users', 'insert'],
      ['users', 'update'],
    ]);
    expect(changes[1]?.payload).toMatchObject({ user_id: 501, city: 'Graz' });
    expect(JSON.stringify(changes)).not.toContain('password');
  });

  it('tells of what somebody changes in the database by hand, deletions too', async () => {
    const byHand = new DatabaseSync(database);
    byHand.exec("UPDATE orders SET status = 'shipped' WHERE order_id = 2400");
    byHand.exec('DELETE FROM cart_items; DELETE FROM order_lines WHERE order_id = 5');
    byHand.exec('PRAGMA foreign_keys = OFF; DELETE FROM orders WHERE order_id = 5');
    byHand.close();
    const { changes } = await internal.changes('after=0');
    expect(changes[0]).toMatchObject({ entity: 'orders', key: '2400', op: 'update' });
    expect(changes.at(-1)).toMatchObject({ entity: 'orders', key: '5', op: 'delete', payload: null });
  });

  it('is read page by page, none twice', async () => {
    for (let count = 0; count < 4; count++) await place();
    const seen: number[] = [];
    for (let after = 0; ; ) {
      const { changes, last } = await internal.changes(`after=${after}&limit=5`);
      seen.push(...changes.map(change => change.id));
      after = seen.at(-1) ?? 0;
      if (after === last) break;
    }
    expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
  });

  it('keeps a bounded log, and says 410 with what it holds to a reader that is further behind', async () => {
    for (let count = 0; count < 20; count++) await place();
    const { last } = await internal.changes('after=59');
    expect(last).toBe(60);
    const answer = await internal.get('/changes?after=9');
    expect([answer.status, await answer.json()]).toEqual([
      410,
      { error: 'the log holds 11 to 60, not 10', first: 11, last: 60 },
    ]);
    expect((await internal.changes('after=10&limit=1000')).changes).toHaveLength(50);
    expect((await internal.get('/changes?after=61')).status).toBe(410);
  });

  it('answers one who waits as soon as something changes', async () => {
    const waiting = internal.changes('after=0&wait=20000');
    await place();
    expect((await waiting).changes.length).toBeGreaterThan(0);
  });

  it('answers one who waits with nothing when the shop closes', async () => {
    const closing = await startMonolith({ port: 0, internalToken });
    const waiting = createInternalClient(() => closing.url).changes('after=0&wait=20000');
    // The answer to a later request on another connection shows that the first one is being served.
    await createInternalClient(() => closing.url).changes('after=0');
    await closing.close();
    expect(await waiting).toEqual({ changes: [], last: 0 });
  });
});

describe('a snapshot', () => {
  it('gives every row in the form of a change, and the number from which changes go on', async () => {
    await place();
    const { rows, last } = await internal.snapshot('entity=products&after=382&limit=10');
    expect([rows.map(row => row.key), last]).toEqual([[383, 384], 3]);
    const { changes } = await internal.changes('after=2');
    const orders = await internal.snapshot('entity=orders&after=2400');
    expect(orders.rows).toEqual([{ key: 2401, payload: changes[0]?.payload }]);
  });

  it('gives password hashes to who asks for them by name', async () => {
    const plain = await internal.snapshot('entity=users&limit=1');
    expect(plain.rows[0]?.payload).not.toHaveProperty('password_hash');
    const { rows } = await internal.snapshot('entity=users&limit=1&with=password_hash');
    expect(rows[0]?.payload).toMatchObject({
      user_id: 1,
      password_hash: expect.stringMatching(/^.+:[0-9a-f]{64}$/),
    });
  });
});

describe('writes from outside', () => {
  it('are on the pages at once, and not told of again', async () => {
    expect((await internal.put('/orders/1000000', order)).status).toBe(204);
    const cookie = await shop.logIn('alice@example.com');
    const page = await (await shop.get('/account/orders/1000000', cookie)).text();
    expect(page).toContain('paid · payment captured');
    await internal.put('/orders/1000000', { ...order, status: 'cancelled', payment_status: 'refunded' });
    expect(await (await shop.get('/orders/1000000')).json()).toMatchObject({
      status: 'cancelled',
      payment_status: 'refunded',
      lines: [{ line_no: 1, product_id: 3 }],
    });
    expect((await internal.changes('after=0')).changes).toEqual([]);
  });

  it('leave the next change of the shop’s own to be told of', async () => {
    await internal.put('/products/GA-1001/stock', { stock: 7 });
    await internal.put('/orders/1000000', { ...order, user_id: 9999 });
    await place();
    expect((await internal.changes('after=0')).changes).toHaveLength(3);
  });

  it('do not move the shop’s own numbers, its ticker or its best sellers', async () => {
    await internal.put('/orders/1000000', order);
    await internal.put('/users/1000000', {
      email: 'from@outside.example',
      full_name: 'From Outside',
      city: 'Wien',
      role: 'customer',
      created_at: '2026-03-04 05:06:07',
    });
    expect(await place()).toBe(2401);
    const who = { email: 'next@example.com', full_name: 'Next', city: 'Wien', password: 'long enough' };
    expect(await (await shop.json('POST', '/users', who)).json()).toMatchObject({ user_id: 501 });
    const home = await (await shop.get('/')).text();
    expect(home.match(/<li><a href="\/shop\//g)).toHaveLength(8);
    const stream = await fetch(`${monolith.url}/events/orders`);
    const reader = (stream.body as ReadableStream<Uint8Array>).getReader();
    let seen = '';
    while (!seen.includes('id: 2401')) seen += Buffer.from((await reader.read()).value ?? []).toString();
    expect(seen).not.toContain('1000000');
    await reader.cancel();
  });

  it('change the stock by an amount once for one event, and never below nothing', async () => {
    const put = async (body: object): Promise<unknown> =>
      (await internal.put('/products/GA-1005/stock', body)).json();
    await put({ stock: 10 });
    expect(await put({ change: -4, event: 'e-1' })).toEqual({ stock: 6 });
    expect(await put({ change: -4, event: 'e-1' })).toEqual({ stock: 6 });
    const answer = await internal.put('/products/GA-1005/stock', { change: -7, event: 'e-2' });
    expect([answer.status, await answer.json()]).toEqual([
      409,
      { error: 'stock: GA-1005 has 6, the change is -7' },
    ]);
    expect(await put({ change: 2, event: 'e-2' })).toEqual({ stock: 8 });
  });

  it('of a product keep its stock', async () => {
    const entry = {
      sku: 'GA-1006',
      product_name: 'Better can',
      category: 'garden',
      description: '',
      unit_price: '1.00',
    };
    const before = (await (await shop.get('/products/6')).json()) as { stock: number };
    expect((await internal.put('/products/6', entry)).status).toBe(204);
    expect(await (await shop.get('/products/6')).json()).toEqual({
      product_id: 6,
      ...entry,
      stock: before.stock,
    });
    expect((await internal.put('/products/7', entry)).status).toBe(409);
  });

  it('cancel an order as its own page does, once, and it is told of', async () => {
    const id = await place();
    const { last } = await internal.changes('after=0');
    const cancel = (path: string) =>
      fetch(`${monolith.url}/internal/orders/${path}/cancel`, {
        method: 'POST',
        headers: { authorization: `Bearer ${internalToken}` },
      });
    expect((await cancel(String(id))).status).toBe(204);
    const again = await cancel(String(id));
    const error = 'an order that is cancelled cannot be cancelled';
    expect([again.status, await again.json()]).toEqual([409, { error }]);
    expect([(await cancel('x')).status, (await cancel('999999')).status]).toEqual([400, 409]);
    const { changes } = await internal.changes(`after=${last}`);
    const told = { entity: 'orders', key: String(id) };
    expect(changes.at(-1)).toMatchObject({ ...told, payload: { payment_status: 'refunded' } });
  });

  it('let a user log in with the hash that came along, and keep it if none comes', async () => {
    const { rows } = await internal.snapshot('entity=users&limit=1&with=password_hash');
    const user = { ...rows[0]?.payload, email: 'copy@example.com' };
    expect((await internal.put('/users/1000001', user)).status).toBe(204);
    await internal.put('/users/1000001', { ...user, password_hash: undefined, city: 'Graz' });
    expect(await shop.logIn('copy@example.com')).toMatch(/^shop_sid=./);
    await internal.put('/users/1000002', { ...user, email: 'none@example.com', password_hash: undefined });
    expect(await shop.logIn('none@example.com')).toBe('');
  });

  it.each([
    ['/orders/1', { ...order, total: 12.9 }, 400, 'total: expected money such as 12.90, got 12.9'],
    ['/orders/1', { ...order, lines: [] }, 400, 'lines: expected a list of 1 to 50, got 0'],
    ['/orders/1', { ...order, placed_at: '2026-03-04T05:06:07Z' }, 400, 'placed_at: expected a local time'],
    ['/orders/1', { ...order, user_id: 9999 }, 409, 'user_id: users has no 9999'],
    ['/orders/x', order, 400, 'id: expected a whole number of 1 or more, got x'],
    ['/products/none/stock', { stock: 1 }, 409, 'sku: products has no none'],
    ['/products/GA-1001/stock', { change: 1 }, 400, 'event: expected the id of an event, got nothing'],
    ['/users/3', { email: 'x' }, 400, 'email: expected an email address, got "x"'],
  ])('to %s that do not fit are refused and change nothing: %#', async (path, body, status, error) => {
    const before = await internal.digest('entity=orders&limit=5');
    const answer = await internal.put(path, body);
    expect([answer.status, await answer.json()]).toEqual([status, { error: expect.stringContaining(error) }]);
    expect(await internal.digest('entity=orders&limit=5')).toEqual(before);
  });
});

describe('the digest', () => {
  it('is the same for the same content, and another for another', async () => {
    await internal.put('/orders/1000000', order);
    const [first] = await internal.digest('entity=orders&after=999999');
    expect(first).toEqual({
      id: 1000000,
      updated_at: order.updated_at,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    await internal.put('/orders/1000000', { ...order, updated_at: '2026-03-05 05:06:08' });
    expect((await internal.digest('entity=orders&after=999999'))[0]?.hash).toBe(first?.hash);
    await internal.put('/orders/1000000', { ...order, payment_status: 'refunded' });
    expect((await internal.digest('entity=orders&after=999999'))[0]?.hash).not.toBe(first?.hash);
  });

  it('covers every row, page by page', async () => {
    const ids: number[] = [];
    for (let after = 0; ; after = ids.at(-1) ?? 0) {
      const page = await internal.digest(`entity=orders&after=${after}&limit=1000`);
      if (page.length === 0) break;
      ids.push(...page.map(digest => digest.id));
    }
    expect(ids).toEqual(Array.from({ length: 2400 }, (_, index) => index + 1));
  });
});
