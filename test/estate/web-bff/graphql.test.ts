import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openapi } from '../../../extracted-services/web-bff/openapi.ts';
import { validatorOf } from '../../kit/openapi.ts';
import { openShop, peerNames, type Shop } from '../../kit/peers.ts';
import { openPeer, openWebBff, type WebBffRig } from '../../kit/web-bff.ts';

let shop: Shop;
let bff: WebBffRig;
let orderId: number;
beforeAll(async () => {
  shop = await openShop();
  bff = await openWebBff(shop, { timeout: 1000, breaker: { pause: 200 } });
  orderId = await shop.placeOrder(1, [3, 5]);
});
afterAll(async () => {
  await bff?.[Symbol.asyncDispose]();
  await shop?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  for (const name of peerNames) await shop.doors[name].shut();
  for (const name of peerNames) await shop.doors[name].open();
});

const codes = (body: { errors?: readonly { extensions: { code: string } }[] }): readonly string[] =>
  (body.errors ?? []).map(({ extensions }) => extensions.code);

describe('a query', () => {
  it('gets what it asks for, and nothing else', async () => {
    const { status, body } = await bff.query(
      'query ($id: Int!) { me { fullName } order(id: $id) { id lines { name product { id stock } } payments { lastFour } } }',
      { variables: { id: orderId } },
    );
    expect([status, Object.keys(body)]).toEqual([200, ['data']]);
    expect(body.data).toEqual({
      me: { fullName: 'Alice Liddell' },
      order: {
        id: orderId,
        lines: [3, 5].map(id => ({
          name: expect.any(String),
          product: { id, stock: expect.any(Number) },
        })),
        payments: [{ lastFour: '1111' }],
      },
    });
    expect(validatorOf(openapi, 'Result')(body)).toBe(true);
  });

  it('asks once for the payments of all its orders, and once for the products of all its lines', async () => {
    const other = await shop.placeOrder(1, [3, 7]);
    const asked = () =>
      Promise.all([
        shop.asked('orders', '/v1/orders'),
        shop.asked('payments', '/v1/payments'),
        shop.asked('products', '/v1/product-batch'),
      ]);
    const before = await asked();
    const list = await bff.query('{ orders(first: 40) { items { id payments { status } } next } }');
    expect(list.body.data.orders.items).toHaveLength(40);
    expect(list.body.data.orders.items[0]).toEqual({ id: other, payments: [{ status: 'captured' }] });
    const after = await asked();
    expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 0]);
    await bff.query(`{ order(id: ${orderId}) { lines { product { name } sku } payments { id } } }`);
    const last = await asked();
    expect(last.map((count, index) => count - (after[index] ?? 0))).toEqual([0, 1, 1]);
  });

  it('asks nobody for what it does not ask for', async () => {
    const before = await shop.asked('payments', '/v1/payments');
    expect((await bff.query('{ orders { items { id } } products { name } }')).status).toBe(200);
    expect(await shop.asked('payments', '/v1/payments')).toBe(before);
  });

  it('sees what its token may see, field by field', async () => {
    const { status, body } = await bff.query(
      `{ me { id } product(id: 3) { id } order(id: ${orderId}) { id } }`,
      {
        token: shop.token({ scope: 'orders:read', sub: '3' }),
      },
    );
    expect([status, body.data]).toEqual([200, { me: null, product: { id: 3 }, order: null }]);
    expect(body.errors).toEqual([
      expect.objectContaining({ path: ['me'], extensions: { code: 'scope-missing' } }),
    ]);
    expect((await bff.query('{ me { id } }', { token: '' })).status).toBe(401);
  });

  it.each([
    ['{ orders(first: 51) { items { id } } }', 'bad-argument'],
    ['{ orders(first: 0) { items { id } } }', 'bad-argument'],
    ['{ products(page: 0) { id } }', 'bad-argument'],
    [`{ products(search: "${'x'.repeat(101)}") { id } }`, 'bad-argument'],
  ])('is told which argument is out of bounds: %s', async (query, code) => {
    const { status, body } = await bff.query(query);
    expect([status, codes(body)]).toEqual([200, [code]]);
  });

  it('is answered in the type of GraphQL over HTTP for who takes it', async () => {
    const { headers } = await bff.query('{ me { id } }');
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    const answer = await fetch(`${bff.service.url}/v1/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${shop.token()}`,
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
      },
      body: '{"query":"{ me { id } }"}',
    });
    expect(answer.headers.get('content-type')).toBe('application/graphql-response+json; charset=utf-8');
    await answer.body?.cancel();
  });
});

const deep = `{ order(id: 1) { ${'lines { product { name } '.repeat(4)} ${'}'.repeat(4)} } }`;
const wide = `{ ${Array.from({ length: 11 }, (_, index) => `a${index}: me { id }`).join(' ')} }`;
const bomb = [
  '{ me { ...f0 } }',
  ...Array.from(
    { length: 40 },
    (_, index) => `fragment f${index} on User { ...f${index + 1} ...f${index + 1} }`,
  ),
  'fragment f40 on User { id city }',
].join(' ');

