import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareStores, type Digest, lasting } from '../../../extracted-services/reconciliation/compare.ts';
import { type EstateRig, openEstateRig } from '../../kit/estate-rig.ts';
import { feedOf, internalToken } from '../../kit/internal-client.ts';
import { runMain, stopMains } from '../../kit/main-process.ts';
import { openOrders } from '../../kit/orders.ts';
import { openTokenServer } from '../../kit/token-server.ts';

const reader =
  (digests: readonly Digest[]) =>
  async (after: number, limit: number): Promise<readonly Digest[]> =>
    digests.filter(({ id }) => id > after).slice(0, limit);
const range = (count: number, hash = 'h'): readonly Digest[] =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, hash }));

describe('comparing two stores', () => {
  it('names what differs and what one side lacks, wherever it is', async () => {
    const legacy = [
      { id: 1, hash: 'a' },
      { id: 2, hash: 'b' },
      { id: 4, hash: 'd' },
      { id: 9, hash: 'i' },
    ];
    const service = [
      { id: 2, hash: 'x' },
      { id: 3, hash: 'c' },
      { id: 4, hash: 'd' },
    ];
    expect(await compareStores(reader(legacy), reader(service))).toEqual({
      rows: 5,
      disagreements: [
        { id: 1, kind: 'missing-in-service' },
        { id: 2, kind: 'differs' },
        { id: 3, kind: 'missing-in-legacy' },
        { id: 9, kind: 'missing-in-service' },
      ],
    });
  });

  it('goes through pages, and through nothing', async () => {
    expect(await compareStores(reader(range(1234)), reader(range(1234)))).toEqual({
      rows: 1234,
      disagreements: [],
    });
    expect(await compareStores(reader([]), reader([]))).toEqual({ rows: 0, disagreements: [] });
    const { disagreements } = await compareStores(reader(range(1000)), reader([]));
    expect(disagreements).toHaveLength(1000);
  });

  it('refuses a side that does not go upwards', async () => {
    const stuck = async () => range(500);
    await expect(compareStores(stuck, reader(range(500)))).rejects.toThrow('1 came after 500');
  });

  it('forgets what was on its way and has arrived', () => {
    const one = {
      rows: 2,
      disagreements: [
        { id: 1, kind: 'differs' },
        { id: 2, kind: 'differs' },
      ],
    } as const;
    const two = {
      rows: 3,
      disagreements: [
        { id: 2, kind: 'differs' },
        { id: 3, kind: 'differs' },
      ],
    } as const;
    expect(lasting(one, two)).toEqual({ rows: 3, disagreements: [{ id: 2, kind: 'differs' }] });
  });
});

describe('npm run estate -- reconcile', { timeout: 60_000 }, () => {
  let rig: EstateRig;
  beforeAll(async () => {
    rig = await openEstateRig();
  });
  afterAll(async () => {
    await stopMains();
    await rig[Symbol.asyncDispose]();
  });

  const reconcile = (entity: string, env: Record<string, string> = {}) =>
    runMain(
      'extracted-services/reconciliation/main.ts',
      {
        LEGACY_URL: rig.monolith.url,
        LEGACY_INTERNAL_TOKEN: internalToken,
        RECONCILE_SETTLE: '0',
        ...env,
      },
      entity,
    ).ended;

  it('says 0 where products agree, and names those that do not', async () => {
    await using tokens = await openTokenServer();
    tokens.answer(200, JSON.stringify({ access_token: rig.products.token('products:read') }));
    const env = {
      PRODUCTS_URL: rig.products.service.url,
      USERS_URL: tokens.url.replace('/oauth/token', ''),
      RECONCILE_CLIENT_SECRET: 'a-secret-of-the-tests-alone',
    };
    expect(await reconcile('products', env)).toMatchObject({ code: 0, out: '384 rows, 0 disagree\n' });
    await rig.internal.put('/products/GA-1007/stock', { stock: 1 });
    expect(await reconcile('products', env)).toMatchObject({
      code: 1,
      out: '7 differs\n384 rows, 1 disagree\n',
    });
  });

  it('compares orders too', async () => {
    await using service = await openOrders({ legacy: feedOf(rig.monolith.url) });
    const env = { ORDERS_URL: service.url };
    expect(await reconcile('orders', env)).toMatchObject({ code: 0, out: '2400 rows, 0 disagree\n' });
    await fetch(`${rig.monolith.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"user_id":1,"lines":[{"product_id":1,"quantity":1}],"card":"4111111111111111"}',
    });
    expect(await reconcile('orders', env)).toMatchObject({
      code: 1,
      out: '2401 missing-in-service\n2401 rows, 1 disagree\n',
    });
  });

  it('says 3 where it cannot find out, and why', async () => {
    expect(await reconcile('mice')).toMatchObject({
      code: 3,
      err: 'reconcile: expected users, products, orders, got mice\n',
    });
    const nobody = { ORDERS_URL: 'http://127.0.0.1:1' };
    expect(await reconcile('orders', nobody)).toMatchObject({
      code: 3,
      err: expect.stringContaining('orders: '),
    });
  });
});
