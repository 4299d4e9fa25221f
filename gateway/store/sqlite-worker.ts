/** The thread that owns the SQLite file: SQLite is synchronous, and must not stop the loop that serves clients. */
import { parentPort, workerData } from 'node:worker_threads';
import type { StoreCalls } from './sqlite-calls.ts';
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts';

export interface StoreRequest {
  readonly id: number;
  readonly method: keyof StoreCalls | 'close';
  readonly given: readonly unknown[];
}

export type StoreReply =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: string };

const path: string = workerData;
let file: SqliteFile | undefined;

function run({ method, given }: StoreRequest): unknown {
  if (method === 'close') {
    file?.close();
    return parentPort?.close();
  }
  if (file !== undefined && !file.isCurrent()) forget();
  file ??= openSqliteFile(path);
  return (file.calls[method] as (...given: readonly unknown[]) => unknown)(...given);
}

/** Opens anew on the next call: the file may have been repaired or put back by then. */
function forget(): void {
  const old = file;
  file = undefined;
  try {
    old?.close();
  } catch {
    // A handle on a broken file; there is nothing left to save.
  }
}

parentPort?.on('message', (request: StoreRequest) => {
  const { id } = request;
  try {
    parentPort?.postMessage({ id, value: run(request) } satisfies StoreReply);
  } catch (error) {
    forget();
    const reason = error instanceof Error ? error.message : String(error);
    parentPort?.postMessage({ id, error: reason } satisfies StoreReply);
  }
});
