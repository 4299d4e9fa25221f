import type { Queries } from '../chassis/database/database.ts';
import type { OrderEvent } from './events.ts';
import { evolve, nothing } from './evolve.ts';
import { type Stream, VersionConflict } from './repository.ts';
import { toStored, upcast } from './upcast.ts';

/** An event with its place among all, and among those of its order. */
export interface Recorded {
  readonly position: number;
  readonly orderId: number;
  readonly version: number;
  readonly event: OrderEvent;
}

interface Row extends Omit<Recorded, 'event'> {
  readonly type: string;
  readonly schema: number;
  readonly at: string;
  readonly data: string;
}

const toRecorded = ({ position, orderId, version, data, ...row }: Row): Recorded => ({
  ...{ position, orderId, version },
  event: upcast({ ...row, data: JSON.parse(data) as Record<string, unknown> }),
});

export async function loadStream(queries: Queries, id: number): Promise<Stream> {
  const rows = await queries.all<Row>('SELECT * FROM events WHERE "orderId" = ? ORDER BY version', id);
  const state = rows.map(toRecorded).reduce((known, { event }) => evolve(known, event, id), nothing);
  return { state, version: rows.length };
}

/** In the order of positions, which have no gaps: an event with a lower one never comes later. */
export async function eventsAfter(
  queries: Queries,
  position: number,
  limit: number,
): Promise<readonly Recorded[]> {
  const sql = 'SELECT * FROM events WHERE position > ? ORDER BY position LIMIT ?';
  return (await queries.all<Row>(sql, position, limit)).map(toRecorded);
}

/** Adds to a stream that has `expected` events; throws a VersionConflict if it has others. */
export async function appendEvents(
  tx: Queries,
  id: number,
  expected: number,
  events: readonly OrderEvent[],
): Promise<void> {
  // The counter comes first: from here on there is one writer, so positions are committed in their order.
  const last = await count(tx, 'position', events.length);
  const sql = 'SELECT count(*) AS version FROM events WHERE "orderId" = ?';
  const version = (await tx.get<{ version: number }>(sql, id))?.version ?? 0;
  if (version !== expected) {
    throw new VersionConflict(`order ${id}: expected ${expected} events, found ${version}`);
  }
  for (const [index, event] of events.entries()) {
    const { type, schema, at, data } = toStored(event);
    await tx.run(
      'INSERT INTO events (position, "orderId", version, type, schema, at, data) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[last - events.length + index + 1, id, expected + index + 1, type, schema, at, JSON.stringify(data)],
    );
  }
}

/** Counts on, and resolves with the number that it has come to. */
export async function count(tx: Queries, name: 'position' | 'order', by: number): Promise<number> {
  const sql = 'UPDATE counters SET value = value + ? WHERE name = ? RETURNING value';
  const row = await tx.get<{ value: number }>(sql, by, name);
  if (!row) throw new Error(`there is no counter ${name}`);
  return row.value;
}
