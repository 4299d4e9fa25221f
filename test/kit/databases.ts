import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const server = 'postgres://postgres@127.0.0.1:5432';

/** Whether something accepts connections on a port of this machine. */
export const isListening = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Whether tests that need PostgreSQL are skipped: with FIGWAY_REQUIRE_SERVICES=1 they run, and fail without it. */
export const isPostgresMissing = process.env.FIGWAY_REQUIRE_SERVICES !== '1' && !(await isListening(5432));

/** An empty place for tables of a test's own, gone after use: what `openDatabase` and services take. */
export interface EmptyStore extends AsyncDisposable {
  readonly kind: 'sqlite' | 'postgres';
  readonly options: { readonly file: string } | { readonly url: string };
}

export const storeKinds = [
  { kind: 'sqlite', isMissing: false },
  { kind: 'postgres', isMissing: isPostgresMissing },
] as const;

export async function openEmptyStore(kind: EmptyStore['kind']): Promise<EmptyStore> {
  if (kind === 'sqlite') {
    const folder = await mkdtemp(join(tmpdir(), 'figway-store-'));
    return {
      kind,
      options: { file: join(folder, 'store.db') },
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  }
  const name = `figway_test_${randomBytes(6).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name}`);
  return {
    kind,
    options: { url: `${server}/${name}` },
    [Symbol.asyncDispose]: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function onServer(sql: string): Promise<void> {
  const client = new pg.Client(`${server}/postgres`);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
