import { type Clock, systemClock } from '../core/clock.ts';
import { type CallStore, createFace } from './face.ts';
import { type Backend, createLanes } from './lanes.ts';
import { type Connection, ConnectionLost, openConnections } from './postgres-pool.ts';
import { migrateSchema } from './postgres-schema.ts';
import type { Store } from './store.ts';
import type { Task } from './task.ts';
import { begin, type Call, type Reply, tasks } from './tasks/list.ts';

/** Milliseconds before the deadline of its calls at which a connection is given up. Connecting has 2 s of its own. */
const margin = 500;

/**
 * A store in the schema `figway` of a PostgreSQL database, which several gateways may share. It connects by itself, and
 * anew after it was away; no call waits longer than its deadline.
 */
export function createPostgresStore(url: string, clock: Clock = systemClock): Store {
  const place = toPlace(url);
  const lanes = createLanes({
    name: `store ${place}`,
    backend: createBackend(url, clock),
    // Holds never wait for comparisons.
    ways: [['vital'], ['steady', 'bulk']],
    clock,
  });
  return createFace({
    call: ((name, given, bytes = 1024) => lanes.call(name, given, bytes)) as CallStore,
    status: () => ({
      kind: 'postgres',
      isAway: lanes.failure !== undefined,
      detail: lanes.failure === undefined ? place : `${place}: ${lanes.failure}`,
    }),
    close: lanes.close,
  });
}

/** Without user and password: `127.0.0.1:5432/shop`. */
function toPlace(url: string): string {
  const { hostname = '', port = '', pathname = '' } = URL.parse(url) ?? {};
  return `${hostname || 'localhost'}:${port || '5432'}${pathname}`;
}

function createBackend(url: string, clock: Clock): Backend {
  const connections = openConnections(url);
  let isMigrated = false;

  return {
    async run(calls, deadline) {
      const patience = deadline - margin;
      const connection = await connections.connect();
      let isLate = false;
      const cancel = clock.after(patience, () => {
        isLate = true;
        connection.cut();
      });
      try {
        if (!isMigrated) await migrateSchema(connection);
        isMigrated = true;
        return await runTogether(connection, calls);
      } catch (error) {
        // The schema may be gone: the database was restored, or is another one.
        isMigrated = false;
        throw isLate ? new Error(`no answer within ${patience / 1000} s`) : error;
      } finally {
        cancel();
        connection.release();
      }
    },
    close: connections.close,
  };
}

/** In one transaction, or each call in its own where that failed. Rejects with `ConnectionLost`. */
async function runTogether(connection: Connection, calls: readonly Call[]): Promise<readonly Reply[]> {
  try {
    return await inTransaction(connection, calls);
  } catch (error) {
    if (error instanceof ConnectionLost || isTablesLost(error)) throw error;
    if (calls.length === 1) return [toFailure(error)];
  }
  const replies: Reply[] = [];
  for (const call of calls)
    try {
      replies.push(...(await inTransaction(connection, [call])));
    } catch (error) {
      if (error instanceof ConnectionLost) throw error;
      replies.push(toFailure(error));
    }
  return replies;
}

async function inTransaction(connection: Connection, calls: readonly Call[]): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  const writes = calls.some(({ name }) => tasks[name].writes);
  await connection.command(writes ? 'BEGIN' : 'BEGIN READ ONLY');
  try {
    for (const call of calls) replies.push({ value: await drive(begin(call), connection) });
    await connection.command('COMMIT');
    return replies;
  } catch (error) {
    if (!(error instanceof ConnectionLost)) await connection.command('ROLLBACK');
    throw error;
  }
}

async function drive(task: Task<unknown>, connection: Connection): Promise<unknown> {
  let step = task.next([]);
  while (!step.done) step = task.next(await connection.ask(step.value));
  return step.value;
}

const toFailure = (error: unknown): Reply => ({
  error: error instanceof Error ? error.message : String(error),
});

/** SQLSTATE of a table or a schema that is not there. */
const isTablesLost = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '3F000');
