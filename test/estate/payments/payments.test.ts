import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testCards } from '../../../extracted-services/payments/card.ts';
import { isPostgresMissing } from '../../kit/databases.ts';
import { openPayments, type PaymentsWorld } from '../../kit/payments.ts';

let world: PaymentsWorld;
let count = 0;
const newKey = (): string => {
  count += 1;
  return `key-${count}`;
};
const wanted = (more: object = {}): object => ({
  order_id: '1000042',
  user_id: '7',
  amount_cents: 12_90,
  card: testCards.pays,
  ...more,
});

beforeAll(async () => {
  world = await openPayments();
});
afterAll(() => world[Symbol.asyncDispose]());

async function authorised(more: object = {}): Promise<string> {
  const { status, body } = await world.ask('POST', '/v1/payments', { json: wanted(more), key: newKey() });
  expect(status).toBe(201);
  return String(body.payment_id);
}
const operate = (id: string, kind: string, json?: object, key = newKey()) =>
  world.ask('POST', `/v1/payments/${id}/${kind}`, { key, ...(json && { json }) });
const toldOf = (id: unknown): readonly unknown[] =>
  world.told
    .filter(({ subject }) => subject === `payment/${id}`)
    .map(({ type, data }) => [type, (data as { cents: number }).cents]);

describe('a payment', () => {
  it('is authorised, captured and refunded, and each is told to others', async () => {
    const first = await world.ask('POST', '/v1/payments', { json: wanted(), key: newKey() });
    expect(first.status).toBe(201);
    expect(first.headers.get('location')).toBe(`/v1/payments/${first.body.payment_id}`);
    expect(first.body).toMatchObject({
      order_id: '1000042',
      user_id: '7',
      status: 'authorised',
      amount_cents: 1290,
      captured_cents: 0,
      currency: 'EUR',
      last_four: '1111',
    });
    const id = String(first.body.payment_id);
    expect((await operate(id, 'capture')).body).toMatchObject({ status: 'captured', captured_cents: 1290 });
    const partly = await operate(id, 'refund', { amount_cents: 300 });
    expect(partly.body).toMatchObject({ status: 'partly-refunded', refunded_cents: 300 });
    const wholly = await operate(id, 'refund');
    expect(wholly.body).toMatchObject({ status: 'refunded', refunded_cents: 1290 });
    expect((await world.ask('GET', `/v1/payments/${id}`)).body).toEqual(wholly.body);
    await expect
      .poll(() => toldOf(id))
      .toEqual([
        ['payment.authorised.v1', 1290],
        ['payment.captured.v1', 1290],
        ['payment.refunded.v1', 300],
        ['payment.refunded.v1', 990],
      ]);
    expect(world.told.find(({ subject }) => subject === `payment/${id}`)).toMatchObject({
      source: '/services/payments',
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-/),
      data: { orderId: '1000042', userId: '7', currency: 'EUR', lastFour: '1111' },
    });
  });

  it('may be captured in part, and then only that can be refunded', async () => {
    const id = await authorised();
    expect((await operate(id, 'capture', { amount_cents: 500 })).body).toMatchObject({ captured_cents: 500 });
    const tooMuch = await operate(id, 'refund', { amount_cents: 501 });
    expect(tooMuch).toMatchObject({ status: 422, body: { code: 'amount-too-large' } });
    expect(tooMuch.body.detail).toBe('amount_cents: expected at most 500, got 501');
  });

  it('is let go of by a void, after which nothing can be captured', async () => {
    const id = await authorised();
    expect((await operate(id, 'void')).body).toMatchObject({ status: 'voided' });
    const late = await operate(id, 'capture');
    expect(late).toMatchObject({ status: 409, body: { code: 'payment-status' } });
    expect(late.body.detail).toBe('the payment is voided, and capture needs it authorised');
  });

  it.each([
    ['refund', 'authorised', []],
    ['capture', 'captured', ['capture']],
    ['void', 'captured', ['capture']],
    ['refund', 'refunded', ['capture', 'refund']],
    ['void', 'voided', ['void']],
  ])('has no %s once it is %s', async (kind, status, before) => {
    const id = await authorised();
    for (const each of before) await operate(id, each);
    const { body } = await world.ask('GET', `/v1/payments/${id}`);
    expect(body.status).toBe(status);
    expect((await operate(id, kind)).status).toBe(409);
    expect((await world.ask('GET', `/v1/payments/${id}`)).body).toEqual(body);
  });

  it('that is declined is 402, told as such, and stays so', async () => {
    const key = newKey();
    const json = wanted({ card: testCards.declines });
    const answer = await world.ask('POST', '/v1/payments', { json, key });
    expect(answer).toMatchObject({ status: 402, body: { code: 'card-declined' } });
    expect(answer.body.detail).toBe('the card was declined: do-not-honour');
    const path = answer.headers.get('location') ?? '';
    const { body } = await world.ask('GET', path);
    expect(body).toMatchObject({ status: 'declined', reason: 'do-not-honour', last_four: '0002' });
    await expect.poll(() => toldOf(body.payment_id)).toEqual([['payment.declined.v1', 1290]]);
    const again = await world.ask('POST', '/v1/payments', { json, key });
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([402, 'true']);
    expect((await operate(String(body.payment_id), 'capture')).status).toBe(409);
  });
});

