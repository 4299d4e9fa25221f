import { setImmediate as nextTurn } from 'node:timers/promises';
import { deepFreeze } from '../config/freeze.ts';
import type { Good } from '../live.ts';
import type { Config, RouteConfig } from '../schema.ts';
import type { ToWorker } from './messages.ts';

/** Routes that are sent in one turn of the event loop. */
const slice = 200;

/** Sends a config in slices, so that 10,000 routes stall neither process. */
export async function sendConfig(loaded: Good, send: (message: ToWorker) => void): Promise<void> {
  const { routes, ...config } = loaded.config;
  send({ kind: 'config', loaded: { ...loaded, config: { ...config, routes: {} } } });
  const all = Object.entries(routes);
  for (let at = 0; at < all.length; at += slice) {
    send({ kind: 'routes', routes: all.slice(at, at + slice) });
    await nextTurn();
  }
  send({ kind: 'run' });
}

/** Puts it together again. */
export interface ConfigIntake {
  begin(loaded: Good): void;
  add(routes: readonly (readonly [string, RouteConfig])[]): void;
  /** Frozen, as a config is. */
  take(): Good;
}

export function createConfigIntake(): ConfigIntake {
  let head: Good | undefined;
  let routes: Record<string, RouteConfig> = {};
  return {
    begin(loaded) {
      head = loaded;
      routes = {};
    },
    add(more) {
      for (const [name, route] of more) routes[name] = deepFreeze(route);
    },
    take() {
      if (head === undefined) throw new TypeError('a config begins with all but its routes');
      for (const part of Object.values(head.config)) deepFreeze(part);
      const config: Config = Object.freeze({ ...head.config, routes: Object.freeze(routes) });
      return { ...head, config };
    },
  };
}
