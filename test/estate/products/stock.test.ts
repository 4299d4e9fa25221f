import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../extracted-services/chassis/database/database.ts';
import type { CloudEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import { editProduct } from '../../../extracted-services/products/edit-product.ts';
import type { StockChanged } from '../../../extracted-services/products/events.ts';
import type { Product } from '../../../extracted-services/products/product.ts';
import type { Repository } from '../../../extracted-services/products/repository.ts';
import {
  createRepository,
  openProductsDatabase,
} from '../../../extracted-services/products/sql-repository.ts';
import {
  commit,
  expireDue,
  forgetEnded,
  release,
  reserve,
} from '../../../extracted-services/products/stock.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';

const now = Date.UTC(2026, 2, 4);
const when = { now };
const product = (id: number, more: Partial<Product> = {}): Product => ({
  id,
  sku: `GA-${1000 + id}`,
  name: `Thing ${id}`,
  category: 'garden',
  description: 'A thing.',
  priceCents: 1290,
  stock: 10,
  ...more,
});

describe.each(storeKinds)('products on $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let place: EmptyStore;
    let database: Database;
    let repository: Repository;
    beforeEach(async () => {
      place = await openEmptyStore(kind);
      database = await openProductsDatabase(place.options);
      repository = createRepository(database);
      await repository.transaction(async store => {
        for (const id of [1, 2, 3]) await store.save(product(id), 0);
      });
    });
    afterEach(async () => {
      await repository.close();
      await place[Symbol.asyncDispose]();
    });

    const stockOf = async (id: number): Promise<number | undefined> => (await repository.find(id))?.stock;
    const told = async (): Promise<readonly [string, number, number, string][]> => {
      const rows = await database.all<{ body: string }>('SELECT body FROM outbox ORDER BY position');
      return rows
        .map(row => JSON.parse(row.body) as CloudEvent<StockChanged>)
        .map(({ type, data }) => [type, data.productId, data.change, data.reason]);
    };
    const want = (id: string, quantity = 3, lifetime = 1000) => ({
      id,
      lines: [
        { productId: 2, quantity },
        { productId: 1, quantity: 1 },
      ],
      lifetime,
    });

    describe('reading', () => {
      const query = { search: '', category: '', page: 1, order: 'id', matching: 'literal' } as const;
      const found = async (more: object): Promise<readonly number[]> =>
        (await repository.list({ ...query, ...more })).map(({ id }) => id);

      it('gives a product back as it was saved', async () => {
        expect(await repository.find(2)).toEqual(product(2));
        expect(await repository.find(9)).toBeUndefined();
      });

      it('gives many back at once, in the order of ids, without those that are not there', async () => {
        expect(await repository.findMany([2, 9, 1, 2])).toEqual([product(1), product(2)]);
        expect(await repository.findMany([])).toEqual([]);
      });

      it('searches by part of the name, with a to z alike in either case and all else exact', async () => {
        await repository.transaction(async store => {
          await store.save(product(4, { name: 'Crème BRÛLÉE dish' }), 0);
          await store.save(product(5, { name: '100% wool_sock', category: 'home' }), 0);
        });
        expect(await found({ search: 'crème br' })).toEqual([4]);
        expect(await found({ search: 'brûlée' })).toEqual([]);
        expect(await found({ search: 'BRÛLÉE' })).toEqual([4]);
        expect(await found({ search: '%' })).toEqual([5]);
        expect(await found({ search: '_' })).toEqual([5]);
        expect(await found({ search: '\\' })).toEqual([]);
        expect(await found({ search: '_', matching: 'pattern' })).toHaveLength(5);
        expect(await found({ category: 'home' })).toEqual([5]);
        expect(await found({ category: 'home', search: 'thing' })).toEqual([]);
      });

      it('gives pages of 24', async () => {
        await repository.transaction(async store => {
          for (let id = 4; id <= 30; id++) await store.save(product(id), 0);
        });
        expect(await found({})).toHaveLength(24);
        expect(await found({ page: 2 })).toEqual([25, 26, 27, 28, 29, 30]);
        expect(await found({ page: 3 })).toEqual([]);
      });
    });

    describe('reserving', () => {
      it('takes from the shelf, and tells of it', async () => {
        const outcome = await reserve(repository, want('o-1'), when);
        expect(outcome).toMatchObject({ kind: 'done', isNew: true, reservation: { state: 'held' } });
        expect([await stockOf(1), await stockOf(2)]).toEqual([9, 7]);
        expect(await told()).toEqual([
          ['stock.changed.v1', 1, -1, 'reserved'],
          ['stock.changed.v1', 2, -3, 'reserved'],
        ]);
      });

      it('takes once for one id, however often and at once it is asked', async () => {
        const outcomes = await Promise.all([1, 2, 3, 4].map(() => reserve(repository, want('o-1'), when)));
        expect(outcomes.filter(outcome => outcome.kind === 'done' && outcome.isNew)).toHaveLength(1);
        expect(outcomes.map(({ kind }) => kind)).toEqual(['done', 'done', 'done', 'done']);
        expect(await stockOf(2)).toBe(7);
      });

      it('refuses an id that was used for other lines', async () => {
        await reserve(repository, want('o-1'), when);
        expect(await reserve(repository, want('o-1', 4), when)).toMatchObject({ kind: 'conflict' });
        expect(await stockOf(2)).toBe(7);
      });

      it('takes nothing at all if one line is short, and says which', async () => {
        const lines = [
          { productId: 1, quantity: 1 },
          { productId: 2, quantity: 6 },
          { productId: 2, quantity: 5 },
          { productId: 9, quantity: 1 },
        ];
        expect(await reserve(repository, { id: 'o-1', lines, lifetime: 1000 }, when)).toEqual({
          kind: 'short',
          shortages: [
            { productId: 2, quantity: 11, stock: 10 },
            { productId: 9, quantity: 1, stock: undefined },
          ],
        });
        expect([await stockOf(1), await stockOf(2), await told()]).toEqual([10, 10, []]);
      });

      it('never promises more than there is to those who ask at once', async () => {
        const outcomes = await Promise.all(
          [1, 2, 3, 4, 5].map(n => reserve(repository, want(`o-${n}`, 4), when)),
        );
        expect(outcomes.filter(({ kind }) => kind === 'done')).toHaveLength(2);
        expect(await stockOf(2)).toBe(2);
      });
    });

    describe('its end', () => {
      it('by commit stays taken, twice or not, and does not expire', async () => {
        await reserve(repository, want('o-1'), when);
        for (const _ of [1, 2]) {
          expect(await commit(repository, 'o-1', when)).toMatchObject({
            kind: 'done',
            reservation: { state: 'committed' },
          });
        }
        expect(await expireDue(repository, now + 5000)).toBe(0);
        expect(await stockOf(2)).toBe(7);
      });

      it('by release gives back once, also after a commit', async () => {
        await reserve(repository, want('o-1'), when);
        await commit(repository, 'o-1', when);
        for (const _ of [1, 2]) {
          expect(await release(repository, 'o-1', when)).toMatchObject({ kind: 'done' });
        }
        expect([await stockOf(1), await stockOf(2)]).toEqual([10, 10]);
        expect(await commit(repository, 'o-1', when)).toMatchObject({ kind: 'conflict' });
      });

      it('by release before it came keeps it from taking anything', async () => {
        expect(await release(repository, 'o-1', when)).toMatchObject({ kind: 'done' });
        expect(await reserve(repository, want('o-1'), when)).toMatchObject({
          kind: 'conflict',
          reservation: { state: 'released', lines: [] },
        });
        expect(await stockOf(2)).toBe(10);
      });

      it('by its time gives back once, and refuses a commit that comes late', async () => {
        await reserve(repository, want('o-1'), when);
        await reserve(repository, want('o-2', 1, 9000), when);
        expect(await expireDue(repository, now + 999)).toBe(0);
        expect(await expireDue(repository, now + 1000)).toBe(1);
        expect(await expireDue(repository, now + 1000)).toBe(0);
        expect(await stockOf(2)).toBe(9);
        expect(await commit(repository, 'o-1', when)).toMatchObject({ reservation: { state: 'expired' } });
        expect((await told()).slice(-2)).toEqual([
          ['stock.changed.v1', 1, 1, 'expired'],
          ['stock.changed.v1', 2, 3, 'expired'],
        ]);
      });

      it('by its time comes with a commit that is late, before anybody has swept', async () => {
        await reserve(repository, want('o-1'), when);
        expect(await commit(repository, 'o-1', { now: now + 1000 })).toMatchObject({
          kind: 'conflict',
          reservation: { state: 'expired' },
        });
        expect(await stockOf(2)).toBe(10);
      });

      it('is known for ninety days, and one that is held for as long as it is', async () => {
        await reserve(repository, want('o-1'), when);
        await reserve(repository, want('o-2', 1), when);
        await commit(repository, 'o-1', when);
        const days = (count: number): number => now + count * 86_400_000;
        await forgetEnded(repository, days(90));
        expect(await repository.reservation('o-1')).toMatchObject({ state: 'committed' });
        await forgetEnded(repository, days(91));
        expect(await repository.reservation('o-1')).toBeUndefined();
        expect(await repository.reservation('o-2')).toMatchObject({ state: 'held', lines: [{}, {}] });
      });

      it('of one that is not known is said to be so', async () => {
        expect(await commit(repository, 'none', when)).toEqual({ kind: 'unknown' });
      });
    });

    describe('editing', () => {
      const edit = (id: number, priceCents: number, stock: number) =>
        editProduct(repository, id, { priceCents, stock, traceparent: '00-0-0-00' });

      it('sets price and stock, and tells of what has changed', async () => {
        expect(await edit(1, 990, 4)).toEqual(product(1, { priceCents: 990, stock: 4 }));
        expect((await told()).map(([type, id, change]) => [type, id, change])).toEqual([
          ['stock.changed.v1', 1, -6],
          ['product.changed.v1', 1, undefined],
        ]);
        await edit(1, 990, 4);
        expect(await told()).toHaveLength(2);
      });

      it('of an unknown product changes nothing', async () => {
        expect(await edit(9, 990, 4)).toBeUndefined();
        expect(await told()).toEqual([]);
      });
    });
  });
});
