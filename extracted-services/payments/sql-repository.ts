import type { Database } from '../chassis/database/database.ts';
import { type DatabaseOptions, openDatabase, type Queries } from '../chassis/database/database.ts';
import { appendToOutbox, outboxMigration } from '../chassis/events/outbox.ts';
import type { Payment } from './payment.ts';
import type { Changes, Operation, Repository, StoredAnswer } from './repository.ts';

const tables = `
CREATE TABLE payments (
  id TEXT PRIMARY KEY, "orderId" TEXT NOT NULL, "userId" TEXT NOT NULL, status TEXT NOT NULL,
  "amountCents" BIGINT NOT NULL, "capturedCents" BIGINT NOT NULL, "refundedCents" BIGINT NOT NULL,
  currency TEXT NOT NULL, "lastFour" TEXT NOT NULL, "cardToken" TEXT NOT NULL, authorisation TEXT NOT NULL,
  reason TEXT NOT NULL, "createdAt" TEXT NOT NULL, "updatedAt" TEXT NOT NULL
);
CREATE INDEX payments_by_order ON payments ("orderId");
CREATE INDEX payments_by_user ON payments ("userId", "createdAt");
CREATE TABLE operations (
  id TEXT PRIMARY KEY, "paymentId" TEXT NOT NULL, kind TEXT NOT NULL, cents BIGINT NOT NULL,
  key TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL, answer TEXT, "createdAt" TEXT NOT NULL
);
CREATE UNIQUE INDEX operations_open ON operations ("paymentId") WHERE answer IS NULL;
CREATE INDEX operations_by_age ON operations ("createdAt");
`;

const maxOpen = 100;
const paymentColumns = [
  ...(['id', 'orderId', 'userId', 'status', 'amountCents', 'capturedCents', 'refundedCents'] as const),
  ...(['currency', 'lastFour', 'cardToken', 'authorisation', 'reason', 'createdAt', 'updatedAt'] as const),
] as const;
const upsertPayment = upsert('payments', paymentColumns);
const operationColumns = [
  'id',
  'paymentId',
  'kind',
  'cents',
  'key',
  'fingerprint',
  'answer',
  'createdAt',
] as const;
const upsertOperation = upsert('operations', operationColumns);

/** Opens payments in SQLite or PostgreSQL; `database` is for the relay of the outbox. */
export async function openRepository(
  options: Omit<DatabaseOptions, 'migrations'>,
): Promise<Repository & { readonly database: Database }> {
  const database = await openDatabase({ ...options, migrations: [outboxMigration, tables] });
  return {
    database,
    find: id => findPayment(database, id),
    list({ orderIds, userId, limit }) {
      const places = orderIds.map(() => '?').join(', ');
      const ofOrders = orderIds.length === 0 ? '' : `"orderId" IN (${places}) AND`;
      return database.all<Payment>(
        `SELECT * FROM payments WHERE ${ofOrders} ("userId" = ? OR ? = 1)
         ORDER BY "createdAt" DESC, id DESC LIMIT ?`,
        ...[...orderIds, ...orAny(userId), limit],
      );
    },
    openOperations: async before =>
      (
        await database.all<OperationRow>(
          'SELECT * FROM operations WHERE answer IS NULL AND "createdAt" < ? ORDER BY "createdAt" LIMIT ?',
          ...[before, maxOpen],
        )
      ).map(toOperation),
    forgetAnswered: async before => {
      const sql = 'DELETE FROM operations WHERE answer IS NOT NULL AND "createdAt" < ?';
      return (await database.run(sql, before)).changes;
    },
    transaction: work => database.transaction(tx => work(toChanges(tx))),
    close: () => database.close(),
  };
}

/** Values for `(column = ? OR ? = 1)`. */
const orAny = (value: string | undefined): readonly [string, number] => [
  value ?? '',
  value === undefined ? 1 : 0,
];

const findPayment = (queries: Queries, id: string): Promise<Payment | undefined> =>
  queries.get<Payment>('SELECT * FROM payments WHERE id = ?', id);

function toChanges(tx: Queries): Changes {
  const operationWhere = async (condition: string, value: string): Promise<Operation | undefined> => {
    const row = await tx.get<OperationRow>(`SELECT * FROM operations WHERE ${condition}`, value);
    return row && toOperation(row);
  };
  return {
    payment: id => findPayment(tx, id),
    savePayment: async payment =>
      void (await tx.run(upsertPayment, ...paymentColumns.map(column => payment[column]))),
    operation: key => operationWhere('key = ?', key),
    openOperationOf: paymentId => operationWhere('"paymentId" = ? AND answer IS NULL', paymentId),
    async saveOperation(operation) {
      const answer = operation.answer === undefined ? null : JSON.stringify(operation.answer);
      const row = { ...operation, answer };
      await tx.run(upsertOperation, ...operationColumns.map(column => row[column]));
    },
    removeOperation: async id => void (await tx.run('DELETE FROM operations WHERE id = ?', id)),
    tell: event => appendToOutbox(tx, event),
  };
}

interface OperationRow extends Omit<Operation, 'answer'> {
  readonly answer: string | null;
}

const toOperation = ({ answer, ...row }: OperationRow): Operation => ({
  ...row,
  answer: answer === null ? undefined : (JSON.parse(answer) as StoredAnswer),
});

function upsert(table: string, columns: readonly string[]): string {
  const quoted = columns.map(column => `"${column}"`);
  const changes = quoted.filter(column => column !== '"id"').map(column => `${column} = excluded.${column}`);
  return `INSERT INTO ${table} (${quoted.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})
    ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')}`;
}
