import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Environment } from './config/environment.ts';
import { deepFreeze } from './config/freeze.ts';
import type { Loaded } from './config/load.ts';
import type { Problem } from './config/problem.ts';
import { type Clock, systemClock } from './core/clock.ts';
import { type EditedFile, EditRefused, type StageEdit } from './edit-stage.ts';
import type { Answer } from './load-worker.ts';
import type { Config, RouteConfig } from './schema.ts';

/** Loads a config in a thread of its own, so that the event loop never stalls. */
export interface Loader {
  /** `loadConfig` of the file. One call at a time. Rejects for nothing: what is wrong is a problem. */
  load(): Promise<Loaded<Config>>;
  /** What the files would be after a move. Writes nothing; rejects with EditRefused where it cannot be made. */
  edit(sources: Loaded<Config>['sources'], change: StageEdit): Promise<EditOutcome>;
  close(): void;
}

export interface EditOutcome {
  readonly files: readonly EditedFile[];
  /** Errors that the edited files would have; then they must not be written. */
  readonly errors: readonly Problem[];
}

export type Ask =
  | { readonly kind: 'load' | 'next' }
  | { readonly kind: 'edit'; readonly sources: Loaded<Config>['sources']; readonly change: StageEdit };

/** Enough for the largest files that are allowed; a file that needs more ends the worker, not the gateway. */
const heapMiB = 768;

/** Milliseconds for which the thread waits for the next edit: starting one takes longer than loading most files. */
const linger = 30_000;

export function createLoader(file: string, env: Environment, clock: Clock): Loader {
  let worker: Worker | undefined;
  let cancelEnd = (): void => {};
  let turn: Promise<unknown> = Promise.resolve();

  const end = (): void => {
    cancelEnd();
    void worker?.terminate();
    worker = undefined;
  };

  /** Gives the thread one task. It takes them in turn, since an answer says not whose it is. */
  const ask = <T>(task: (worker: Worker) => Promise<T>): Promise<T> => {
    const result = turn.then(async () => {
      cancelEnd();
      worker ??= openWorker(file, env);
      try {
        return await task(worker);
      } catch (error) {
        if (!(error instanceof EditRefused)) end();
        throw error;
      } finally {
        cancelEnd = clock.after(linger, end);
      }
    });
    turn = result.catch(() => undefined);
    return result;
  };

  return {
    load: () => ask(receiveConfig).catch(error => failed(file, error)),
    edit: (sources, change) => ask(thread => receiveEdit(thread, { kind: 'edit', sources, change })),
    close: end,
  };
}

/** Once, for a command that reads one large file. */
export async function loadConfigApart(file: string, env: Environment): Promise<Loaded<Config>> {
  const loader = createLoader(file, env, systemClock);
  try {
    return await loader.load();
  } finally {
    loader.close();
  }
}

function openWorker(file: string, env: Environment): Worker {
  // The package is JavaScript, the checkout TypeScript.
  const worker = new Worker(new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: { file, env: { ...env } },
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: heapMiB },
  });
  worker.unref();
  return worker;
}

/**
 * Asks for one load. The config comes over in slices, each asked for when the one before has been taken in, since a
 * thread's messages are otherwise handed over in one go.
 */
function receiveConfig(worker: Worker): Promise<Loaded<Config>> {
  let head: Loaded<Config> | undefined;
  const routes: Record<string, RouteConfig> = {};
  return converse(worker, { kind: 'load' }, answer => {
    if (answer.kind === 'end') return head && whole(head, routes);
    if (answer.kind === 'head') head = answer.loaded;
    if (answer.kind === 'routes') for (const [name, route] of answer.routes) routes[name] = deepFreeze(route);
    // The next slice waits for a turn of the loop in which requests were served.
    setImmediate(() => worker.postMessage({ kind: 'next' } satisfies Ask));
    return undefined;
  });
}

const receiveEdit = (worker: Worker, ask: Ask): Promise<EditOutcome> =>
  converse(worker, ask, answer => {
    if (answer.kind === 'edit-refused') throw new EditRefused(answer.message);
    return answer.kind === 'edited' ? answer.outcome : undefined;
  });

/** Asks, and hears answers until one of them makes a result. */
function converse<T>(worker: Worker, ask: Ask, hear: (answer: Answer) => T | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      worker.off('exit', onExit).off('error', onError).off('message', onAnswer);
    };
    const onError = (error: unknown): void => {
      leave();
      reject(error);
    };
    const onExit = (code: number): void => onError(new Error(`the loading thread ended with ${code}`));
    const onAnswer = (answer: Answer): void => {
      try {
        const result = hear(answer);
        if (result === undefined) return;
        leave();
        resolve(result);
      } catch (error) {
        onError(error);
      }
    };
    worker.on('exit', onExit).on('error', onError).on('message', onAnswer);
    worker.postMessage(ask);
  });
}

function whole(head: Loaded<Config>, routes: Record<string, RouteConfig>): Loaded<Config> {
  const { config } = head;
  if (config === undefined) return head;
  for (const part of Object.values(config)) deepFreeze(part);
  return { ...head, config: Object.freeze({ ...config, routes: Object.freeze(routes) }) };
}

const failed = (file: string, error: unknown): Loaded<Config> => ({
  config: undefined,
  problems: [
    {
      file,
      line: 1,
      column: 1,
      severity: 'error',
      code: 'load-failed',
      path: [],
      message: `cannot load ${file}: ${error instanceof Error ? error.message : String(error)}`,
    },
  ],
  sources: [],
  files: [file],
  hash: '',
  fingerprint: '',
});
