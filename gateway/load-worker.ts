/** The thread in which `load-apart.ts` loads: reads once, then hands over a slice for each `next`. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Environment } from './config/environment.ts';
import type { Loaded } from './config/load.ts';
import { type Config, loadConfig, type RouteConfig } from './schema.ts';

/** Routes that come over at once: what the main thread takes in within a millisecond or two. */
const slice = 100;

export type Answer =
  /** All but the routes. */
  | { readonly kind: 'head'; readonly loaded: Loaded<Config> }
  | { readonly kind: 'routes'; readonly routes: readonly (readonly [string, RouteConfig])[] }
  | { readonly kind: 'end' };

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

const { file, env } = workerData as { file: string; env: Environment };
const port = parentPort;
if (port === null) throw new TypeError('load-worker.ts runs in a worker thread');
const queue = answers(await loadConfig(file, env));
const send = (): void => {
  const next = queue.next();
  if (!next.done) port.postMessage(next.value);
};
port.on('message', send);
send();