describe('an idempotency key', () => {
  it('makes one payment of many requests, however close they are', async () => {
    const key = newKey();
    const before = world.service.network.asked.filter(what => what === 'authorise 201').length;
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map(() => world.ask('POST', '/v1/payments', { json: wanted(), key })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body }) => body.payment_id)).size).toBe(1);
    const after = world.service.network.asked.filter(what => what === 'authorise 201').length;
    expect(after - before).toBe(1);
    await expect.poll(() => toldOf(answers[0]?.body.payment_id)).toHaveLength(1);
  });

  it('moves money once, however often a capture is sent', async () => {
    const id = await authorised();
    const key = newKey();
    const answers = await Promise.all([1, 2, 3].map(() => operate(id, 'capture', undefined, key)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await operate(id, 'capture', undefined, key)).headers.get('idempotent-replayed')).toBe('true');
    await expect.poll(() => toldOf(id)).toHaveLength(2);
  });

  it('of one refund and another key at once give no more back than was taken', async () => {
    const id = await authorised();
    await operate(id, 'capture');
    const answers = await Promise.all([1, 2, 3, 4].map(() => operate(id, 'refund', { amount_cents: 1000 })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    const others = answers.filter(({ status }) => status !== 200);
    for (const { body } of others) expect(['payment-busy', 'amount-too-large']).toContain(body.code);
    expect((await world.ask('GET', `/v1/payments/${id}`)).body.refunded_cents).toBe(1000);
  });

  it('cannot be used for something else', async () => {
    const key = newKey();
    await world.ask('POST', '/v1/payments', { json: wanted(), key });
    for (const other of [{ amount_cents: 1291 }, { order_id: '2' }, { card: testCards.declines }]) {
      const answer = await world.ask('POST', '/v1/payments', { json: wanted(other), key });
      expect(answer).toMatchObject({ status: 422, body: { code: 'idempotency-key-reused' } });
    }
  });

  it('belongs to its caller: another one’s same key is another payment', async () => {
    const key = newKey();
    const one = await world.ask('POST', '/v1/payments', { json: wanted(), key });
    const claims = { sub: 'service:subscriptions' };
    const other = await world.ask('POST', '/v1/payments', { json: wanted(), key, claims });
    expect(other.status).toBe(201);
    expect(other.body.payment_id).not.toBe(one.body.payment_id);
  });

  it('is required wherever money moves', async () => {
    const id = await authorised();
    const answers = [
      await world.ask('POST', '/v1/payments', { json: wanted() }),
      await world.ask('POST', `/v1/payments/${id}/capture`),
      await world.ask('POST', '/v1/payments', { json: wanted(), key: 'with space' }),
    ];
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
      [400, 'idempotency-key-missing'],
      [400, 'idempotency-key-missing'],
      [400, 'bad-idempotency-key'],
    ]);
  });
});

