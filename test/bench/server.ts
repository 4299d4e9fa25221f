import path from 'node:path';
import {
  type Child,
  type Children,
  type FirstRequest,
  freePort,
  type SpawnOptions,
  untilAnswers,
} from './children.ts';

/** A server under test, or the upstream behind it, on loopback. */
export interface Server {
  readonly child: Child;
  readonly port: number;
}

/** What is asked for wherever the path does not matter. */
export const itemPath = '/items/42';

export const here = import.meta.dirname;

/** Starts `command` on a free port, and waits for its first answer. */
export async function openServer(
  children: Children,
  command: string,
  toArgs: (port: number) => readonly string[],
  options: SpawnOptions,
  first: FirstRequest = { path: itemPath },
): Promise<Server> {
  const port = await freePort();
  const child = children.spawn(command, toArgs(port), options);
  await untilAnswers(child, port, first);
  return { child, port };
}

/** Starts a server written for Node, from peers/: `node <file> <port> <…args>`. */
export const openScript = (
  children: Children,
  file: string,
  args: readonly (string | number)[],
  options: SpawnOptions,
  first?: FirstRequest,
): Promise<Server> =>
  openServer(
    children,
    process.execPath,
    port => [path.join(here, 'peers', file), String(port), ...args.map(String)],
    options,
    first,
  );