describe('a query that is refused', () => {
  it.each([
    ['is not GraphQL', '{ me {', 'query-malformed', /Syntax Error/],
    ['has too many tokens', `{ ${'me '.repeat(1100)} }`, 'query-malformed', /1000/],
    ['asks for what is not there', '{ me { passwordHash } }', 'query-invalid', /passwordHash/],
    ['is none', 'mutation { me { id } }', 'query-invalid', /mutation/i],
    ['goes too deep', deep, 'query-too-large', /^depth: expected at most 6, got \d+$/],
    ['has too many other names', wide, 'query-too-large', /^aliases: expected at most 10, got 11$/],
    [
      'would be too much',
      '{ a: orders(first: 50) { items { id payments { id status } } } b: orders(first: 500) { items { id payments { id } } } }',
      'query-too-large',
      /^complexity: expected at most 2000, got \d+$/,
    ],
    ['doubles itself forty times', bomb, 'query-too-large', /^complexity: expected at most 2000, got \d+/],
    [
      'contains itself',
      '{ me { ...a } } fragment a on User { id ...b } fragment b on User { city ...a }',
      'query-too-large',
      /contains itself/,
    ],
    ['asks for the schema', '{ __schema { types { name } } }', 'query-invalid', /introspection/i],
  ])('%s', async (_, query, code, message) => {
    const { status, body } = await bff.query(query);
    expect([status, 'data' in body, new Set(codes(body))]).toEqual([400, false, new Set([code])]);
    expect(body.errors[0].message).toMatch(message);
    expect(JSON.stringify(body)).not.toMatch(/Did you mean|node_modules/);
  });

  it('counts what a variable says, and takes one without a value for a whole page', async () => {
    const query = 'query ($n: Int) { orders(first: $n) { items { id payments { id status amountCents } } } }';
    const twice = query.replace(
      '{ orders',
      '{ more: orders(first: $n) { items { totalCents id payments { id status currency lastFour createdAt amountCents capturedCents refundedCents } } } orders',
    );
    const statuses = await Promise.all(
      [{ n: 5 }, { n: 200 }, {}].map(async variables => (await bff.query(twice, { variables })).status),
    );
    expect(statuses).toEqual([200, 400, 200]);
    expect((await bff.query(query, { variables: { n: 'five' } })).status).toBe(400);
    expect((await bff.query(query, { operationName: 'other' })).status).toBe(400);
  });

  it.each([
    [[{ query: '{ me { id } }' }], '$'],
    [{ query: 7 }, 'query'],
    [{ query: 'x'.repeat(10_001) }, 'query'],
    [{ query: '{ me { id } }', variables: [] }, 'variables'],
  ])('is no question: %j', async (question, field) => {
    const answer = await fetch(`${bff.service.url}/v1/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${shop.token()}`, 'content-type': 'application/json' },
      body: JSON.stringify(question),
    });
    const body = (await answer.json()) as { code: string; errors: { field: string }[] };
    expect([answer.status, body.code, body.errors[0]?.field]).toEqual([400, 'bad-query', field]);
  });

  it('shows its schema where that is switched on, and not without end', async () => {
    await using open = await openWebBff(shop, { graphql: { introspection: 'on' } });
    const { body } = await open.query('{ __schema { queryType { name } } __type(name: "Line") { name } }');
    expect(body.data).toEqual({ __schema: { queryType: { name: 'Query' } }, __type: { name: 'Line' } });
    const endless = `{ __schema { types { ${'fields { type { '.repeat(6)} name ${'} }'.repeat(6)} } } }`;
    expect((await open.query(endless)).status).toBe(400);
  });
});

describe('a service that fails', () => {
  it('leaves its field null, and an error that says who and nothing else', async () => {
    await shop.doors.payments.shut();
    const { status, body } = await bff.query('{ orders(first: 2) { items { id payments { id } } } }');
    expect([status, body.data.orders.items[0]]).toEqual([200, { id: expect.any(Number), payments: null }]);
    expect(body.errors).toHaveLength(2);
    expect(body.errors[0]).toMatchObject({
      message: 'payments cannot be reached now',
      path: ['orders', 'items', 0, 'payments'],
      extensions: { code: 'peer-away' },
    });
    expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|ECONN|stack/);
  });

  it('takes the whole with it where the field has to be there', async () => {
    await shop.doors.orders.shut();
    const { status, body } = await bff.query('{ orders { items { id } } }');
    expect([status, body.data, codes(body)]).toEqual([200, null, ['peer-away']]);
  });

  it('is waited for no longer than the bound', async () => {
    await using slow = await openWebBff(shop, { timeout: 200 });
    shop.doors.notifications.pause();
    const { body } = await slow.query('{ me { id } notifications { items { id } } }');
    shop.doors.notifications.resume();
    expect(codes(body)).toEqual(['peer-slow']);
  });

  it('does not show what it answers that is broken', async () => {
    await using peer = await openPeer((_, res) => void res.end('{"user_id":"secret"}'));
    await using broken = await openWebBff(shop, { urls: { users: peer.url } });
    const { body } = await broken.query('{ me { id } product(id: 3) { id } }');
    expect([body.data, codes(body)]).toEqual([{ me: null, product: { id: 3 } }, ['peer-broken']]);
    expect(JSON.stringify(body)).not.toContain('secret');
  });

  it('that answers with more than GraphQL can carry is told as internal, with the reason in the log alone', async () => {
    const row = { user_id: 2 ** 40, email: 'a@b.c', full_name: 'A', city: '', roles: [] };
    await using peer = await openPeer((_, res) => void res.end(JSON.stringify(row)));
    await using odd = await openWebBff(shop, { urls: { users: peer.url } });
    const { body } = await odd.query('{ me { id } }');
    expect([body.data, codes(body), body.errors[0].message]).toEqual([
      { me: null },
      ['internal'],
      'see the log',
    ]);
    expect(odd.log.join('\n')).toContain('Int cannot represent');
  });
});
