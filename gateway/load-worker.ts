/**
 * The thread in which `load-apart.ts` loads: for each `load` it reads, then hands over a slice for each `next`;
 * for each `edit` it says what the files would be.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Environment } from './config/environment.ts';
import type { Loaded } from './config/load.ts';
import { EditRefused, editStage } from './edit-stage.ts';
import type { Ask, EditOutcome } from './load-apart.ts';
import { type Config, loadConfig, type RouteConfig } from './schema.ts';

/** Routes that come over at once: what the main thread takes in within a millisecond or two. */
const slice = 100;

export type Answer =
  /** All but the routes. */
  | { readonly kind: 'head'; readonly loaded: Loaded<Config> }
  | { readonly kind: 'routes'; readonly routes: readonly (readonly [string, RouteConfig])[] }
  | { readonly kind: 'end' }
  | { readonly kind: 'edited'; readonly outcome: EditOutcome }
  | { readonly kind: 'edit-refused'; readonly message: string };

function* answers(loaded: Loaded<Config>): Generator<Answer> {
  const { config } = loaded;
  if (config === undefined) yield { kind: 'head', loaded };
  else {
    yield { kind: 'head', loaded: { ...loaded, config: { ...config, routes: {} } } };
    const routes = Object.entries(config.routes);
    for (let at = 0; at < routes.length; at += slice)
      yield { kind: 'routes', routes: routes.slice(at, at + slice) };
  }
  yield { kind: 'end' };
}

async function edit({ sources, change }: Extract<Ask, { kind: 'edit' }>): Promise<Answer> {
  try {
    const { files, loaded } = await editStage(sources, env, change);
    const errors = loaded.problems.filter(problem => problem.severity === 'error');
    return { kind: 'edited', outcome: { files, errors } };
  } catch (error) {
    if (error instanceof EditRefused) return { kind: 'edit-refused', message: error.message };
    throw error;
  }
}

const { file, env } = workerData as { file: string; env: Environment };
const port = parentPort;
if (port === null) throw new TypeError('load-worker.ts runs in a worker thread');
let queue: Generator<Answer> | undefined;

port.on('message', async (ask: Ask) => {
  if (ask.kind === 'edit') return port.postMessage(await edit(ask));
  if (ask.kind === 'load') queue = answers(await loadConfig(file, env));
  const step = queue?.next();
  if (step?.done === false) port.postMessage(step.value);
  else queue = undefined;
});
