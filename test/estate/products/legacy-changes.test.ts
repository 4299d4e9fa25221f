import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../extracted-services/chassis/database/database.ts';
import { type CloudEvent, newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import type { LegacyChanged } from '../../../extracted-services/chassis/legacy/changed.ts';
import { createLegacyFeed, type LegacyFeed } from '../../../extracted-services/chassis/legacy/feed.ts';
import { backfill } from '../../../extracted-services/products/backfill.ts';
import { applyLegacyChange } from '../../../extracted-services/products/legacy-changes.ts';
import type { Repository } from '../../../extracted-services/products/repository.ts';
import {
  createRepository,
  openProductsDatabase,
} from '../../../extracted-services/products/sql-repository.ts';
import { reserve } from '../../../extracted-services/products/stock.ts';
import { type Monolith, startMonolith } from '../../../legacy-monolith/monolith.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';
import { createInternalClient, internalToken } from '../../kit/internal-client.ts';

describe.each(storeKinds)('a store of products on $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let place: EmptyStore;
    let database: Database;
    let repository: Repository;
    let monolith: Monolith;
    let legacy: LegacyFeed;
    beforeEach(async () => {
      monolith = await startMonolith({ port: 0, internalToken });
      legacy = createLegacyFeed({ url: monolith.url, token: internalToken });
      place = await openEmptyStore(kind);
      database = await openProductsDatabase(place.options);
      repository = createRepository(database);
    });
    afterEach(async () => {
      await repository.close();
      await place[Symbol.asyncDispose]();
      legacy.close();
      await monolith.close();
    });
    const internal = createInternalClient(() => monolith.url);

    const stockOf = async (id: number): Promise<number | undefined> => (await repository.find(id))?.stock;
    const sell = (quantity: number): Promise<unknown> =>
      fetch(`${monolith.url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user_id: 1, lines: [{ product_id: 1, quantity }], card: '4111111111111111' }),
      });
    /** What the monolith has told since `after`, as events. */
    const events = async (after: number): Promise<readonly CloudEvent<LegacyChanged>[]> =>
      (await internal.changes(`after=${after}`)).changes
        .filter(change => change.entity === 'products')
        .map(({ id, op, key, payload }) =>
          newEvent({
            source: '/legacy',
            type: 'legacy.product.changed.v1',
            subject: `product/${key}`,
            data: { change: id, op, key, payload },
          }),
        );
    const told = async (): Promise<readonly CloudEvent<Record<string, unknown>>[]> =>
      (await database.all<{ body: string }>('SELECT body FROM outbox ORDER BY position')).map(row =>
        JSON.parse(row.body),
      );

    it('is filled page by page, and goes on where it was cut off', async () => {
      const stopAfter = (pages: number) => () => {
        if (--pages === 0) throw new Error('power cut');
      };
      const cut = backfill(repository, { legacy, pageSize: 50, onPage: stopAfter(3) });
      await expect(cut).rejects.toThrow('power cut');
      expect(await repository.after(0, 1000)).toHaveLength(150);
      expect(await backfill(repository, { legacy, pageSize: 50 })).toBe(234);
      expect(await repository.progress()).toEqual({ after: 384, copied: 384, isFinished: true });
      expect(await backfill(repository, { legacy })).toBe(0);
    });

    it('takes each sale of the monolith off its own stock, once, whatever is reserved here', async () => {
      await backfill(repository, { legacy });
      const before = (await stockOf(1)) ?? 0;
      await sell(2);
      const lines = [{ productId: 1, quantity: 5 }];
      await reserve(repository, { id: 'o-1', lines, lifetime: 1000 }, { now: 0 });
      await sell(1);
      for (const event of [...(await events(0)), ...(await events(0))]) {
        await applyLegacyChange(repository, event);
      }
      expect(await stockOf(1)).toBe(before - 8);
    });

    it('takes nothing that the copied rows had in them already', async () => {
      await sell(2);
      await backfill(repository, { legacy });
      const before = await stockOf(1);
      for (const event of await events(0)) await applyLegacyChange(repository, event);
      expect(await stockOf(1)).toBe(before);
    });

    it('keeps the newer of what a backfill and an event bring', async () => {
      await sell(2);
      const [event] = await events(0);
      if (!event) throw new TypeError('a sale was not told of');
      const newer = { ...event.data, change: 99, payload: { ...event.data.payload, product_name: 'Newer' } };
      await applyLegacyChange(repository, { ...event, data: newer });
      await backfill(repository, { legacy });
      expect((await repository.find(1))?.name).toBe('Newer');
    });

    it('tells others of a new price and a new stock, as the monolith’s', async () => {
      await backfill(repository, { legacy });
      await sell(2);
      const [event] = await events(0);
      if (!event) throw new TypeError('a sale was not told of');
      const payload = { ...event.data.payload, unit_price: '1.00' };
      await applyLegacyChange(repository, { ...event, data: { ...event.data, payload } });
      expect((await told()).map(({ type, data }) => [type, data.origin ?? data.reason])).toEqual([
        ['product.changed.v1', 'legacy'],
        ['stock.changed.v1', 'legacy'],
      ]);
    });

    it('takes over a snapshot whole, a deletion, and a product that is new', async () => {
      await backfill(repository, { legacy });
      await sell(1);
      const [event] = await events(0);
      if (!event) throw new TypeError('a sale was not told of');
      const { stock_before: _, ...row } = event.data.payload ?? {};
      const change = async (id: string, data: Partial<LegacyChanged>): Promise<void> =>
        applyLegacyChange(repository, { ...event, id, data: { ...event.data, ...data } });
      await change('e-1', { op: 'snapshot', change: 50, payload: { ...row, stock: 3 } });
      expect(await stockOf(1)).toBe(3);
      await change('e-2', {
        op: 'insert',
        change: 51,
        key: '900',
        payload: { ...row, product_id: 900, sku: 'X' },
      });
      expect((await repository.find(900))?.sku).toBe('X');
      await change('e-3', { op: 'delete', change: 52, key: '900', payload: null });
      expect(await repository.find(900)).toBeUndefined();
    });

    it('refuses an event that is none, and one without a price', async () => {
      const event = newEvent({
        source: '/legacy',
        type: 'legacy.product.changed.v1',
        subject: 'product/1',
        data: { change: 1, op: 'update', key: '1', payload: { product_id: 1 } },
      });
      await expect(applyLegacyChange(repository, event)).rejects.toThrow('unit_price: expected text');
      const none = applyLegacyChange(repository, { ...event, data: { change: 'x' } });
      await expect(none).rejects.toThrow('expected change, op, key and payload');
      expect(await repository.find(1)).toBeUndefined();
    });
  });
});
