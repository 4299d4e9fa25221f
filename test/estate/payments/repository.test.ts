import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newEvent } from '../../../extracted-services/chassis/events/cloud-event.ts';
import type { Payment } from '../../../extracted-services/payments/payment.ts';
import type { Operation, Repository } from '../../../extracted-services/payments/repository.ts';
import { openRepository } from '../../../extracted-services/payments/sql-repository.ts';
import { type EmptyStore, openEmptyStore, storeKinds } from '../../kit/databases.ts';

const payment = (id: string, more: Partial<Payment> = {}): Payment => ({
  ...{ id, orderId: '42', userId: '7', status: 'pending', currency: 'EUR', lastFour: '1111' },
  ...{ amountCents: 5_000_000_000, capturedCents: 0, refundedCents: 0 },
  ...{ cardToken: '', authorisation: '', reason: '' },
  ...{ createdAt: '2026-03-04T05:06:07.000Z', updatedAt: '2026-03-04T05:06:07.000Z' },
  ...more,
});
const operation = (id: string, more: Partial<Operation> = {}): Operation => ({
  ...{ id, paymentId: 'p1', kind: 'authorise', cents: 500, key: `key of ${id}`, fingerprint: 'f' },
  ...{ answer: undefined, createdAt: '2026-03-04T05:06:07.000Z' },
  ...more,
});

describe.each(storeKinds)('payments kept in $kind', ({ kind, isMissing }) => {
  describe.skipIf(isMissing)('', () => {
    let store: EmptyStore;
    let repository: Awaited<ReturnType<typeof openRepository>>;
    beforeEach(async () => {
      store = await openEmptyStore(kind);
      repository = await openRepository({ ...store.options, schema: 'payments' });
    });
    afterEach(async () => {
      await repository.close();
      await store[Symbol.asyncDispose]();
    });
    const save = (...payments: readonly Payment[]): Promise<void> =>
      repository.transaction(async changes => {
        for (const each of payments) await changes.savePayment(each);
      });
    const begin = (...operations: readonly Operation[]): Promise<void> =>
      repository.transaction(async changes => {
        for (const each of operations) await changes.saveOperation(each);
      });

    it('come back as they were, and as they were changed', async () => {
      await save(payment('p1'));
      expect(await repository.find('p1')).toEqual(payment('p1'));
      const changed = payment('p1', { status: 'declined', reason: 'do-not-honour', cardToken: 'card_x' });
      await save(changed);
      expect(await repository.find('p1')).toEqual(changed);
      expect(await repository.find('p2')).toBeUndefined();
    });

    it('are listed newest first, by order and by person', async () => {
      const later = '2026-03-05T00:00:00.000Z';
      await save(
        payment('p1'),
        payment('p2', { createdAt: later }),
        payment('p3', { orderId: '43', userId: '8' }),
      );
      const ids = async (filter: Partial<Parameters<Repository['list']>[0]>): Promise<readonly string[]> =>
        (await repository.list({ orderIds: [], userId: undefined, limit: 10, ...filter })).map(
          ({ id }) => id,
        );
      expect(await ids({})).toEqual(['p2', 'p3', 'p1']);
      expect(await ids({ orderIds: ['42'] })).toEqual(['p2', 'p1']);
      expect(await ids({ orderIds: ['42', '43'] })).toEqual(['p2', 'p3', 'p1']);
      expect(await ids({ userId: '8' })).toEqual(['p3']);
      expect(await ids({ orderIds: ['42'], userId: '8' })).toEqual([]);
      expect(await ids({ limit: 1 })).toEqual(['p2']);
    });

    it('have one open operation each, found by its key, its payment and its age', async () => {
      await begin(
        operation('o1'),
        operation('o2', { paymentId: 'p2', createdAt: '2026-03-04T06:00:00.000Z' }),
      );
      const [byKey, open, none] = await repository.transaction(async changes => [
        await changes.operation('key of o1'),
        await changes.openOperationOf('p2'),
        await changes.openOperationOf('p3'),
      ]);
      expect([byKey?.id, open?.id, none]).toEqual(['o1', 'o2', undefined]);
      expect(byKey).toEqual(operation('o1'));
      const before = await repository.openOperations('2026-03-04T05:30:00.000Z');
      expect(before.map(({ id }) => id)).toEqual(['o1']);
      await expect(begin(operation('o3'))).rejects.toThrow(/unique/i);
      await expect(begin(operation('o4', { paymentId: 'p4', key: 'key of o1' }))).rejects.toThrow(/unique/i);
    });

    it('keep the answer of an operation, which is open no more', async () => {
      const answer = { status: 201, headers: { location: '/v1/payments/p1' }, body: { cents: 500 } };
      await begin(operation('o1'));
      await begin(operation('o1', { answer }));
      const [known, open] = await repository.transaction(async changes => [
        await changes.operation('key of o1'),
        await changes.openOperationOf('p1'),
      ]);
      expect([known?.answer, open]).toEqual([answer, undefined]);
      expect(await repository.openOperations('2027-01-01T00:00:00.000Z')).toEqual([]);
      await begin(operation('o2'));
      await repository.transaction(changes => changes.removeOperation('o2'));
      await begin(operation('o3'));
    });

    it('forget old keys, but never one that is open', async () => {
      const answer = { status: 200, headers: {}, body: {} };
      await begin(operation('o1', { answer }), operation('o2'));
      await begin(operation('o3', { paymentId: 'p3', answer, createdAt: '2026-03-05T00:00:00.000Z' }));
      expect(await repository.forgetAnswered('2026-03-04T12:00:00.000Z')).toBe(1);
      const left = await repository.database.all<{ id: string }>('SELECT id FROM operations ORDER BY id');
      expect(left.map(({ id }) => id)).toEqual(['o2', 'o3']);
    });

    it('tell nothing and change nothing where the work fails', async () => {
      const event = newEvent({
        source: '/services/payments',
        type: 'payment.captured.v1',
        subject: 'payment/p1',
        data: {},
      });
      const failed = repository.transaction(async changes => {
        await changes.savePayment(payment('p1'));
        await changes.tell(event);
        throw new Error('power cut');
      });
      await expect(failed).rejects.toThrow('power cut');
      expect(await repository.find('p1')).toBeUndefined();
      expect(await repository.database.get('SELECT count(*) AS n FROM outbox')).toEqual({ n: 0 });
      await repository.transaction(changes => changes.tell(event));
      expect(await repository.database.get('SELECT count(*) AS n FROM outbox')).toEqual({ n: 1 });
    });
  });
});
