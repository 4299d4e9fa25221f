import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { StoreCalls } from './sqlite-calls.ts';
import type { StoreReply, StoreRequest } from './sqlite-worker.ts';
import type { Store } from './store.ts';

/** Calls that may wait for the file at once; beyond, they are rejected. */
const waitingBound = 20_000;

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A store in one SQLite file, spoken to through a thread of its own. The file is opened by the first call. */
export function createSqliteStore(path: string): Store {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let isClosed = false;
  let lastId = 0;
  let failure: string | undefined;

  const toError = (reason: string) => new Error(`store ${path} is away: ${reason}`);

  function settle(reply: StoreReply): void {
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) worker?.unref();
    failure = 'error' in reply ? reply.error : undefined;
    if ('error' in reply) caller?.reject(toError(reply.error));
    else caller?.resolve(reply.value);
  }

  function lose(ended: Worker, reason: string): void {
    if (worker !== ended) return;
    worker = undefined;
    if (waiting.size > 0) failure = reason;
    for (const { reject } of waiting.values()) reject(toError(reason));
    waiting.clear();
  }

  function start(): Worker {
    // The extension is this file's own: `.ts` in the project, `.js` in the package.
    const source = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url);
    const started = new Worker(source, { workerData: path, name: 'store', execArgv: [] });
    started.on('message', settle);
    started.on('error', error => lose(started, error instanceof Error ? error.message : String(error)));
    started.on('exit', () => lose(started, 'its thread ended'));
    return started;
  }

  function call(method: StoreRequest['method'], given: readonly unknown[]): Promise<unknown> {
    if (isClosed && method !== 'close') return Promise.reject(toError('it was closed'));
    if (waiting.size >= waitingBound)
      return Promise.reject(toError(`${waitingBound} calls are waiting for it`));
    worker ??= start();
    // A pending answer keeps the process alive, an idle store does not.
    worker.ref();
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      worker?.postMessage({ id, method, given } satisfies StoreRequest);
    });
  }

  const through =
    <Name extends keyof StoreCalls>(method: Name) =>
    (...given: Parameters<StoreCalls[Name]>) =>
      call(method, given) as Promise<ReturnType<StoreCalls[Name]>>;

  return {
    holds: through('holds'),
    hold: through('hold'),
    release: through('release'),
    moves: through('moves'),
    record: through('record'),
    lastGood: through('lastGood'),
    keepLastGood: through('keepLastGood'),
    status: () => ({ kind: 'sqlite', isAway: failure !== undefined, detail: failure ?? path }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      if (worker === undefined) return;
      await call('close', []).catch(() => undefined);
    },
  };
}
