import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the system gives out by itself, so that nothing but a test takes one that was found free. */
const first = 12_000;
const last = 32_000;

/** A port of 127.0.0.1 that nobody listens on, drawn by lot. Throws after a hundred that were taken. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = first + Math.floor(Math.random() * (last - first));
    if (await isFree(port)) return port;
  }
  throw new Error(`a hundred ports between ${first} and ${last} are taken`);
}

/** So many ports, no two the same. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>();
  while (found.size < count) found.add(await freePort());
  return [...found];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const isBound = new Promise<boolean>(resolve => {
    server.once('listening', () => resolve(true)).once('error', () => resolve(false));
  });
  server.listen(port, '127.0.0.1');
  if (!(await isBound)) return false;
  await once(server.close(), 'close');
  return true;
}
