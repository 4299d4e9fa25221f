import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../../extracted-services/chassis/database/database.ts';
import { newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import { migrations } from '../../../extracted-services/users/migrations.ts';
import type { Repository } from '../../../extracted-services/users/repository.ts';
import type { Family } from '../../../extracted-services/users/sessions.ts';
import { toRepository } from '../../../extracted-services/users/sql-repository.ts';
import type { User } from '../../../extracted-services/users/user.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';

const user = (id: number, more: Partial<User> = {}): User => ({
  id,
  email: `user${id}@example.com`,
  fullName: `User ${id}`,
  city: 'Köln',
  role: 'customer',
  createdAt: '2026-01-01T00:00:00.000Z',
  ...more,
});
const family = (id: string, userId: number, more: Partial<Family> = {}): Family => ({
  ...{ id, userId, tokenHash: `hash of ${id}`, endsAt: 2000, idleAt: 1000 },
  ...more,
});

describe.each(storeKinds)('the repository of users on $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let store: EmptyStore;
    let database: Database;
    let repository: Repository;
    beforeEach(async () => {
      store = await openEmptyStore(kind);
      database = await openDatabase({ ...store.options, schema: 'users', migrations });
      repository = toRepository(database);
    });
    afterEach(async () => {
      await repository.close();
      await store[Symbol.asyncDispose]();
    });

    it('finds a user by id and by email, the hash with the latter alone', async () => {
      await repository.users.add(user(7), 'hash');
      expect(await repository.users.find(7)).toEqual(user(7));
      expect(await repository.users.findByEmail('user7@example.com')).toEqual({
        ...user(7),
        passwordHash: 'hash',
      });
      expect(await repository.users.find(8)).toBeUndefined();
      expect(await repository.users.findByEmail('user8@example.com')).toBeUndefined();
    });

    it('has one user for an email', async () => {
      await repository.users.add(user(7), 'hash');
      await expect(repository.users.add(user(8, { email: 'user7@example.com' }), 'hash')).rejects.toThrow();
    });

    it('forgets a user of the monolith with their logins, and no user of its own', async () => {
      await repository.users.copy(user(7), 'hash');
      await repository.users.copy(user(8), 'hash');
      await repository.users.change(8, { fullName: 'Own', city: '' });
      await repository.families.add(family('login', 7));
      for (const id of [7, 8, 9]) await repository.users.forgetLegacy(id);
      expect(await repository.users.find(7)).toBeUndefined();
      expect(await repository.families.find('login')).toBeUndefined();
      expect(await repository.users.find(8)).toMatchObject({ fullName: 'Own' });
    });

    it('gives ids above all of the monolith’s, each once', async () => {
      expect(await repository.users.nextId()).toBe(1_000_000);
      await repository.users.add(user(500), 'hash');
      expect(await repository.users.nextId()).toBe(1_000_000);
      await repository.users.add(user(1_000_000), 'hash');
      expect(await repository.users.nextId()).toBe(1_000_001);
    });

    it('lists in the order of ids, page after page, and searches emails and names literally', async () => {
      for (const id of [3, 1, 2]) await repository.users.add(user(id), 'hash');
      await repository.users.add(user(9, { email: 'a_b@example.com', fullName: 'Zoë 100%' }), 'hash');
      const ids = async (after: number, search: string, limit = 10): Promise<readonly number[]> =>
        (await repository.users.list({ after, search, limit })).map(({ id }) => id);
      expect(await ids(0, '', 2)).toEqual([1, 2]);
      expect(await ids(2, '', 2)).toEqual([3, 9]);
      expect(await ids(0, 'uSeR 2')).toEqual([2]);
      expect(await ids(0, 'a_b')).toEqual([9]);
      expect(await ids(0, '0%')).toEqual([9]);
      expect(await ids(0, '_')).toEqual([9]);
    });

    it('changes a profile, and says where there is none', async () => {
      await repository.users.add(user(7), 'hash');
      const changed = { ...user(7), fullName: 'New', city: '' };
      expect(await repository.users.change(7, { fullName: 'New', city: '' })).toEqual(changed);
      expect(await repository.users.find(7)).toEqual(changed);
      expect(await repository.users.change(8, { fullName: 'New', city: '' })).toBeUndefined();
    });

    it('changes a password hash only if it is still the one that was looked at', async () => {
      await repository.users.add(user(7), 'one');
      const hash = async (): Promise<unknown> =>
        (await repository.users.findByEmail('user7@example.com'))?.passwordHash;
      expect(await repository.users.changePassword(7, { before: 'other', after: 'two' })).toBe(false);
      await repository.users.rehash(7, { before: 'other', after: 'two' });
      expect(await hash()).toBe('one');
      expect(await repository.users.changePassword(7, { before: 'one', after: 'two' })).toBe(true);
      await repository.users.rehash(7, { before: 'two', after: 'three' });
      expect(await hash()).toBe('three');
    });

    it('copies what is new or has changed at the monolith, and leaves alone what has changed here', async () => {
      const { users } = repository;
      expect(await users.copy(user(7), 'legacy')).toBe('copied');
      expect(await users.copy(user(7), 'legacy')).toBe('unchanged');
      await users.rehash(7, { before: 'legacy', after: 'better' });
      expect(await users.copy(user(7), 'legacy')).toBe('unchanged');
      expect((await users.findByEmail('user7@example.com'))?.passwordHash).toBe('better');
      expect(await users.copy(user(7, { city: 'Wien' }), 'legacy 2')).toBe('copied');
      expect(await users.findByEmail('user7@example.com')).toMatchObject({
        city: 'Wien',
        passwordHash: 'legacy 2',
      });
      expect(await users.copy(user(8, { email: 'user7@example.com' }), 'x')).toBe('taken');
      await users.change(7, { fullName: 'Own', city: 'Own' });
      expect(await users.copy(user(7, { city: 'Graz' }), 'legacy 3')).toBe('own');
      expect(await users.find(7)).toMatchObject({ city: 'Own' });
    });

    it('rotates a family only from its newest token, however many try at once', async () => {
      await repository.users.add(user(7), 'hash');
      await repository.families.add(family('f', 7));
      const found = family('f', 7);
      const outcomes = await Promise.all(
        ['a', 'b', 'c'].map(next => repository.families.rotate({ ...found, idleAt: 1500 }, next)),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await repository.families.find('f')).toMatchObject({ idleAt: 1500, endsAt: 2000 });
      expect((await repository.families.find('f'))?.tokenHash).toMatch(/^[abc]$/);
    });

    it('ends families: one, those of a user, the oldest beyond a bound, those whose time is over', async () => {
      await repository.users.add(user(7), 'hash');
      await repository.users.add(user(8), 'hash');
      const left = async (): Promise<string> => {
        const found = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(id => repository.families.find(id)));
        return found.map(one => one?.id ?? '').join('');
      };
      for (const id of ['a', 'b', 'c', 'd']) await repository.families.add(family(id, 7));
      await repository.families.add(family('e', 8, { endsAt: 500 }));
      await repository.families.trim(7, 3);
      expect(await left()).toBe('bcde');
      await repository.families.end('c');
      expect(await left()).toBe('bde');
      await repository.families.forget(501);
      expect(await left()).toBe('bd');
      await repository.families.endAllOf(7);
      expect(await left()).toBe('');
    });

    it('keeps keys, newest first, and client secrets, the last one', async () => {
      const key = (kid: string) => ({ kid, jwk: '{}', createdAt: 1_767_225_600_000 });
      for (const kid of ['a', 'b', 'c']) await repository.keys.add(key(kid));
      await repository.keys.remove('a');
      expect(await repository.keys.all()).toEqual([key('c'), key('b')]);
      await repository.clients.save('orders', 'one');
      await repository.clients.save('orders', 'two');
      expect(await repository.clients.secretHash('orders')).toBe('two');
      expect(await repository.clients.secretHash('other')).toBeUndefined();
    });

    it('counts attempts exactly, however many come at once', async () => {
      const { attempts } = repository;
      const counts = await Promise.all(Array.from({ length: 20 }, () => attempts.count('x', 1)));
      expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      await attempts.uncount('x', 1);
      expect(await attempts.count('x', 1)).toBe(20);
      await attempts.clear('x', 1);
      expect(await attempts.count('x', 1)).toBe(1);
      await attempts.count('x', 2);
      await attempts.forget(2);
      expect([await attempts.count('x', 1), await attempts.count('x', 2)]).toEqual([1, 2]);
    });

    it('keeps its place of the backfill', async () => {
      expect(await repository.progress.get()).toBeUndefined();
      await repository.progress.save({ userId: 5, isFinished: false });
      await repository.progress.save({ userId: 9, isFinished: true });
      expect(await repository.progress.get()).toEqual({ userId: 9, isFinished: true });
    });

    it('tells of nothing that did not happen', async () => {
      const event = newEvent({
        ...{ source: '/services/users', type: 'user.changed.v1', subject: 'user/7', data: {} },
      });
      const failed = repository.transaction(async records => {
        await records.users.add(user(7), 'hash');
        await records.tell(event);
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');
      expect(await repository.users.find(7)).toBeUndefined();
      expect(await database.all('SELECT id FROM outbox')).toEqual([]);
      await repository.transaction(records => records.tell(event));
      expect(await database.all('SELECT id FROM outbox')).toEqual([{ id: event.id }]);
    });
  });
});
