import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Estate, launchEstate, moveRoute } from '../kit/estate.ts';
import { cards } from '../kit/shop.ts';
import { createShopClient, type ShopClient } from '../kit/shop-client.ts';
import { createShopper, placeOf, type Shopper } from '../kit/shopper.ts';

const patience = { timeout: 90_000, interval: 200 };
const alice = 1;

let estate: Estate;
let legacy: ShopClient;
let cookie: string;
let stranger: Shopper;
let shopper: Shopper;
let authorization: string;
/** The path of an order that was placed before the move. */
let placedAtLegacy: string;

const served = (headers: Headers): string =>
  /route=([\w-]+); stage=\w+; served=\w+/.exec(headers.get('x-figway') ?? '')?.[0] ?? '';

/** A gauge of a service's own. */
async function gauge(service: 'ORDERS' | 'PAYMENTS', name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${estate.ports[service]}/metrics`)).text();
  const line = text.split('\n').find(one => one.startsWith(name));
  return Number(line?.split(' ').at(-1));
}

const orderAt = async (path: string): Promise<Readonly<Record<string, unknown>>> =>
  (await shopper.ask('GET', path)).body;
/** Pinned to the service, while reading is in canary. */
const atService = async (path: string): Promise<Readonly<Record<string, unknown>>> =>
  (await shopper.ask('GET', path, { headers: { 'x-preview': 'orders' } })).body;
const atLegacy = async (path: string): Promise<Readonly<Record<string, unknown>>> =>
  (await (await legacy.get(path)).json()) as Record<string, unknown>;
/** What of a product the service can still promise; the gateway has it answer for products. */
const stockOf = async (product: number): Promise<number> =>
  Number((await orderAt(`/products/${product}`)).stock);

beforeAll(async () => {
  // Long enough for a slow machine to end a saga, and shorter than the five seconds of the slow card.
  estate = await launchEstate(undefined, { env: { ORDERS_ANSWER_WITHIN: '3500' } });
  await vi.waitFor(() => expect(estate.output()).toContain('Stop: Ctrl-C'), patience);
  legacy = createShopClient(() => `http://127.0.0.1:${estate.ports.LEGACY}`);
  cookie = await legacy.logIn('alice@example.com');
  stranger = createShopper(estate.gateway, alice);
  const login = { email: 'alice@example.com', password: 'wonderland' };
  const { body } = await stranger.ask('POST', '/v1/login', { json: login });
  authorization = `Bearer ${body.access_token}`;
  shopper = createShopper(estate.gateway, alice, { authorization });
}, 180_000);
afterAll(() => estate[Symbol.asyncDispose]());

describe('placing orders, as shipped', { timeout: 180_000 }, () => {
  it('is still legacy’s, for everybody, and counts who would be refused later', async () => {
    const placed = await stranger.order({ product: 11 });
    expect(served(placed.headers)).toBe('route=orders-write; stage=legacy; served=legacy');
    expect(placed).toMatchObject({ status: 200, body: { status: 'paid', user_id: alice } });
    expect(Number(placed.body.order_id)).toBeLessThan(1_000_000);
    placedAtLegacy = `/orders/${placed.body.order_id}`;
    await expect.poll(() => atService(placedAtLegacy), patience).toMatchObject({ status: 'paid' });
    const observed = await fetch(`http://127.0.0.1:${estate.ports.FIGWAY_ADMIN}/api/observed`);
    expect(JSON.stringify(await observed.json())).toContain('orders-write');
  });
});