describe('what cannot be taken', () => {
  it('is refused with all fields at once, and without the card', async () => {
    const json = { order_id: 'a b', amount_cents: 12.9, currency: 'USD', card: '4111111111111112' };
    const { status, body } = await world.ask('POST', '/v1/payments', { json, key: newKey() });
    expect([status, body.code]).toEqual([400, 'bad-payment']);
    expect((body.errors as { field: string }[]).map(({ field }) => field)).toEqual([
      ...['order_id', 'user_id', 'amount_cents', 'currency', 'card'],
    ]);
    expect(JSON.stringify(body)).not.toContain('4111111111111112');
  });

  it.each([0, -1, 100_000_001, '5', 1e30])('is the amount %j', async amount => {
    const id = await authorised();
    const { status, body } = await operate(id, 'capture', { amount_cents: amount });
    expect([status, body.code]).toEqual([400, 'bad-amount']);
  });

  it('is an operation of a payment that is not there', async () => {
    expect(await operate('pay_x', 'capture')).toMatchObject({
      status: 404,
      body: { code: 'payment-not-found' },
    });
  });
});

describe('who may', () => {
  it('move money: whoever has payments:write', async () => {
    const json = wanted();
    const claims = { scope: 'payments:read' };
    const answer = await world.ask('POST', '/v1/payments', { json, key: newKey(), claims });
    expect(answer).toMatchObject({ status: 403, body: { code: 'scope-missing' } });
    expect((await fetch(`${world.service.url}/v1/payments`)).status).toBe(401);
  });

  it('see payments: people their own, services and staff all', async () => {
    const id = await authorised({ user_id: '7', order_id: 'mine' });
    const other = await authorised({ user_id: '8', order_id: 'mine' });
    const person = { sub: '7', client_id: undefined, scope: 'payments:read', roles: ['customer'] };
    const staff = { ...person, sub: '1', roles: ['staff'] };
    const listed = async (claims: object): Promise<readonly unknown[]> => {
      const path = '/v1/payments?order_id=mine';
      const { body } = await world.ask('GET', path, { claims: { ...claims } });
      return (body.payments as { payment_id: string }[]).map(each => each.payment_id).toSorted();
    };
    expect(await listed(person)).toEqual([id]);
    expect(await listed(staff)).toEqual([id, other].toSorted());
    expect(await listed({})).toEqual([id, other].toSorted());
    const seen = await Promise.all(
      [id, other].map(each => world.ask('GET', `/v1/payments/${each}`, { claims: person })),
    );
    expect(seen.map(({ status }) => status)).toEqual([200, 404]);
  });

  it('are listed for up to 50 orders at once', async () => {
    const ids = [
      await authorised({ order_id: 'one' }),
      await authorised({ order_id: 'two' }),
      await authorised({ order_id: 'three' }),
    ];
    const { body } = await world.ask('GET', '/v1/payments?order_id=one&order_id=three');
    const found = (body.payments as { payment_id: string }[]).map(each => each.payment_id);
    expect(found.toSorted()).toEqual([ids[0], ids[2]].toSorted());
    const many = Array.from({ length: 51 }, (_, index) => `order_id=${index}`).join('&');
    const refused = await world.ask('GET', `/v1/payments?${many}`);
    expect([refused.status, refused.body.code]).toEqual([400, 'bad-query']);
  });
});

describe.skipIf(isPostgresMissing)('on PostgreSQL', () => {
  it('is the same: one key, one payment, once captured', async () => {
    await using postgres = await openPayments({}, 'postgres');
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => postgres.ask('POST', '/v1/payments', { json: wanted(), key: 'k' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    const id = answers[0]?.body.payment_id;
    const captured = await Promise.all(
      ['a', 'b', 'c'].map(key => postgres.ask('POST', `/v1/payments/${id}/capture`, { key })),
    );
    expect(captured.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);
    await expect
      .poll(() => postgres.told.map(({ type }) => type))
      .toEqual(['payment.authorised.v1', 'payment.captured.v1']);
  });
});
