import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backfill } from '../../extracted-services/orders/backfill.ts';
import type { Repository } from '../../extracted-services/orders/repository.ts';
import { openRepository } from '../../extracted-services/orders/sqlite-repository.ts';
import { startMonolith } from '../../legacy-monolith/monolith.ts';

let folder: string;
let from: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'figway-backfill-'));
  from = join(folder, 'legacy.db');
  await (await startMonolith({ port: 0, database: from })).close();
});
afterAll(() => rm(folder, { recursive: true }));

const allOf = (repository: Repository): readonly number[] =>
  repository
    .list({ userId: undefined, status: undefined, before: undefined, limit: 10_000 })
    .map(order => order.id);

describe('the backfill', () => {
  it('copies every order once', async () => {
    const repository = openRepository(':memory:');
    expect(await backfill(repository, { from })).toBe(2400);
    expect(allOf(repository)).toEqual(Array.from({ length: 2400 }, (_, index) => 2400 - index));
    expect(repository.progress()).toMatchObject({ copied: 2400, isFinished: true });
    repository.close();
  });

  it('goes on where it was cut off, in another process or not', async () => {
    const file = join(folder, 'cut.db');
    const cut = openRepository(file);
    const stopAfter = (pages: number) => () => {
      if (--pages === 0) throw new Error('power cut');
    };
    await expect(backfill(cut, { from, pageSize: 100, onPage: stopAfter(7) })).rejects.toThrow('power cut');
    expect(allOf(cut)).toHaveLength(700);
    cut.close();
    const resumed = openRepository(file);
    expect(await backfill(resumed, { from, pageSize: 100 })).toBe(1700);
    expect(allOf(resumed)).toHaveLength(2400);
    resumed.close();
  });

  it('brings what has changed since, old orders and new ones', async () => {
    const repository = openRepository(':memory:');
    await backfill(repository, { from });
    const legacy = new DatabaseSync(from);
    legacy.exec(
      `UPDATE orders SET status = 'returned', updated_at = '2026-03-05 10:00:00' WHERE order_id = 42`,
    );
    legacy.close();
    expect(await backfill(repository, { from })).toBeLessThan(100);
    expect(repository.find(42)?.status).toBe('returned');
    expect(repository.find(42)?.lines).toHaveLength(2);
    repository.close();
  });

  it('sees a change of the hour that the clock ran twice', async () => {
    const repository = openRepository(':memory:');
    const legacy = new DatabaseSync(from);
    const touch = legacy.prepare('UPDATE orders SET status = ?, updated_at = ? WHERE order_id = ?');
    touch.run('paid', '2026-10-25 02:59:00', 7);
    await backfill(repository, { from });
    touch.run('shipped', '2026-10-25 02:01:00', 8);
    legacy.close();
    await backfill(repository, { from });
    expect(repository.find(8)?.status).toBe('shipped');
    repository.close();
  });

  it('says where it looked for a database that is not there', async () => {
    const repository = openRepository(':memory:');
    await expect(backfill(repository, { from: join(folder, 'none.db') })).rejects.toThrow('none.db');
    repository.close();
  });
});
