/** The thread that owns the SQLite file: SQLite is synchronous, and must not stop the loop that serves clients. */
import { parentPort, workerData } from 'node:worker_threads';
import { openSqliteFile, type SqliteFile } from './sqlite-file.ts';
import type { Call, Reply } from './tasks/list.ts';

/** Calls in their order, answered with as many replies; or that this thread ends. */
export type StoreRequest = readonly Call[] | 'close';
export type StoreReplies = readonly Reply[];

const path: string = workerData;
let file: SqliteFile | undefined;

function open(): SqliteFile {
  if (file !== undefined && !file.isCurrent()) forget();
  file ??= openSqliteFile(path);
  return file;
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

function run(calls: readonly Call[]): StoreReplies {
  try {
    const { replies, hasFailed } = open().run(calls);
    if (hasFailed) forget();
    return replies;
  } catch (error) {
    forget();
    const reason = error instanceof Error ? error.message : String(error);
    return calls.map(() => ({ error: reason }));
  }
}

parentPort?.on('message', (request: StoreRequest) => {
  if (request !== 'close') return parentPort?.postMessage(run(request));
  forget();
  parentPort?.close();
});
