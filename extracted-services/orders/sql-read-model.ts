import type { Database, Queries, SqlValue } from '../chassis/database/database.ts';
import { eventsAfter } from './event-table.ts';
import { evolve, nothing, type OrderState } from './evolve.ts';
import type { Order } from './order.ts';
import type { OrderFilter, ReadModel } from './repository.ts';

/**
 * Views in generations: one is active and read, another may be filled beside it. Each has its own place in the events,
 * moved in the transaction of the views, and a view knows the version that it has seen: an event takes effect once.
 */
export const createReadModel = (database: Database): ReadModel => ({
  project: limit =>
    database.transaction(async tx => {
      const active = await activeOf(tx);
      return take(tx, active, limit);
    }),
  async list(filter) {
    const rows = await database.all<Row>(...toQuery(filter));
    return rows.flatMap(row => toOrder(row) ?? []).map(({ lines: _, ...summary }) => summary);
  },
  async after(id, limit) {
    const rows = await database.all<Row>(
      `SELECT state FROM views WHERE generation = ${active} AND "isThere" = 1 AND id > ? ORDER BY id LIMIT ?`,
      ...[id, limit],
    );
    return rows.flatMap(row => toOrder(row) ?? []);
  },
  begin: () =>
    database.transaction(async tx => {
      await dropOthers(tx);
      const generation = (await activeOf(tx)).generation + 1;
      await tx.run('INSERT INTO generations (generation, position, "isActive") VALUES (?, 0, 0)', generation);
      return generation;
    }),
  fill: (generation, limit) =>
    database.transaction(async tx => {
      const sql = 'SELECT generation, position FROM generations WHERE generation = ? AND "isActive" = 0';
      const building = await tx.get<Generation>(sql, generation);
      if (!building) throw new Error(`generation ${generation} is gone: somebody else rebuilds, too`);
      const taken = await take(tx, building, limit);
      if (taken > 0) return { taken, isActive: false };
      await tx.run(
        'UPDATE generations SET "isActive" = CASE WHEN generation = ? THEN 1 ELSE 0 END',
        generation,
      );
      await dropOthers(tx);
      return { taken, isActive: true };
    }),
});

interface Generation {
  readonly generation: number;
  readonly position: number;
}

interface Row {
  readonly state: string;
}

const active = '(SELECT generation FROM generations WHERE "isActive" = 1)';

async function dropOthers(tx: Queries): Promise<void> {
  await tx.run(`DELETE FROM views WHERE generation <> ${active}`);
  await tx.run('DELETE FROM generations WHERE "isActive" = 0');
}

async function activeOf(tx: Queries): Promise<Generation> {
  const row = await tx.get<Generation>('SELECT generation, position FROM generations WHERE "isActive" = 1');
  if (!row) throw new Error('no generation of the read model is active');
  return row;
}

interface View {
  readonly version: number;
  readonly state: OrderState;
}

/** Takes events into a generation, and resolves with how many there were. */
async function take(tx: Queries, { generation, position }: Generation, limit: number): Promise<number> {
  const events = await eventsAfter(tx, position, limit);
  const changed = new Map<number, View>();
  for (const { orderId, version, event } of events) {
    const view = changed.get(orderId) ?? (await loadView(tx, generation, orderId));
    if (version <= view.version) continue;
    changed.set(orderId, { version, state: evolve(view.state, event, orderId) });
  }
  for (const [id, view] of changed) await saveView(tx, generation, id, view);
  const last = events.at(-1);
  if (last) {
    await tx.run('UPDATE generations SET position = ? WHERE generation = ?', last.position, generation);
  }
  return events.length;
}

async function loadView(tx: Queries, generation: number, id: number): Promise<View> {
  const sql = 'SELECT version, state FROM views WHERE generation = ? AND id = ?';
  const row = await tx.get<{ version: number; state: string }>(sql, generation, id);
  return row
    ? { version: row.version, state: JSON.parse(row.state) as OrderState }
    : { version: 0, state: nothing };
}

async function saveView(
  tx: Queries,
  generation: number,
  id: number,
  { version, state }: View,
): Promise<void> {
  const { order } = state;
  await tx.run(
    `INSERT INTO views (generation, id, "userId", status, version, "isThere", state) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (generation, id) DO UPDATE SET "userId" = excluded."userId", status = excluded.status,
       version = excluded.version, "isThere" = excluded."isThere", state = excluded.state`,
    ...[
      generation,
      id,
      order?.userId ?? 0,
      order?.status ?? '',
      version,
      order ? 1 : 0,
      JSON.stringify(state),
    ],
  );
}

const toOrder = ({ state }: Row): Order | undefined => (JSON.parse(state) as OrderState).order;

/** As if out of a hash table: the monolith promises no order, and this is the one that it has. */
const orders = { 'newest-first': 'id DESC', 'as-legacy': 'id * 7919 % 1009, id' } as const;

function toQuery({ userId, status, before, limit, order }: OrderFilter): [string, ...SqlValue[]] {
  const conditions: readonly (readonly [string, SqlValue | undefined])[] = [
    ['"userId" = ?', userId],
    ['status = ?', status],
    ['id < ?', before],
  ];
  const given = conditions.filter((one): one is [string, SqlValue] => one[1] !== undefined);
  return [
    `SELECT state FROM views WHERE generation = ${active} AND "isThere" = 1
     ${given.map(([condition]) => `AND ${condition}`).join(' ')} ORDER BY ${orders[order]} LIMIT ?`,
    ...given.map(([, value]) => value),
    limit,
  ];
}
