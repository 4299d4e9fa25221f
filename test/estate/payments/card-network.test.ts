import { readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { testCards } from '../../../extracted-services/payments/card.ts';
import type { PaymentsOptions } from '../../../extracted-services/payments/service.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';
import { openPayments, type PaymentsWorld } from '../../kit/payments.ts';

let world: PaymentsWorld;
let clock: ManualClock;
afterEach(() => world[Symbol.asyncDispose]());

const open = async (network: PaymentsOptions['network'] = {}): Promise<void> => {
  clock = createManualClock();
  // A breaker that is in nobody's way, unless the test is about it.
  world = await openPayments({ network: { clock, breaker: { minimum: 1000 }, ...network } });
};
const pay = (card: string, key: string) =>
  world.ask('POST', '/v1/payments', {
    json: { order_id: '1', user_id: '7', amount_cents: 500, card },
    key,
  });
const statusOf = async (): Promise<unknown> => {
  const { body } = await world.ask('GET', '/v1/payments?order_id=1');
  return (body.payments as { status: string }[]).map(({ status }) => status);
};

describe('a slow card', () => {
  it('is 504 in time, and the same key gets what the network decided', async () => {
    await open({ timeout: 150 });
    const first = await pay(testCards.isSlow, 'k');
    expect(first).toMatchObject({ status: 504, body: { code: 'card-network-slow' } });
    expect(first.headers.get('retry-after')).toBe('5');
    expect(await statusOf()).toEqual(['pending']);
    expect(await pay(testCards.isSlow, 'k')).toMatchObject({ status: 504 });
    clock.advance(5000);
    expect(await pay(testCards.isSlow, 'k')).toMatchObject({ status: 201, body: { status: 'authorised' } });
    expect(world.service.network.asked).toEqual(['authorise 201', 'authorise again', 'authorise again']);
    await expect.poll(() => world.told).toHaveLength(1);
  });

  it('is settled where nobody comes back for it', async () => {
    await open({ timeout: 150 });
    await pay(testCards.isSlow, 'k');
    await expect
      .poll(async () => {
        clock.advance(5000);
        return statusOf();
      })
      .toEqual(['authorised']);
    await expect.poll(() => world.told.map(({ type }) => type)).toEqual(['payment.authorised.v1']);
    expect((await pay(testCards.isSlow, 'k')).headers.get('idempotent-replayed')).toBe('true');
  });

  it('is settled also where an older operation cannot be', async () => {
    await open({ timeout: 150 });
    const { file } = world.store.options as { file: string };
    const sqlite = new DatabaseSync(file, { timeout: 5000 });
    sqlite.exec(`INSERT INTO operations VALUES ('o', 'lost', 'capture', 5, 'k0', 'f', NULL, '2020-01-01')`);
    sqlite.close();
    await pay(testCards.isSlow, 'k');
    // The network says that it has done what nobody here knows of.
    await fetch(`${world.service.network.url}/operations/o`, { method: 'PUT', body: '{"kind":"capture"}' });
    await expect
      .poll(async () => {
        clock.advance(5000);
        return statusOf();
      })
      .toEqual(['authorised']);
    expect(world.log.some(line => line.includes('operation o has no payment'))).toBe(true);
  });

  it('keeps other operations of its payment away meanwhile', async () => {
    await open({ timeout: 150 });
    await pay(testCards.isSlow, 'k');
    const { body } = await world.ask('GET', '/v1/payments?order_id=1');
    const [payment] = body.payments as { payment_id: string }[];
    const answer = await world.ask('POST', `/v1/payments/${payment?.payment_id}/void`, { key: 'v' });
    expect(answer).toMatchObject({ status: 409, body: { code: 'payment-busy' } });
  });
});

describe('a card that breaks the network', () => {
  it('is tried again with backoff, is 502, and pays with the same key once it has healed', async () => {
    await open();
    expect(await pay(testCards.breaks, 'k')).toMatchObject({
      status: 502,
      body: { code: 'card-network-broken' },
    });
    expect(world.service.network.asked).toEqual(['authorise 500', 'authorise cut', 'authorise 500']);
    world.service.network.heal();
    expect(await pay(testCards.breaks, 'k')).toMatchObject({ status: 201, body: { status: 'authorised' } });
    await expect.poll(() => world.told.map(({ type }) => type)).toEqual(['payment.authorised.v1']);
  });

  it('heals by itself after a minute', async () => {
    await open();
    expect((await pay(testCards.breaks, 'k')).status).toBe(502);
    clock.advance(59_000);
    expect((await pay(testCards.breaks, 'k')).status).toBe(502);
    clock.advance(1000);
    expect((await pay(testCards.breaks, 'k')).status).toBe(201);
  });

  it('fails for good where the network never heard of it: nothing was moved', async () => {
    await open();
    await pay(testCards.breaks, 'k');
    await expect
      .poll(async () => {
        clock.advance(5000);
        return statusOf();
      })
      .toEqual(['failed']);
    world.service.network.heal();
    expect((await pay(testCards.breaks, 'k')).status).toBe(201);
    expect(await statusOf()).toEqual(expect.arrayContaining(['failed', 'authorised']));
  });

  it('opens the breaker: then nobody waits, and it closes again by a probe', async () => {
    await open({ breaker: { minimum: 3, pause: 200 } });
    await pay(testCards.breaks, 'a');
    const asked = world.service.network.asked.length;
    const rests = await pay(testCards.pays, 'b');
    expect(rests).toMatchObject({ status: 503, body: { code: 'card-network-rests' } });
    expect(rests.body.detail).toContain('nothing was moved');
    expect(world.service.network.asked).toHaveLength(asked);
    const metrics = await (await fetch(`${world.service.url}/metrics`)).text();
    expect(metrics).toContain('payments_card_network_breaker_state 2');
    expect((await fetch(`${world.service.url}/readyz`)).status).toBe(200);
    await expect.poll(async () => (await pay(testCards.pays, 'b')).status).toBe(201);
  });
});

describe('a crash', () => {
  it('between asking and writing down is settled by the next start’s own network as not done', async () => {
    await open({ timeout: 150 });
    await pay(testCards.isSlow, 'k');
    await world.restart();
    await expect
      .poll(async () => {
        clock.advance(5000);
        return statusOf();
      })
      .toEqual(['failed']);
    expect(world.told).toEqual([]);
    expect((await pay(testCards.pays, 'other')).status).toBe(201);
  });

  it('before the event was published loses none: the next start publishes it', async () => {
    await open();
    await world.restart({ bus: { amqpUrl: 'amqp://127.0.0.1:1' } });
    expect((await pay(testCards.pays, 'k')).status).toBe(201);
    await world.restart();
    await expect.poll(() => world.told.map(({ type }) => type)).toEqual(['payment.authorised.v1']);
  });
});

it('leaves no card number anywhere: not in its store, its events, its log or its answers', async () => {
  await open({ timeout: 1000 });
  const answers = [
    await pay(testCards.pays, 'a'),
    await pay(testCards.declines, 'b'),
    await pay(testCards.isSlow, 'c'),
    await pay(testCards.breaks, 'd'),
    await pay('4111111111111112', 'e'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([201, 402, 504, 502, 400]);
  await expect.poll(() => world.told).toHaveLength(2);
  const texts = [
    JSON.stringify(answers.map(({ body }) => body)),
    world.log.join('\n'),
    JSON.stringify(world.told),
  ];
  const files = [world.store.options, world.bus.options].map(
    options => ('file' in options && options.file) || '',
  );
  for (const file of files.flatMap(name => [name, `${name}-wal`])) {
    texts.push(await readFile(file, 'latin1').catch(() => ''));
  }
  expect(texts.join('').length).toBeGreaterThan(10_000);
  for (const text of texts) {
    for (const card of [...Object.values(testCards), '4111111111111112']) expect(text).not.toContain(card);
  }
});
