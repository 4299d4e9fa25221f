import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLegacyFeed } from '../../../extracted-services/chassis/legacy/feed.ts';
import { openapi } from '../../../extracted-services/products/openapi.ts';
import { asLegacy } from '../../../extracted-services/products/switches.ts';
import { type Monolith, startMonolith } from '../../../legacy-monolith/monolith.ts';
import { internalToken } from '../../kit/internal-client.ts';
import { createManualClock, type ManualClock } from '../../kit/manual-clock.ts';
import { openProducts, type ProductsRig } from '../../kit/products.ts';

let monolith: Monolith;
let rig: ProductsRig;
let clock: ManualClock;
const legacy = () => createLegacyFeed({ url: monolith.url, token: internalToken });

beforeAll(async () => {
  monolith = await startMonolith({ port: 0, internalToken });
  clock = createManualClock(Date.now());
  rig = await openProducts({ legacy: legacy(), more: { clock } });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await monolith.close();
});

const stockOf = async (id: number): Promise<number> =>
  ((await (await fetch(`${rig.service.url}/v1/products/${id}`)).json()) as { stock: number }).stock;
const wanted = (productId: number, quantity: number) => ({ lines: [{ product_id: productId, quantity }] });
const call = (method: string, path: string, body?: unknown): Promise<Response> =>
  rig.call(method, path, { token: rig.token('stock:reserve'), ...(body !== undefined && { body }) });
const codeOf = async (answer: Response): Promise<unknown> => ((await answer.json()) as { code: string }).code;

describe('reserving over REST', () => {
  it('answers 201 once and 200 after, and takes once', async () => {
    const before = await stockOf(5);
    const first = await call('PUT', '/v1/reservations/order-1', wanted(5, 2));
    expect([first.status, await first.json()]).toEqual([
      201,
      {
        reservation_id: 'order-1',
        state: 'held',
        expires_at: new Date(clock.wall() + 300_000).toISOString(),
        lines: [{ product_id: 5, quantity: 2 }],
      },
    ]);
    expect((await call('PUT', '/v1/reservations/order-1', wanted(5, 2))).status).toBe(200);
    expect(await stockOf(5)).toBe(before - 2);
    const released = await call('POST', '/v1/reservations/order-1/release');
    expect(await released.json()).toMatchObject({ state: 'released' });
    expect(await stockOf(5)).toBe(before);
    expect(await (await call('GET', '/v1/reservations/order-1')).json()).toMatchObject({ state: 'released' });
  });

  it('gives back by itself what is not committed in time', async () => {
    const before = await stockOf(6);
    await call('PUT', '/v1/reservations/order-2', { ...wanted(6, 3), expires_in: 10 });
    clock.advance(9_000);
    expect(await stockOf(6)).toBe(before - 3);
    clock.advance(2_000);
    await expect.poll(() => stockOf(6)).toBe(before);
    const late = await call('POST', '/v1/reservations/order-2/commit');
    expect([late.status, await codeOf(late)]).toEqual([409, 'reservation-conflict']);
  });

  it('says what is short', async () => {
    const answer = await call('PUT', '/v1/reservations/order-3', {
      lines: [
        { product_id: 7, quantity: 9999 },
        { product_id: 9999, quantity: 1 },
      ],
    });
    expect(answer.status).toBe(409);
    expect(await answer.json()).toMatchObject({
      code: 'stock-short',
      errors: [
        { field: 'product 7', detail: expect.stringMatching(/^\d+ of product 7 left, 9999 wanted$/) },
        { field: 'product 9999', detail: 'there is no product 9999' },
      ],
    });
  });

  it.each([
    ['PUT', '/v1/reservations/a%20b', wanted(1, 1), 400, 'bad-reservation'],
    ['PUT', '/v1/reservations/x', { lines: [] }, 400, 'bad-reservation'],
    ['PUT', '/v1/reservations/x', wanted(1, 0), 400, 'bad-reservation'],
    ['PUT', '/v1/reservations/x', { ...wanted(1, 1), expires_in: 3601 }, 400, 'bad-reservation'],
    ['POST', '/v1/reservations/unknown/commit', undefined, 404, 'reservation-not-found'],
    ['GET', '/v1/reservations/unknown', undefined, 404, 'reservation-not-found'],
  ])('refuses %s %s %j', async (method, path, body, status, code) => {
    const answer = await call(method, path, body);
    expect([answer.status, await codeOf(answer)]).toEqual([status, code]);
  });

  it('is for services with the scope alone', async () => {
    for (const [token, status] of [
      ['', 401],
      [rig.token('products:write', 'staff'), 403],
    ] as const) {
      expect((await rig.call('PUT', '/v1/reservations/x', { token, body: wanted(1, 1) })).status).toBe(
        status,
      );
    }
  });
});

