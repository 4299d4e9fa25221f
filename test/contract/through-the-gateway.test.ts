/** The domain suites on all that `npm start` starts: the monolith directly, and the gateway on the shipped routes. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { peopleOfMonolith, peopleOfService } from '../kit/accounts.ts';
import { type Estate, launchEstate, moveRoute } from '../kit/estate.ts';
import { createShopper, type Shopper } from '../kit/shopper.ts';
import { describeOrders } from './orders.suite.ts';
import { describePlacing } from './placing.suite.ts';
import { describeProducts } from './products.suite.ts';
import { describeUsers } from './users.suite.ts';

const patience = { timeout: 120_000, interval: 200 };
/** What is not migrated as shipped, and has a service that answers for all of it. */
const toMove = ['orders-read', 'order-lines', 'orders-write'];

let estate: Estate;
let atMonolith: Shopper;
let atGateway: Shopper;
const legacyUrl = (): string => `http://127.0.0.1:${estate.ports.LEGACY}`;

beforeAll(async () => {
  estate = await launchEstate(
    async ({ config }) => {
      for (const route of toMove) await moveRoute(config, route, 'migrated');
    },
    // What a slow machine needs to end a saga; the gateway waits five seconds.
    { env: { ORDERS_ANSWER_WITHIN: '4500' } },
  );
  await vi.waitFor(() => expect(estate.output()).toContain('Stop: Ctrl-C'), patience);
  const logIn = { email: 'alice@example.com', password: 'wonderland' } as const;
  const cookie = await peopleOfMonolith(legacyUrl()).logIn(logIn.email, logIn.password);
  const token = await peopleOfService(estate.gateway).logIn(logIn.email, logIn.password);
  atMonolith = createShopper(legacyUrl(), 1, cookie);
  atGateway = createShopper(estate.gateway, 1, token);
}, 180_000);
afterAll(() => estate[Symbol.asyncDispose]());

describeOrders('the monolith', () => ({ url: legacyUrl(), path: '/orders' }));
describeOrders('the gateway', () => ({ url: estate.gateway, path: '/orders' }));
describePlacing('the monolith', () => atMonolith);
describePlacing('the gateway', () => atGateway);
describeProducts('the monolith', () => ({ url: legacyUrl(), path: '/products' }));
describeProducts('the gateway', () => ({ url: estate.gateway, path: '/products' }));
describeUsers('the monolith', 'monolith', () => peopleOfMonolith(legacyUrl()));
describeUsers('the gateway, where accounts were', 'monolith', () => peopleOfMonolith(estate.gateway));
describeUsers('the gateway, where accounts are', 'service', () => peopleOfService(estate.gateway));

describe('behind the gateway', () => {
  it.each([
    ['GET', '/orders/42', 'orders-read'],
    ['GET', '/orders?user_id=1', 'orders-read'],
    ['GET', '/orders/42/lines', 'order-lines'],
    ['POST', '/orders', 'orders-write'],
    ['POST', '/orders/42/cancel', 'orders-write'],
    ['GET', '/products/7', 'products-read'],
    ['GET', '/v1/users/me', 'profiles'],
  ])('it is the service that answers %s %s', async (method, path, route) => {
    const served = async (): Promise<string | null> =>
      (await atGateway.ask(method, path, method === 'POST' ? { json: {} } : {})).headers.get('x-figway');
    await expect.poll(served, patience).toMatch(new RegExp(`route=${route}; stage=\\w+; served=service`));
  });

  it.each(['/users/1', '/session/whoami'])('it is the monolith that answers %s', async path => {
    const { headers } = await atGateway.ask('GET', path);
    expect(headers.get('x-figway')).toBe('route=unclaimed; served=legacy');
  });

  it('who opens an account at either side is known at the other a moment later', async () => {
    const [there, here] = [peopleOfMonolith(estate.gateway), peopleOfService(estate.gateway)];
    const account = (name: string) => ({
      ...{ email: `${name}@example.com`, full_name: name, city: 'Köln' },
      password: 'a password of mine',
    });
    const staff = (await here.logIn('admin@example.com', 'wonderland')) ?? {};
    const staffThere = (await there.logIn('admin@example.com', 'wonderland')) ?? {};
    for (const [from, to, identity, name] of [
      [there, here, staff, 'from-monolith'],
      [here, there, staffThere, 'from-service'],
    ] as const) {
      const made = await from.register(account(name));
      const id = made.kind === 'done' ? Number(made.user.user_id) : 0;
      const known = { kind: 'done', user: { user_id: id, email: `${name}@example.com` } };
      await expect.poll(() => to.user(identity, id), { ...patience, timeout: 60_000 }).toMatchObject(known);
    }
    expect(await here.logIn('from-monolith@example.com', 'a password of mine')).toBeDefined();
  }, 180_000);
});
