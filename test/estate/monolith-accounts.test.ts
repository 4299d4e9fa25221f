import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';
import { createShopClient, sidOf } from '../kit/shop-client.ts';

let monolith: Monolith;
beforeAll(async () => {
  monolith = await startMonolith({ port: 0 });
});
afterAll(() => monolith.close());

const shop = createShopClient(() => monolith.url);
const bodyOf = async (answer: Promise<Response>): Promise<unknown> => (await answer).json();
const nina = { email: 'nina@example.com', full_name: 'Nina Neu', city: 'Wien', password: 'figs and wasps' };

describe('registering', () => {
  it('by form opens an account, logs in and leads to the profile', async () => {
    const answer = await shop.form('/register', nina);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${monolith.url}/account/profile`]);
    expect(await (await shop.get('/account/profile', sidOf(answer))).text()).toContain('value="Nina Neu"');
    expect(await shop.logIn(nina.email, nina.password)).toMatch(/^shop_sid=./);
  });

  it('by JSON answers the user, without anything of the password', async () => {
    const user = await bodyOf(shop.json('POST', '/users', { ...nina, email: 'Nils@Example.com' }));
    expect(user).toEqual({
      user_id: expect.any(Number),
      email: 'nils@example.com',
      full_name: 'Nina Neu',
      city: 'Wien',
      role: 'customer',
    });
  });

  it.each([
    [{ email: 'alice@example.com' }, 'there is an account with this email already'],
    [{ email: 'nobody' }, 'that is not an email address'],
    [{ email: 'a@example.com', full_name: ' ' }, 'a name has 1 to 100 characters'],
    [{ email: 'b@example.com', password: '1234567' }, 'a password has 8 to 200 characters'],
  ])('refuses %j, in words and with 200', async (fields, error) => {
    const answer = await shop.json('POST', '/users', { ...nina, ...fields });
    expect([answer.status, await answer.json()]).toEqual([200, { error }]);
    expect(await (await shop.form('/register', { ...nina, ...fields })).text()).toContain(error);
  });

  it('gives one email to one account, also when both ask at once', async () => {
    const twin = { ...nina, email: 'twin@example.com' };
    const answers = await Promise.all([1, 2, 3].map(() => bodyOf(shop.json('POST', '/users', twin))));
    expect(answers.filter(answer => 'user_id' in (answer as object))).toHaveLength(1);
  });
});

describe('a profile', () => {
  it('is logged into by JSON', async () => {
    const answer = await shop.json('POST', '/session/login', {
      email: 'user20@example.com',
      password: 'wonderland',
    });
    expect(await answer.json()).toMatchObject({ user_id: 20 });
    expect(await bodyOf(shop.get('/session/whoami', sidOf(answer)))).toMatchObject({ sub: '20' });
    const wrong = await shop.json('POST', '/session/login', { email: 'user20@example.com', password: 'x' });
    expect([await wrong.json(), sidOf(wrong)]).toEqual([{ error: 'email or password is wrong' }, '']);
  });

  it('is changed by its owner, by form and by JSON', async () => {
    const cookie = await shop.logIn('user21@example.com');
    const changed = { email: 'user21@example.com', full_name: 'Ulla <Um>', city: 'Graz' };
    expect((await shop.form('/account/profile', changed, cookie)).status).toBe(302);
    expect(await (await shop.get('/account/profile', cookie)).text()).toContain('Ulla &#60;Um&#62;');
    const answer = shop.json('PUT', '/users/21', { ...changed, city: 'Linz' }, cookie);
    expect(await bodyOf(answer)).toMatchObject({ user_id: 21, city: 'Linz' });
  });

  it('is read and changed by staff, and by nobody else', async () => {
    const [other, staff] = [await shop.logIn('user22@example.com'), await shop.logIn('admin@example.com')];
    expect((await shop.get('/users/23')).status).toBe(401);
    expect((await shop.get('/users/23', other)).status).toBe(403);
    expect((await shop.json('PUT', '/users/23', nina, other)).status).toBe(403);
    expect(await bodyOf(shop.get('/users/23', staff))).toMatchObject({ user_id: 23 });
    expect(await bodyOf(shop.get('/users/9999', staff))).toEqual({ error: 'user not found' });
  });
});

describe('cancelling', () => {
  const place = (user_id: number): Promise<unknown> =>
    bodyOf(
      shop.json('POST', '/orders', {
        user_id,
        lines: [{ product_id: 30, quantity: 4 }],
        card: '4111111111111111',
      }),
    );
  const stock = async (): Promise<number> => {
    const product = (await bodyOf(shop.get('/products/30'))) as { stock: number };
    return product.stock;
  };

  it('gives back stock and money, once', async () => {
    const cookie = await shop.logIn('user24@example.com');
    const before = await stock();
    const { order_id: id } = (await place(24)) as { order_id: number };
    expect(await stock()).toBe(before - 4);
    expect((await shop.form(`/account/orders/${id}/cancel`, {}, cookie)).status).toBe(302);
    expect(await bodyOf(shop.get(`/orders/${id}`))).toMatchObject({
      status: 'cancelled',
      payment_status: 'refunded',
    });
    const again = bodyOf(shop.json('POST', `/orders/${id}/cancel`, {}, cookie));
    expect(await again).toEqual({ error: 'an order that is cancelled cannot be cancelled' });
    expect(await stock()).toBe(before);
    expect(await (await shop.get('/account/notifications', cookie)).text()).toContain(
      `order ${id} is cancelled`,
    );
  });

  it('is for the owner and for staff', async () => {
    const { order_id: id } = (await place(25)) as { order_id: number };
    const other = await shop.logIn('user26@example.com');
    expect((await shop.json('POST', `/orders/${id}/cancel`, {})).status).toBe(401);
    expect((await shop.json('POST', `/orders/${id}/cancel`, {}, other)).status).toBe(403);
    expect((await shop.form(`/account/orders/${id}/cancel`, {}, other)).status).toBe(404);
    const staff = await shop.logIn('admin@example.com');
    const answer = bodyOf(shop.json('POST', `/orders/${id}/cancel`, {}, staff));
    expect(await answer).toMatchObject({ status: 'cancelled' });
  });
});

describe('payments and mail', () => {
  it('are shown to their owner, with four digits of the card', async () => {
    const cookie = await shop.logIn('alice@example.com');
    const { payments } = (await bodyOf(shop.get('/payments', cookie))) as { payments: { user_id: number }[] };
    expect(payments.length).toBeGreaterThan(10);
    expect(new Set(payments.map(payment => payment.user_id))).toEqual(new Set([1]));
    expect(payments[0]).toMatchObject({ card_suffix: expect.stringMatching(/^\d{4}$/) });
    expect(await (await shop.get('/account/payments', cookie)).text()).toContain('card …');
    expect(await bodyOf(shop.get('/notifications', cookie))).toMatchObject({ count: 20 });
  });

  it('are read by staff for anybody, and by nobody else', async () => {
    const [other, staff] = [await shop.logIn('user27@example.com'), await shop.logIn('admin@example.com')];
    for (const path of ['/payments', '/notifications']) {
      expect((await shop.get(path)).status).toBe(401);
      expect((await shop.get(`${path}?user_id=1`, other)).status).toBe(403);
      expect((await shop.get(`${path}?user_id=1`, staff)).status).toBe(200);
    }
    expect(await bodyOf(shop.get('/payments?order_id=42', staff))).toMatchObject({ count: 1 });
    expect(await bodyOf(shop.get('/payments?order_id=42', other))).toMatchObject({ count: 0 });
  });
});

describe('prices and stock', () => {
  it('are changed by staff, by form and by JSON', async () => {
    const staff = await shop.logIn('admin@example.com');
    expect(await (await shop.get('/admin/products?q=cushion', staff)).text()).toContain('/admin/products/');
    const saved = await shop.form('/admin/products/31', { unit_price: '7.50', stock: '12' }, staff);
    expect(saved.headers.get('location')).toBe(`${monolith.url}/admin/products/31`);
    expect(await (await shop.get('/shop/31')).text()).toContain('7.50 €');
    const answer = bodyOf(shop.json('PUT', '/products/31', { unit_price: '8.00', stock: 0 }, staff));
    expect(await answer).toMatchObject({ product_id: 31, unit_price: '8.00', stock: 0 });
    expect(await (await shop.get('/shop/31')).text()).toContain('sold out');
  });

  it.each([
    [{ unit_price: '8', stock: 1 }, 'a price is written as 12.90'],
    [{ unit_price: '8.00', stock: -1 }, 'a stock is 0 to 1000000'],
    [{ unit_price: '8.00' }, 'a stock is 0 to 1000000'],
  ])('are not changed to %j', async (edit, error) => {
    const staff = await shop.logIn('admin@example.com');
    expect(await bodyOf(shop.json('PUT', '/products/32', edit, staff))).toEqual({ error });
  });

  it('are not for customers', async () => {
    const cookie = await shop.logIn('alice@example.com');
    expect((await shop.get('/admin/products')).status).toBe(302);
    expect((await shop.get('/admin/products', cookie)).status).toBe(403);
    expect((await shop.form('/admin/products/33', { unit_price: '0.01', stock: '1' }, cookie)).status).toBe(
      403,
    );
    expect((await shop.json('PUT', '/products/33', { unit_price: '0.01', stock: 1 }, cookie)).status).toBe(
      403,
    );
    expect((await shop.json('PUT', '/products/33', {})).status).toBe(401);
  });
});
