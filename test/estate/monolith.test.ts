import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../legacy-monolith/database.ts';
import { type Monolith, startMonolith } from '../../legacy-monolith/monolith.ts';
import { schema } from '../../legacy-monolith/schema.ts';
import { seed } from '../../legacy-monolith/seed.ts';

let folder: string;
let monolith: Monolith;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'figway-monolith-'));
  monolith = await startMonolith({ port: 0, database: join(folder, 'legacy.db'), reportDelay: 20 });
});
afterAll(async () => {
  await monolith.close();
  await rm(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(monolith.url + path, { headers, redirect: 'manual' });

const post = (path: string, fields: Record<string, string>, cookie = ''): Promise<Response> =>
  fetch(monolith.url + path, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers: { cookie },
    redirect: 'manual',
  });

const sidOf = (answer: Response): string =>
  /shop_sid=[^;]*/.exec(answer.headers.get('set-cookie') ?? '')?.[0] ?? '';
const logIn = async (email = 'alice@example.com', cookie = ''): Promise<string> =>
  sidOf(await post('/login', { email, password: 'wonderland' }, cookie));
const stockOf = async (id: number): Promise<number> =>
  ((await (await get(`/products/${id}`)).json()) as { stock: number }).stock;

describe('the seed', () => {
  it('is the same every time, down to the last row', () => {
    const dump = (): readonly unknown[] => {
      const database = openDatabase(':memory:');
      database.script(schema);
      seed(database);
      const tables = ['users', 'products', 'orders', 'order_lines', 'payments', 'notifications'];
      const rows = tables.map(table => database.all(`SELECT * FROM ${table}`));
      database.close();
      return rows;
    };
    const once = dump();
    expect(once.map(rows => (rows as unknown[]).length)).toEqual([500, 384, 2400, 5888, 2400, 2400]);
    expect(dump()).toEqual(once);
  });

  it('is sown once: what was ordered is there after a restart', async () => {
    const database = join(folder, 'restart.db');
    const before = await startMonolith({ port: 0, database });
    const placed = await fetch(`${before.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"user_id":1,"lines":[{"product_id":1,"quantity":1}],"card":"4111111111111111"}',
    });
    expect(await placed.json()).toMatchObject({ order_id: 2401 });
    await before.close();
    const after = await startMonolith({ port: 0, database });
    expect(await (await fetch(`${after.url}/orders/2401`)).json()).toMatchObject({ order_id: 2401 });
    await after.close();
  });
});

describe('the habits of its age', () => {
  it('answers 200 with an error inside', async () => {
    const answer = await get('/products/9999');
    expect([answer.status, await answer.json()]).toEqual([200, { error: 'product not found' }]);
  });

  it('answers HTML where something is missing or broken, also to a program', async () => {
    const missing = await get('/nope', { accept: 'application/json' });
    expect([missing.status, missing.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    const broken = await fetch(`${monolith.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(broken.status).toBe(400);
    expect(await broken.text()).toContain('<h1>Bad Request</h1>');
  });

  it('counts requests in the body, and so changes the ETag each time', async () => {
    const [one, two] = [await get('/'), await get('/')];
    expect(await one.text()).not.toBe(await two.text());
    expect(one.headers.get('etag')).not.toBe(two.headers.get('etag'));
    const counts = [await get('/orders?limit=1'), await get('/orders?limit=1')].map(answer => answer.json());
    const [first, second] = (await Promise.all(counts)) as { request_no: number }[];
    expect(second?.request_no).toBe((first?.request_no ?? 0) + 1);
  });

  it('lists without an order', async () => {
    const { orders } = (await (await get('/orders?limit=500')).json()) as { orders: { order_id: number }[] };
    const ids = orders.map(order => order.order_id);
    expect(ids).not.toEqual(ids.toSorted((one, other) => one - other));
    expect(ids).not.toEqual(ids.toSorted((one, other) => other - one));
  });

  it('writes one page in latin-1', async () => {
    const answer = await get('/about');
    expect(answer.headers.get('content-type')).toBe('text/html; charset=ISO-8859-1');
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.toString('latin1')).toContain('Geöffnet täglich');
    expect(bytes.toString('utf8')).toContain('\ufffd');
  });

  it('expires pages long before they were made', async () => {
    expect((await get('/shop')).headers.get('expires')).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
  });

  it('redirects to a whole address with the host that was asked for', async () => {
    const answer = await get('/account/orders');
    expect(answer.headers.get('location')).toBe(`${monolith.url}/login?next=/account/orders`);
  });
});

describe('sessions', () => {
  it('know who logged in', async () => {
    const answer = await get('/session/whoami', { cookie: await logIn() });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      sub: '1',
      scopes: [
        ...['profile:read', 'profile:write', 'orders:read', 'orders:write'],
        ...['products:read', 'payments:read', 'notifications:read'],
      ],
      roles: ['customer'],
    });
  });

  it.each(['', 'shop_sid=', 'shop_sid=planted', 'other=1'])(
    'are nobody for the cookie "%s"',
    async cookie => {
      const answer = await get('/session/whoami', { cookie });
      expect([answer.status, await answer.json()]).toEqual([401, { error: 'not logged in' }]);
    },
  );

  it('begin with a new id at login, and keep the cart', async () => {
    const before = sidOf(await post('/cart', { product_id: '3', quantity: '2' }));
    const after = await logIn('user77@example.com', before);
    expect(after).not.toBe(before);
    expect(await (await get('/cart', { cookie: after })).text()).toContain('2 ×');
    expect(await (await get('/cart', { cookie: before })).text()).toContain('It is empty.');
  });

  it('end when their owner logs in again', async () => {
    const first = await logIn();
    const second = await logIn('alice@example.com', first);
    expect((await get('/session/whoami', { cookie: second })).status).toBe(200);
    expect((await get('/session/whoami', { cookie: first })).status).toBe(401);
  });

  it('refuse a wrong password and an unknown email in the same words', async () => {
    const wrong = await post('/login', { email: 'alice@example.com', password: 'x' });
    const unknown = await post('/login', { email: 'nobody@example.com', password: 'wonderland' });
    expect(wrong.status).toBe(200);
    expect(await unknown.text()).toBe(await wrong.text());
    expect(sidOf(wrong)).toBe('');
  });

  it('end at logout', async () => {
    const cookie = await logIn();
    await post('/logout', {}, cookie);
    expect((await get('/session/whoami', { cookie })).status).toBe(401);
  });

  it.each(['//evil.example', 'https://evil.example', '/\\evil.example', '/a\r\nx: y', ''])(
    'never lead away from the shop after login: %j',
    async next => {
      const answer = await post('/login', { email: 'alice@example.com', password: 'wonderland', next });
      expect(answer.headers.get('location')).toBe(`${monolith.url}/account/orders`);
    },
  );
});

describe('the checkout', () => {
  it('places an order, pays it, takes stock and empties the cart', async () => {
    const cookie = await logIn('user12@example.com');
    const stock = await stockOf(9);
    await post('/cart', { product_id: '9', quantity: '3' }, cookie);
    const answer = await post('/checkout', { card: '4111111111111111' }, cookie);
    const page = await get(new URL(answer.headers.get('location') ?? '').pathname, { cookie });
    expect(await page.text()).toContain('paid · payment captured');
    expect(await stockOf(9)).toBe(stock - 3);
    expect(await (await get('/cart', { cookie })).text()).toContain('It is empty.');
  });

  it('does nothing at all when the card is declined', async () => {
    const cookie = await logIn('user13@example.com');
    const [stock, orders] = [await stockOf(10), await countOrders(13)];
    await post('/cart', { product_id: '10', quantity: '3' }, cookie);
    const answer = await post('/checkout', { card: '4000000000000002' }, cookie);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('was declined')]);
    expect([await stockOf(10), await countOrders(13)]).toEqual([stock, orders]);
  });

  it('never sells more than there is', async () => {
    const lines = Array.from({ length: 50 }, () => ({ product_id: 11, quantity: 99 }));
    const answer = await fetch(`${monolith.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: 14, lines, card: '4111111111111111' }),
    });
    expect(await answer.json()).toEqual({ error: expect.stringMatching(/^only \d+ of .+ left, 99 wanted$/) });
  });

  it('takes no negative quantity', async () => {
    const answer = await fetch(`${monolith.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"user_id":14,"lines":[{"product_id":1,"quantity":-5}],"card":"4111111111111111"}',
    });
    expect(await answer.json()).toEqual({ error: 'a quantity is 1 to 99, not -5' });
  });
});

