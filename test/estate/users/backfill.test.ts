import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createLegacyFeed, type LegacyFeed } from '../../../extracted-services/chassis/legacy/feed.ts';
import { backfill } from '../../../extracted-services/users/backfill.ts';
import type { Repository } from '../../../extracted-services/users/repository.ts';
import { openUsersDatabase } from '../../../extracted-services/users/service.ts';
import { toRepository } from '../../../extracted-services/users/sql-repository.ts';
import { type Monolith, startMonolith } from '../../../legacy-monolith/monolith.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';
import { internalToken } from '../../kit/internal-client.ts';
import { openTempFolder } from '../../kit/temp-folder.ts';
import { claimsOf, openUsersRig } from '../../kit/users.ts';

let folder: Awaited<ReturnType<typeof openTempFolder>>;
let from: string;
let monolith: Monolith;
let legacy: LegacyFeed;
beforeAll(async () => {
  folder = await openTempFolder();
  from = join(folder.path, 'legacy.db');
  monolith = await startMonolith({ port: 0, database: from, internalToken });
  legacy = feed();
});
afterAll(async () => {
  legacy.close();
  await monolith.close();
  await folder[Symbol.asyncDispose]();
});

const feed = (): LegacyFeed => createLegacyFeed({ url: monolith.url, token: internalToken });

function changeLegacy(sql: string): void {
  const database = new DatabaseSync(from);
  database.exec(sql);
  database.close();
}

describe.each(storeKinds)('the backfill of users into $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let store: EmptyStore;
    let repository: Repository;
    beforeEach(async () => {
      store = await openEmptyStore(kind);
      repository = toRepository(await openUsersDatabase(store.options));
    });
    afterEach(async () => {
      await repository.close();
      await store[Symbol.asyncDispose]();
    });

    it('copies every user once, with instants in UTC', async () => {
      expect(await backfill(repository, { legacy })).toEqual({ copied: 500, own: 0, taken: [] });
      expect(await repository.users.find(2)).toMatchObject({ email: 'admin@example.com', role: 'staff' });
      const row = new DatabaseSync(from, { readOnly: true })
        .prepare('SELECT created_at AS at FROM users WHERE user_id = 1')
        .get();
      const { createdAt = '' } = (await repository.users.find(1)) ?? {};
      const hours = (Date.parse(`${String(row?.at).replace(' ', 'T')}Z`) - Date.parse(createdAt)) / 3_600_000;
      expect([1, 2]).toContain(hours);
      expect(await backfill(repository, { legacy })).toEqual({ copied: 0, own: 0, taken: [] });
    });

    it('goes on where it was cut off', async () => {
      let pages = 0;
      const onPage = (): void => {
        pages += 1;
        if (pages === 2) throw new Error('cut off');
      };
      await expect(backfill(repository, { legacy, pageSize: 100, onPage })).rejects.toThrow('cut off');
      expect(await repository.progress.get()).toEqual({ userId: 200, isFinished: false });
      let morePages = 0;
      const count = (): void => {
        morePages += 1;
      };
      expect(await backfill(repository, { legacy, pageSize: 100, onPage: count })).toMatchObject({
        copied: 300,
      });
      // Users 201 to 500, and the page that is empty.
      expect(morePages).toBe(4);
      expect(await repository.users.list({ after: 0, search: '', limit: 1000 })).toHaveLength(500);
    });

    it('takes over what changes there, but not of whom has changed here', async () => {
      await backfill(repository, { legacy });
      await repository.users.change(3, { fullName: 'Own', city: '' });
      changeLegacy("UPDATE users SET city = 'Graz' WHERE user_id IN (3, 4)");
      expect(await backfill(repository, { legacy })).toEqual({ copied: 1, own: 1, taken: [] });
      expect(await repository.users.find(4)).toMatchObject({ city: 'Graz' });
      expect(await repository.users.find(3)).toMatchObject({ city: '', fullName: 'Own' });
      changeLegacy("UPDATE users SET city = 'Wien' WHERE user_id IN (3, 4)");
    });

    it('names those whose email somebody else has here, and copies the others', async () => {
      const user = { id: 1_000_000, email: 'user7@example.com', fullName: 'x', city: '', createdAt: 'x' };
      await repository.users.add({ ...user, role: 'customer' }, 'hash');
      expect(await backfill(repository, { legacy })).toEqual({ copied: 499, own: 0, taken: [7] });
    });

    it('lets people log in with the password that they have, and hashes it better then', async () => {
      await using rig = await openUsersRig({ store: store.options, legacy: feed() });
      const hash = async (): Promise<string> =>
        (await repository.users.findByEmail('admin@example.com'))?.passwordHash ?? '';
      const logIn = (password: string) =>
        rig.ask('POST', '/v1/login', { json: { email: 'admin@example.com', password } });
      expect(await hash()).toMatch(/^figs-are-false-fruits:/);
      expect((await logIn('wonderlamp')).status).toBe(401);
      expect(await hash()).toMatch(/^figs-are-false-fruits:/);
      const { status, body } = await logIn('wonderland');
      expect([status, claimsOf(body.access_token)]).toEqual([
        200,
        expect.objectContaining({ sub: '2', roles: ['staff'] }),
      ]);
      expect(await hash()).toMatch(/^scrypt\$/);
      expect((await logIn('wonderland')).status).toBe(200);
      expect((await logIn('wonderlamp')).status).toBe(401);
      expect(await backfill(repository, { legacy })).toMatchObject({ copied: 0 });
      expect((await logIn('wonderland')).status).toBe(200);
    });

    it('lets staff see everybody, page after page', async () => {
      await using rig = await openUsersRig({ store: store.options, legacy: feed() });
      const json = { email: 'admin@example.com', password: 'wonderland' };
      const token = String((await rig.ask('POST', '/v1/login', { json })).body.access_token);
      const seen: unknown[] = [];
      for (let after: unknown = ''; after !== undefined; ) {
        const { body } = await rig.ask('GET', `/v1/users?limit=200${after ? `&after=${after}` : ''}`, {
          token,
        });
        seen.push(...(body.users as { user_id: number }[]).map(({ user_id }) => user_id));
        after = body.next;
      }
      expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
      expect((await rig.ask('GET', '/v1/users/1', { token })).body).toMatchObject({
        full_name: 'Alice Liddell',
      });
      expect((await rig.ask('GET', '/v1/users/9999', { token })).status).toBe(404);
      expect((await rig.ask('GET', '/v1/users?q=alice', { token })).body.users).toHaveLength(1);
      for (const query of ['limit=201', 'limit=x', 'after=-1', `q=${'x'.repeat(101)}`]) {
        const { status, body } = await rig.ask('GET', `/v1/users?${query}`, { token });
        expect([status, body.errors]).toEqual([
          400,
          [expect.objectContaining({ field: query.split('=')[0] })],
        ]);
      }
    });
  });
});

it('does not start where the monolith says no, and says what it said', async () => {
  const stranger = createLegacyFeed({ url: monolith.url, token: 'another-secret-of-the-tests' });
  await expect(openUsersRig({ legacy: stranger })).rejects.toThrow('the internal token is needed');
});
