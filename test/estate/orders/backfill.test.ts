import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLegacyFeed, type LegacyFeed } from '../../../extracted-services/chassis/legacy/feed.ts';
import { backfill } from '../../../extracted-services/orders/backfill.ts';
import type { Repository } from '../../../extracted-services/orders/repository.ts';
import { createRepository, openOrdersDatabase } from '../../../extracted-services/orders/sql-repository.ts';
import { type Monolith, startMonolith } from '../../../legacy-monolith/monolith.ts';
import { feedOf, internalToken } from '../../kit/internal-client.ts';

let folder: string;
let from: string;
let monolith: Monolith;
let legacy: LegacyFeed;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'figway-backfill-'));
  from = join(folder, 'legacy.db');
  monolith = await startMonolith({ port: 0, database: from, internalToken });
  legacy = feedOf(monolith.url);
});
afterAll(async () => {
  legacy.close();
  await monolith.close();
  await rm(folder, { recursive: true });
});

function changeLegacy(sql: string): void {
  using database = new DatabaseSync(from);
  database.exec(sql);
}

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
    expect(await backfill(repository, { legacy })).toBe(2400);
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
    await expect(backfill(cut, { legacy, pageSize: 100, onPage: stopAfter(7) })).rejects.toThrow('power cut');
    expect(await allOf(cut)).toHaveLength(700);
    await cut.close();
    const resumed = await openRepository(file);
    expect(await backfill(resumed, { legacy, pageSize: 100 })).toBe(1700);
    expect(await allOf(resumed)).toHaveLength(2400);
    await resumed.close();
  });

  it('brings what has changed since, old orders and new ones', async () => {
    const repository = await openRepository();
    await backfill(repository, { legacy });
    changeLegacy(
      "UPDATE orders SET status = 'returned', updated_at = '2026-03-05 10:00:00' WHERE order_id = 42",
    );
    expect(await backfill(repository, { legacy })).toBe(2400);
    const { order } = (await repository.load(42)).state;
    expect(order).toMatchObject({ status: 'returned', customerName: 'Emma Adler' });
    expect(order?.lines).toHaveLength(2);
    await repository.close();
  });

  it('sees a change of whatever time, and writes nothing for what is the same', async () => {
    const repository = await openRepository();
    await backfill(repository, { legacy });
    const versionOf = async (id: number) => (await repository.load(id)).version;
    const [before, other] = [await versionOf(8), await versionOf(9)];
    changeLegacy(
      "UPDATE orders SET status = 'shipped', updated_at = '2020-01-01 00:00:00' WHERE order_id = 8",
    );
    await backfill(repository, { legacy });
    expect((await repository.load(8)).state.order?.status).toBe('shipped');
    expect([await versionOf(8), await versionOf(9)]).toEqual([before + 1, other]);
    await repository.close();
  });

  it('says what the monolith said where it says no', async () => {
    const repository = await openRepository();
    const stranger = createLegacyFeed({ url: monolith.url, token: 'another-secret-of-the-tests' });
    await expect(backfill(repository, { legacy: stranger })).rejects.toThrow('the internal token is needed');
    stranger.close();
    await repository.close();
  });
});
