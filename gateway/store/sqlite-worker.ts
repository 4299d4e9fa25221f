/** The thread that owns the SQLite file: SQLite is synchronous, and must not stop the loop that serves clients. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
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
  return (open().calls[method] as (...given: readonly unknown[]) => unknown)(...given);
}

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

/** Calls that are written together at most. */
const batchBound = 1000;

/** What has come meanwhile goes into the same transaction: one wait for the disk instead of many. */
function takeBatch(first: StoreRequest): readonly StoreRequest[] {
  const batch = [first];
  while (parentPort !== null && batch.length < batchBound) {
    const next = receiveMessageOnPort(parentPort);
    if (next === undefined) break;
    batch.push(next.message);
  }
  return batch;
}

/** All in one transaction, or undefined if that failed: then nothing of it was done. */
function tryTogether(batch: readonly StoreRequest[]): readonly StoreReply[] | undefined {
  if (batch.length === 1 || batch.some(({ method }) => method === 'close')) return undefined;
  try {
    return open().together(() => batch.map(request => ({ id: request.id, value: run(request) })));
  } catch {
    forget();
    return undefined;
  }
}

function answer(request: StoreRequest): StoreReply {
  const { id } = request;
  try {
    return { id, value: run(request) };
  } catch (error) {
    forget();
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', (first: StoreRequest) => {
  const batch = takeBatch(first);
  const replies = tryTogether(batch);
  if (replies === undefined) for (const request of batch) parentPort?.postMessage(answer(request));
  else for (const reply of replies) parentPort?.postMessage(reply);
});
