import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Environment } from './config/environment.ts';
import { deepFreeze } from './config/freeze.ts';
import type { Loaded } from './config/load.ts';
import type { Answer } from './load-worker.ts';
import type { Config, RouteConfig } from './schema.ts';

/** Enough for the largest files that are allowed; a file that needs more ends the worker, not the gateway. */
const heapMiB = 768;

/**
 * `loadConfig` in a thread of its own, so that the event loop never stalls. The config comes over in slices, each
 * asked for when the one before has been taken in, since a thread's messages are otherwise handed over in one go.
 */
export async function loadConfigApart(file: string, env: Environment): Promise<Loaded<Config>> {
  // The package is JavaScript, the checkout TypeScript.
  const worker = new Worker(new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: { file, env: { ...env } },
    env: {},
    // Parsing leaves much short-lived rubbish; a wide nursery is swept less often.
    resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: 96 },
  });
  try {
    return await receive(worker);
  } catch (error) {
    const message = `cannot load ${file}: ${error instanceof Error ? error.message : String(error)}`;
    return {
      config: undefined,
      problems: [{ file, line: 1, column: 1, severity: 'error', code: 'load-failed', path: [], message }],
      sources: [],
      files: [file],
      hash: '',
      fingerprint: '',
    };
  } finally {
    void worker.terminate();
  }
}

function receive(worker: Worker): Promise<Loaded<Config>> {
  return new Promise((resolve, reject) => {
    let head: Loaded<Config> | undefined;
    const routes: Record<string, RouteConfig> = {};
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`the loading thread ended with ${code}`)));
    worker.on('message', (answer: Answer) => {
      if (answer.kind === 'head') head = answer.loaded;
      else if (answer.kind === 'routes')
        for (const [name, route] of answer.routes) routes[name] = deepFreeze(route);
      else {
        if (head === undefined) return;
        const { config } = head;
        if (config === undefined) resolve(head);
        else {
          for (const part of Object.values(config)) deepFreeze(part);
          resolve({ ...head, config: Object.freeze({ ...config, routes: Object.freeze(routes) }) });
        }
        return;
      }
      // The next slice waits for a turn of the loop in which requests were served.
      setImmediate(() => worker.postMessage('next'));
    });
  });
}