describe('placing orders, one word later', { timeout: 180_000 }, () => {
  beforeAll(async () => {
    await moveRoute(estate.config, 'orders-write', 'migrated');
    await vi.waitFor(async () => {
      expect((await stranger.ask('POST', '/orders', { json: {} })).status).toBe(401);
    }, patience);
  }, 180_000);

  it('asks who it is, and lets nobody order for somebody else', async () => {
    expect((await stranger.order({ product: 12 })).body).toMatchObject({ code: 'token-missing' });
    expect((await shopper.order({ product: 12, userId: 2 })).body).toMatchObject({ code: 'not-yours' });
  });

  it('runs the saga, once for a key, and the monolith’s pages show the order', async () => {
    const before = await stockOf(13);
    const placed = await shopper.order({ product: 13, quantity: 2, key: 'first' });
    expect(served(placed.headers)).toBe('route=orders-write; stage=migrated; served=service');
    expect(placed).toMatchObject({ status: 201, body: { status: 'paid', payment_status: 'captured' } });
    const again = await shopper.order({ product: 13, quantity: 2, key: 'first' });
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    expect(again.body).toEqual(placed.body);
    expect(await stockOf(13)).toBe(before - 2);

    const path = placeOf(placed);
    expect(path).toMatch(/^\/orders\/1\d{6}$/);
    await expect.poll(() => atLegacy(path), patience).toEqual(placed.body);
    const page = await legacy.get(`/account${path}`, cookie);
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining(String(placed.body.total)),
    ]);
    // Whichever side the gateway reads at, it is the same order.
    expect(await orderAt(path)).toEqual(placed.body);
  });

  it('takes the cookie of the monolith from its own pages, and from no other', async () => {
    const own = createShopper(estate.gateway, alice, { cookie, origin: estate.gateway });
    expect((await own.order({ product: 14 })).status).toBe(201);
    const foreign = createShopper(estate.gateway, alice, { cookie, origin: 'https://elsewhere.example.com' });
    expect((await foreign.order({ product: 14 })).body).toMatchObject({ code: 'origin-denied' });
  });

  it('takes everything back for a card that is declined, at both sides', async () => {
    const before = await stockOf(15);
    const refused = await shopper.order({ product: 15, card: cards.declines });
    expect(refused).toMatchObject({ status: 402, body: { code: 'card-declined' } });
    const path = placeOf(refused);
    await expect.poll(() => atLegacy(path), patience).toMatchObject({ status: 'cancelled' });
    expect(await stockOf(15)).toBe(before);
  });

  it('answers before a slow card does, and the order is paid in the end', async () => {
    const pending = await shopper.order({ product: 16, card: cards.isSlow });
    expect(pending).toMatchObject({ status: 202, body: { status: 'pending' } });
    const path = placeOf(pending);
    const paid = { status: 'paid', payment_status: 'captured' };
    await expect.poll(() => atService(path), patience).toMatchObject(paid);
    await expect.poll(() => atLegacy(path), patience).toMatchObject(paid);
  });

  it('cancels an order of either side: who has its money gives it back', async () => {
    for (const path of [placedAtLegacy, placeOf(await shopper.order({ product: 17, quantity: 3 }))]) {
      const returned = { status: 'cancelled', payment_status: 'refunded' };
      const cancelled = await shopper.ask('POST', `${path}/cancel`, { json: {} });
      expect(served(cancelled.headers)).toBe('route=orders-write; stage=migrated; served=service');
      expect(cancelled).toMatchObject({ status: 200, body: returned });
      expect(await atService(path)).toMatchObject(returned);
      await expect.poll(() => atLegacy(path), patience).toMatchObject(returned);
    }
  });

  it('gives money and stock back for what is cancelled on the monolith’s own page', async () => {
    const before = await stockOf(19);
    const path = placeOf(await shopper.order({ product: 19, quantity: 3 }));
    await expect.poll(() => atLegacy(path), patience).toMatchObject({ status: 'paid' });
    const shop = createShopClient(() => estate.gateway);
    expect((await shop.form(`/account${path}/cancel`, {}, cookie)).status).toBe(302);
    const returned = { status: 'cancelled', payment_status: 'refunded' };
    await expect.poll(() => atService(path), patience).toMatchObject(returned);
    await expect.poll(() => stockOf(19), patience).toBe(before);
    const payments = `http://127.0.0.1:${estate.ports.PAYMENTS}/v1/payments?order_id=${path.split('/').at(-1)}`;
    const taken = await fetch(payments, { headers: { authorization } });
    expect(await taken.json()).toMatchObject({ payments: [{ status: 'refunded' }] });
  });

  it('opens the breakers for a card that breaks the network, and takes everything back', async () => {
    const before = await stockOf(18);
    const broken = await Promise.all([1, 2, 3].map(() => shopper.order({ product: 18, card: cards.breaks })));
    for (const answer of broken) expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
    await expect.poll(() => gauge('PAYMENTS', 'payments_card_network_breaker_state'), patience).toBe(2);
    for (const path of broken.map(placeOf)) {
      await expect
        .poll(() => atService(path), { ...patience, timeout: 120_000 })
        .toMatchObject({ status: 'cancelled' });
      await expect.poll(() => atLegacy(path), patience).toMatchObject({ status: 'cancelled' });
    }
    await expect.poll(() => stockOf(18), patience).toBe(before);
  });
});
