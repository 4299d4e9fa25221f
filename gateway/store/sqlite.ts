import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, systemClock } from '../core/clock.ts';
import { type CallStore, createFace } from './face.ts';
import { type Backend, createLanes } from './lanes.ts';
import type { StoreReplies, StoreRequest } from './sqlite-worker.ts';
import type { Store } from './store.ts';

/** How long a thread is waited for that should end, milliseconds. */
const patience = 5000;

/** A store in one SQLite file, spoken to through a thread of its own. The file is opened by the first call. */
export function createSqliteStore(path: string, clock: Clock = systemClock): Store {
  const lanes = createLanes({
    name: `store ${path}`,
    backend: createThread(path, clock),
    ways: [['vital', 'steady', 'bulk']],
    clock,
  });
  return createFace({
    call: ((name, given, bytes = 1024) => lanes.call(name, given, bytes)) as CallStore,
    status: () => ({
      kind: 'sqlite',
      isAway: lanes.failure !== undefined,
      detail: lanes.failure ?? path,
    }),
    close: lanes.close,
  });
}

interface Waiting {
  resolve(replies: StoreReplies): void;
  reject(error: Error): void;
}

/** One request at a time; a thread that was lost is started again by the next. */
function createThread(path: string, clock: Clock): Backend {
  let worker: Worker | undefined;
  let waiting: Waiting | undefined;

  function start(): Worker {
    // The extension is this file's own: `.ts` in the project, `.js` in the package.
    const source = new URL(`./sqlite-worker${extname(import.meta.url)}`, import.meta.url);
    const started = new Worker(source, { workerData: path, name: 'store', execArgv: [] });
    const lose = (reason: string): void => {
      if (worker !== started) return;
      worker = undefined;
      waiting?.reject(new Error(reason));
    };
    started.on('message', (replies: StoreReplies) => {
      // A pending answer keeps the process alive, an idle store does not.
      started.unref();
      waiting?.resolve(replies);
    });
    started.on('error', error => lose(error instanceof Error ? error.message : String(error)));
    started.on('exit', () => lose('its thread ended'));
    return started;
  }

  return {
    run: calls =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject };
        worker ??= start();
        worker.ref();
        worker.postMessage(calls satisfies StoreRequest);
      }),
    async close() {
      const ending = worker;
      if (ending === undefined) return;
      worker = undefined;
      ending.ref();
      const ended = new Promise(resolve => ending.once('exit', resolve));
      ending.postMessage('close' satisfies StoreRequest);
      const cancel = clock.after(patience, () => void ending.terminate());
      await ended;
      cancel();
    },
  };
}
