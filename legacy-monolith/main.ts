/**
 * Starts the monolith: `LEGACY_LISTEN` (127.0.0.1:4000), `LEGACY_DATABASE` (data/legacy.db), and
 * `LEGACY_INTERNAL_TOKEN`, the secret of `/internal` (at least 16 characters; without it nothing is there).
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { startMonolith } from './monolith.ts';

const listen = process.env.LEGACY_LISTEN ?? '127.0.0.1:4000';
const database = process.env.LEGACY_DATABASE ?? 'data/legacy.db';
const token = process.env.LEGACY_INTERNAL_TOKEN || undefined;
const colon = listen.lastIndexOf(':');

try {
  if (token && token.length < 16) {
    throw new Error(`LEGACY_INTERNAL_TOKEN: expected at least 16 characters, got ${token.length}`);
  }
  mkdirSync(dirname(database), { recursive: true });
  const monolith = await startMonolith({
    host: listen.slice(0, colon),
    port: Number(listen.slice(colon + 1)),
    database,
    ...(token !== undefined && { internalToken: token }),
  });
  console.log(`legacy listens on ${monolith.url}, database ${database}`);
  const stop = async (): Promise<void> => {
    await monolith.close();
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
} catch (error) {
  console.error(`legacy: ${describe(error)}`);
  process.exit(3);
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isTaken = 'code' in error && error.code === 'EADDRINUSE';
  return isTaken ? `the port of ${listen} is in use; LEGACY_LISTEN names another` : error.message;
}
