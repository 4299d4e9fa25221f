import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConnector } from '../../../extracted-services/change-capture/connector.ts';
import { openPlaceKeeper } from '../../../extracted-services/change-capture/place.ts';
import { systemClock } from '../../../extracted-services/chassis/clock.ts';
import type { CloudEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import type { LegacyChanged } from '../../../extracted-services/chassis/legacy/changed.ts';
import { createLegacyFeed } from '../../../extracted-services/chassis/legacy/feed.ts';
import { createMetrics } from '../../../extracted-services/chassis/metrics.ts';
import { type EstateRig, openEstateRig } from '../../kit/estate-rig.ts';
import { internalToken } from '../../kit/internal-client.ts';
import { createShopClient } from '../../kit/shop-client.ts';

let rig: EstateRig;
let heard: CloudEvent<LegacyChanged>[];
beforeEach(async () => {
  rig = await openEstateRig({ keptChanges: 20 });
  heard = [];
  const subscription = rig.bus.subscribe({
    group: 'listener',
    types: ['legacy.order.changed.v1', 'legacy.product.changed.v1', 'legacy.user.changed.v1'],
    prefetch: 1,
    handle: async event => void heard.push(event as CloudEvent<LegacyChanged>),
  });
  await subscription.ready;
});
afterEach(() => rig[Symbol.asyncDispose]());

const shop = createShopClient(() => rig.monolith.url);
const sell = async (product_id = 1): Promise<void> => {
  const lines = [{ product_id, quantity: 1 }];
  await shop.json('POST', '/orders', { user_id: 1, lines, card: '4111111111111111' });
};
const stockOf = async (url: string): Promise<number> =>
  ((await (await fetch(`${url}/1`)).json()) as { stock: number }).stock;
const patience = { timeout: 15_000 };

/** A shop of five people and six products: thousands of events would take their time. */
function leaveFew(file: string): void {
  const byHand = new DatabaseSync(file);
  byHand.exec(`UPDATE capture SET is_muted = 1;
    DELETE FROM notifications; DELETE FROM payments; DELETE FROM order_lines; DELETE FROM orders;
    DELETE FROM products WHERE product_id > 6; DELETE FROM users WHERE user_id > 5;
    UPDATE capture SET is_muted = 0`);
  byHand.close();
}

describe('change capture', () => {
  it('publishes what the monolith changes, in its order, and the service is fresh', async () => {
    await rig.startCapture();
    await sell();
    await shop.json('POST', '/users', {
      email: 'n@example.com',
      full_name: 'N',
      city: 'Wien',
      password: 'long enough',
    });
    await expect.poll(() => heard.length, patience).toBe(3);
    expect(heard.map(({ type, subject, data }) => [type, subject, data.op, data.change])).toEqual([
      ['legacy.product.changed.v1', 'product/1', 'update', 1],
      ['legacy.order.changed.v1', 'order/2401', 'insert', 2],
      ['legacy.user.changed.v1', 'user/501', 'insert', 3],
    ]);
    expect(JSON.stringify(heard)).not.toContain('password');
    const legacyStock = await stockOf(`${rig.monolith.url}/products`);
    await expect.poll(() => stockOf(`${rig.products.service.url}/v1/products`), patience).toBe(legacyStock);
  });

  it('goes on where it was after a restart, with what happened meanwhile', async () => {
    const first = await rig.startCapture();
    await sell();
    await expect.poll(() => heard.length, patience).toBe(2);
    await first.close();
    await sell();
    await rig.startCapture();
    await expect.poll(() => heard.length, patience).toBe(4);
    expect(new Set(heard.map(event => event.id)).size).toBe(4);
  });

  it('publishes every row anew where the log was pruned, and then what follows', async () => {
    leaveFew(`${rig.folder}/legacy.db`);
    const first = await rig.startCapture();
    await first.close();
    for (let count = 0; count < 15; count++) await sell(2);
    await rig.startCapture();
    const rows = 5 + 6 + 15;
    await expect.poll(() => heard.length, patience).toBe(rows);
    expect(new Set(heard.map(event => event.data.op))).toEqual(new Set(['snapshot']));
    await sell();
    await expect.poll(() => heard.length, patience).toBe(rows + 2);
    expect(heard.at(-1)?.data).toMatchObject({ change: 32, op: 'insert', key: '16' });
  });

  it('publishes again, under the same id, what it could not note down as published', async () => {
    await sell();
    const keeper = await openPlaceKeeper({ file: `${rig.folder}/capture.db` });
    let failures = 1;
    const connector = createConnector({
      legacy: createLegacyFeed({ url: rig.monolith.url, token: internalToken }),
      bus: rig.bus,
      keeper: {
        ...keeper,
        async save(place) {
          if (failures-- > 0) throw new Error('the disk is full');
          return keeper.save(place);
        },
      },
      clock: systemClock,
      log: () => {},
      metrics: createMetrics(),
    });
    await expect.poll(() => heard.length, patience).toBe(4);
    const ids = heard.map(event => event.id);
    expect(ids.slice(2)).toEqual(ids.slice(0, 2));
    const legacyStock = await stockOf(`${rig.monolith.url}/products`);
    await expect.poll(() => stockOf(`${rig.products.service.url}/v1/products`), patience).toBe(legacyStock);
    await connector.close();
    expect(await keeper.load()).toEqual({ kind: 'log', after: 2 });
    await keeper.close();
  });

  it('is not ready while the monolith is away', async () => {
    const capture = await rig.startCapture();
    const ready = async (): Promise<number> => (await fetch(`${capture.url}/readyz`)).status;
    await expect.poll(ready, patience).toBe(200);
    await rig.monolith.close();
    await expect.poll(ready, patience).toBe(503);
  });

  it('counts what it published, and what it has still to publish', async () => {
    const capture = await rig.startCapture();
    await sell();
    const text = async (): Promise<string> => (await fetch(`${capture.url}/metrics`)).text();
    await expect.poll(text, patience).toContain('change_capture_events_total{entity="orders"} 1');
    expect(await text()).toContain('change_capture_lag_changes 0');
  });
});
