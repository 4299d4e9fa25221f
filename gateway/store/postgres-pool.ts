/** Connections to PostgreSQL. The only file that knows the client, which is loaded when it is needed. */
import type { Pool, PoolClient, QueryConfig } from 'pg';
import type { Row, Statement } from './task.ts';

/** Connections at once: one for holds and moves, one for the rest, one that is being given up. */
const mostConnections = 3;

/** Milliseconds. */
const connectWithin = 2000;
const idleFor = 30_000;

/** The server ends what takes longer by itself, milliseconds. */
const settings = `SET search_path TO figway; SET statement_timeout TO 15000; SET lock_timeout TO 4000;
  SET idle_in_transaction_session_timeout TO 10000; SET client_min_messages TO warning`;

/** `int8`, as which times and counts come. */
const bigint = 20;

export interface Connection {
  /** Rejects with `ConnectionLost`, or with an error of the statement alone. */
  ask(statement: Statement): Promise<readonly Row[]>;
  /** Several statements without values. */
  command(sql: string): Promise<void>;
  /** Ends it at once; what it was asked rejects. */
  cut(): void;
  /** Gives it back. One that is lost is ended. */
  release(): void;
}

/** The statement may have been done or not. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

export interface Connections {
  connect(): Promise<Connection>;
  close(): Promise<void>;
}

/** @param url `postgres://…`. It is never shown: it may hold a password. */
export function openConnections(url: string): Connections {
  let pool: Promise<Pool> | undefined;
  const prepared = new WeakSet<PoolClient>();

  return {
    async connect() {
      pool ??= openPool(url);
      const client = await (await pool).connect();
      const connection = toConnection(client);
      if (prepared.has(client)) return connection;
      try {
        await connection.command(settings);
        prepared.add(client);
        return connection;
      } catch (error) {
        connection.cut();
        throw error;
      }
    },
    async close() {
      await (await pool)?.end();
    },
  };
}

async function openPool(url: string): Promise<Pool> {
  const { default: pg } = await import('pg');
  const pool = new pg.Pool({
    connectionString: url,
    application_name: 'figway',
    max: mostConnections,
    connectionTimeoutMillis: connectWithin,
    idleTimeoutMillis: idleFor,
    keepAlive: true,
    allowExitOnIdle: true,
    types: {
      getTypeParser: ((type: number, format: 'text') =>
        type === bigint ? Number : pg.types.getTypeParser(type, format)) as typeof pg.types.getTypeParser,
    },
  });
  // A connection that ends while nobody uses it is replaced by the next call; without a listener the process would end.
  pool.on('error', () => undefined);
  pool.on('connect', client => void client.on('error', () => undefined));
  return pool;
}

function toConnection(client: PoolClient): Connection {
  let isLost = false;
  let isReleased = false;

  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    client.release(isLost);
  };

  const send = async (query: QueryConfig): Promise<readonly Row[]> => {
    try {
      return (await client.query(query)).rows ?? [];
    } catch (error) {
      if (!isAboutStatement(error)) isLost = true;
      if (isLost) throw new ConnectionLost(error instanceof Error ? error.message : String(error));
      throw error;
    }
  };

  return {
    ask: ({ sql, values }) => send({ text: toNumbered(sql), values: values.map(toStorable) }),
    async command(sql) {
      await send({ text: sql });
    },
    cut() {
      isLost = true;
      release();
    },
    release,
  };
}

/** An answer of the server, and not that it shuts down or has ended the session (SQLSTATE class 57P, 08, 25P). */
const isAboutStatement = (error: unknown): boolean => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^[0-9A-Z]{5}$/.test(code) && !/^(?:08|57P|25P03)/.test(code);
};

const numbered = new Map<string, string>();

/** `?` as `$1`, `$2`, …; remembered, since the statements are few. */
function toNumbered(sql: string): string {
  const known = numbered.get(sql);
  if (known !== undefined) return known;
  let at = 0;
  const made = sql.replace(/\?/g, () => `$${++at}`);
  if (numbered.size > 500) numbered.clear();
  numbered.set(sql, made);
  return made;
}

/** Text of PostgreSQL cannot hold NUL. */
const toStorable = (value: unknown): unknown =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