describe('a batch of products', () => {
  const batch = (ids: readonly unknown[]): Promise<Response> =>
    fetch(`${rig.service.url}/v1/product-batch?${ids.map(id => `id=${id}`).join('&')}`);

  it('has those that there are, in the order of ids, as each by itself', async () => {
    const { products } = (await (await batch([9, 3, 999_999, 'x'])).json()) as { products: unknown[] };
    const one = async (id: number): Promise<unknown> =>
      (await fetch(`${rig.service.url}/v1/products/${id}`)).json();
    expect(products).toEqual([await one(3), await one(9)]);
  });

  it.each([0, 51])('has from 1 to 50 ids, not %i', async count => {
    const answer = await batch(Array.from({ length: count }, (_, index) => index + 1));
    expect([answer.status, await codeOf(answer)]).toEqual([400, 'bad-query']);
  });
});

describe('editing a product', () => {
  const edit = (token: string, body: unknown = { unit_price: '3.50', stock: 40 }): Promise<Response> =>
    rig.call('PUT', '/v1/products/20', { token, body });

  it('is for staff with the scope', async () => {
    expect((await edit('')).status).toBe(401);
    expect((await edit(rig.token('products:read', 'staff'))).status).toBe(403);
    expect(await codeOf(await edit(rig.token('products:write', 'customer')))).toBe('role-missing');
    const answer = await edit(rig.token('products:write', 'staff'));
    expect([answer.status, await answer.json()]).toEqual([
      200,
      expect.objectContaining({ product_id: 20, unit_price: '3.50', stock: 40 }),
    ]);
  });

  it('names every field that is wrong', async () => {
    const answer = await edit(rig.token('products:write', 'staff'), { unit_price: '3.5', stock: -1 });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'bad-product',
      errors: [{ field: 'unit_price' }, { field: 'stock' }],
    });
  });
});

describe('the surface', () => {
  it('is described: every answer that exists has its place in openapi.json, and the other way round', async () => {
    const document = (await (await fetch(`${rig.service.url}/openapi.json`)).json()) as typeof openapi;
    expect(document).toEqual(JSON.parse(JSON.stringify(openapi)));
    for (const [path, operations] of Object.entries(openapi.paths)) {
      for (const method of ['get', 'put', 'post', 'delete']) {
        const answer = await fetch(rig.service.url + path.replace('{id}', '1'), { method });
        expect([path, method, answer.status === 405]).toEqual([path, method, !(method in operations)]);
      }
    }
  });

  it('gives digests that are those of the monolith', async () => {
    const answer = await rig.call('GET', '/v1/digests/products?after=100&limit=3', {
      token: rig.token('products:read'),
    });
    const { digests } = (await answer.json()) as { digests: unknown };
    const feed = legacy();
    expect(digests).toEqual(await feed.digests('products', 100, 3));
    feed.close();
  });
});

describe('a switch', () => {
  const differing = async (more: object, path: string): Promise<Response> => {
    await using other = await openProducts({
      legacy: legacy(),
      more: { switches: { ...asLegacy, ...more } },
    });
    const answer = await fetch(other.service.url + path);
    return new Response(await answer.text(), { status: answer.status });
  };
  const namesOf = async (answer: Response): Promise<readonly string[]> =>
    ((await answer.json()) as { products: { product_name: string }[] }).products.map(one => one.product_name);

  it('answers 404 for what is not there', async () => {
    expect((await differing({ unknown: 'problem' }, '/v1/products/9999')).status).toBe(404);
  });

  it('lists by name', async () => {
    const names = await namesOf(await differing({ order: 'by-name' }, '/v1/products'));
    expect(names).toEqual(names.toSorted());
    expect(names[0]).toBe('Beech apron');
  });

  it('leaves the description out of a list', async () => {
    expect(await (await differing({ fields: 'short' }, '/v1/products')).text()).not.toContain('description');
  });

  it('takes a % for everything', async () => {
    expect(await namesOf(await differing({ search: 'pattern' }, '/v1/products?q=%25'))).toHaveLength(24);
  });

  it('takes its time', async () => {
    await using other = await openProducts({ more: { switches: { ...asLegacy, pace: 'slow' } } });
    const began = performance.now();
    await fetch(`${other.service.url}/v1/products/1`);
    expect(performance.now() - began).toBeGreaterThan(145);
  });
});
