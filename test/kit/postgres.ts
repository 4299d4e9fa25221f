import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Where tests find a PostgreSQL in which they may create databases. */
const server = process.env.FIGWAY_TEST_POSTGRES ?? 'postgres://postgres@127.0.0.1:5432/postgres';

const isThere = await ask(server, 'SELECT 1').then(
  () => true,
  () => false,
);

/** Whether tests that need PostgreSQL are skipped. With FIGWAY_REQUIRE_SERVICES=1 they run, and fail without one. */
export const isPostgresMissing = process.env.FIGWAY_REQUIRE_SERVICES !== '1' && !isThere;

/** A database of the test's own. */
export interface Database extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** The same through another port of this machine: a proxy. */
  urlAt(port: number): string;
  ask(sql: string): Promise<readonly Record<string, unknown>[]>;
}

export async function openDatabase(): Promise<Database> {
  const name = `figway_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(server);
  await ask(server, `CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  return {
    name,
    url: url.href,
    port: Number(url.port || 5432),
    urlAt(port) {
      const through = new URL(url);
      through.hostname = '127.0.0.1';
      through.port = String(port);
      return through.href;
    },
    ask: sql => ask(url.href, sql),
    async [Symbol.asyncDispose]() {
      await ask(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const result = await client.query(sql);
    return Array.isArray(result) ? [] : result.rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
