import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import type { NewNotification, Repository } from '../../../extracted-services/notifications/repository.ts';
import { openRepository } from '../../../extracted-services/notifications/sql-repository.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';

const now = '2026-03-04T05:06:07.000Z';
const event = () =>
  newEvent({ source: '/services/orders', type: 'order.placed.v1', subject: 'order/1', data: {} });
const told = (eventId: string, userId = '7'): NewNotification => ({
  ...{ eventId, userId, eventType: 'order.placed.v1', subject: 'Order', text: 'Thank you', createdAt: now },
});

describe.each(storeKinds)('notifications kept in $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let store: EmptyStore;
    let repository: Repository;
    beforeEach(async () => {
      store = await openEmptyStore(kind);
      repository = await openRepository({ ...store.options, schema: 'notifications' });
    });
    afterEach(async () => {
      await repository.close();
      await store[Symbol.asyncDispose]();
    });
    const notify = (userId?: string): Promise<boolean> => {
      const cause = event();
      return repository.once(cause, changes => changes.notify(told(cause.id, userId)));
    };
    const savePerson = (email: string, asOf: string): Promise<boolean> =>
      repository.once(event(), changes => changes.savePerson({ userId: '7', email, asOf }, now));
    const list = (filter: Partial<Parameters<Repository['list']>[0]> = {}) =>
      repository.list({ userId: '7', before: undefined, limit: 10, ...filter });

    it('come back newest first, of one person or of all', async () => {
      for (const userId of ['7', '8', '7']) await notify(userId);
      expect((await list()).map(({ id }) => id)).toEqual([3, 1]);
      expect((await list({ userId: undefined })).map(({ id }) => id)).toEqual([3, 2, 1]);
      expect((await list({ userId: undefined, before: 3, limit: 1 })).map(({ id }) => id)).toEqual([2]);
      expect(await list({ userId: '' })).toEqual([]);
      const { eventId: _, ...rest } = told('');
      expect((await list())[1]).toEqual({ ...rest, id: 1, mailedAt: null });
    });

    it('take the work of an event once, and not at all where it fails', async () => {
      const cause = event();
      const work = () => repository.once(cause, changes => changes.notify(told(cause.id)));
      const failing = repository.once(cause, async changes => {
        await changes.notify(told(cause.id));
        throw new Error('power cut');
      });
      await expect(failing).rejects.toThrow('power cut');
      expect(await list()).toEqual([]);
      expect([await work(), await work()]).toEqual([true, false]);
      expect(await list()).toHaveLength(1);
    });

    it('are mailed to the newest address, each once', async () => {
      await notify();
      await savePerson('new@example.com', '2026-03-02T00:00:00.000Z');
      await savePerson('old@example.com', '2026-03-01T00:00:00.000Z');
      await notify();
      expect((await list()).map(({ mailedAt }) => mailedAt)).toEqual([now, now]);
      const again = await openRepository({ ...store.options, schema: 'notifications' });
      expect(await again.list({ userId: '7', before: undefined, limit: 10 })).toEqual(await list());
      await again.close();
    });
  });
});