const countOrders = async (user: number): Promise<number> =>
  ((await (await get(`/orders?user_id=${user}&limit=500`)).json()) as { count: number }).count;

describe('pages and downloads', () => {
  it('show a customer nobody else’s order', async () => {
    const cookie = await logIn();
    for (const path of ['/account/orders/42', '/account/orders/42/invoice.csv', '/account/orders/x']) {
      expect((await get(path, { cookie })).status).toBe(404);
    }
  });

  it('escape what they are given', async () => {
    const text = await (await get('/shop?q=%3Cscript%3E%22')).text();
    expect(text).not.toContain('<script>');
    expect(text).toContain('&#60;script&#62;&#34;');
  });

  it('give an invoice whose PDF table points at its objects', async () => {
    const answer = await get('/account/orders/48/invoice.pdf', { cookie: await logIn() });
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename=invoice-48.pdf');
    const pdf = Buffer.from(await answer.arrayBuffer()).toString('latin1');
    const table = Number(/startxref\n(\d+)/.exec(pdf)?.[1]);
    expect(pdf.slice(table, table + 4)).toBe('xref');
    const offsets = [...pdf.matchAll(/^(\d{10}) 00000 n $/gm)].map(match => Number(match[1]));
    expect(offsets).toHaveLength(5);
    offsets.forEach((offset, index) => {
      expect(pdf.slice(offset, offset + 7)).toBe(`${index + 1} 0 obj`);
    });
    expect(pdf).toContain('(Fig & Sons    Invoice 48)');
  });

  it('export every order, sent in pieces', async () => {
    const answer = await get('/export/orders.csv');
    expect(answer.headers.get('content-length')).toBeNull();
    const lines = (await answer.text()).trimEnd().split('\r\n');
    expect(lines.length).toBeGreaterThan(2400);
    expect(new Set(lines).size).toBe(lines.length);
  });

  it('tell of an order as it is placed, and end the stream when the shop closes', async () => {
    const shop = await startMonolith({ port: 0 });
    const stream = await fetch(`${shop.url}/events/orders`);
    const pieces = (stream.body as ReadableStream<Uint8Array>).values();
    let seen = '';
    const until = async (text: string): Promise<void> => {
      while (!seen.includes(text)) seen += Buffer.from((await pieces.next()).value ?? []).toString();
    };
    await until('id: 2400');
    expect(seen).not.toContain('id: 2401');
    await fetch(`${shop.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"user_id":1,"lines":[{"product_id":1,"quantity":1}],"card":"4111111111111111"}',
    });
    await until('id: 2401');
    await shop.close();
    expect((await pieces.next()).done).toBe(true);
  });
});

it('refuses a port that is taken', async () => {
  const port = Number(new URL(monolith.url).port);
  await expect(startMonolith({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
