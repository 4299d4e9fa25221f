import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backfill } from '../../../extracted-services/orders/backfill.ts';
import type { Repository } from '../../../extracted-services/orders/repository.ts';
import { createRepository, openOrdersDatabase } from '../../../extracted-services/orders/sql-repository.ts';
import { startMonolith } from '../../../legacy-monolith/monolith.ts';

let folder: string;
let from: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'figway-backfill-'));
  from = join(folder, 'legacy.db');
  await (await startMonolith({ port: 0, database: from })).close();
});
afterAll(() => rm(folder, { recursive: true }));

const openRepository = async (file?: string): Promise<Repository> =>
  createRepository(await openOrdersDatabase(file === undefined ? {} : { file }));

const all = {
  userId: undefined,
  status: undefined,
  before: undefined,
  limit: 10_000,
  order: 'newest-first',
} as const;
const allOf = async (repository: Repository): Promise<readonly number[]> =>
  (await repository.readModel.list(all)).map(order => order.id);

describe('the backfill', () => {
  it('copies every order once', async () => {
    const repository = await openRepository();
    expect(await backfill(repository, { from })).toBe(2400);
    expect(await allOf(repository)).toEqual(Array.from({ length: 2400 }, (_, index) => 2400 - index));
    expect(await repository.progress()).toMatchObject({ copied: 2400, isFinished: true });
    await repository.close();
  });

  it('goes on where it was cut off, in another process or not', async () => {
    const file = join(folder, 'cut.db');
    const cut = await openRepository(file);
    const stopAfter = (pages: number) => () => {
      if (--pages === 0) throw new Error('power cut');
    };
    await expect(backfill(cut, { from, pageSize: 100, onPage: stopAfter(7) })).rejects.toThrow('power cut');
    expect(await allOf(cut)).toHaveLength(700);
    await cut.close();
    const resumed = await openRepository(file);
    expect(await backfill(resumed, { from, pageSize: 100 })).toBe(1700);
    expect(await allOf(resumed)).toHaveLength(2400);
    await resumed.close();
  });

  it('brings what has changed since, old orders and new ones', async () => {
    const repository = await openRepository();
    await backfill(repository, { from });
    const legacy = new DatabaseSync(from);
    legacy.exec(
      `UPDATE orders SET status = 'returned', updated_at = '2026-03-05 10:00:00' WHERE order_id = 42`,
    );
    legacy.close();
    expect(await backfill(repository, { from })).toBeLessThan(100);
    const { order } = (await repository.load(42)).state;
    expect(order).toMatchObject({ status: 'returned', customerName: 'Emma Adler' });
    expect(order?.lines).toHaveLength(2);
    await repository.close();
  });

  it('sees a change of the hour that the clock ran twice', async () => {
    const repository = await openRepository();
    const legacy = new DatabaseSync(from);
    const touch = legacy.prepare('UPDATE orders SET status = ?, updated_at = ? WHERE order_id = ?');
    touch.run('paid', '2026-10-25 02:59:00', 7);
    await backfill(repository, { from });
    touch.run('shipped', '2026-10-25 02:01:00', 8);
    legacy.close();
    await backfill(repository, { from });
    expect((await repository.load(8)).state.order?.status).toBe('shipped');
    await repository.close();
  });

  it('says where it looked for a database that is not there', async () => {
    const repository = await openRepository();
    await expect(backfill(repository, { from: join(folder, 'none.db') })).rejects.toThrow('none.db');
    await repository.close();
  });
});
