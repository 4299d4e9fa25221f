import { createLog } from './log.ts';
import type { Service } from './service.ts';

/**
 * A service as a process: starts it, says where it listens, and stops it on SIGTERM or SIGINT with exit 0; a second
 * signal ends it at once. What keeps it from starting is one line on stderr and exit 3.
 */
export async function runService(name: string, start: () => Promise<Service>): Promise<void> {
  const log = createLog(name, line => console.log(line));
  const service = await orExit(name, start);
  log('info', 'listening', { url: service.url });
  let isStopping = false;
  const stop = async (): Promise<void> => {
    if (isStopping) process.exit(1);
    isStopping = true;
    await service.close();
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** What `work` resolves with; if it rejects, one line on stderr and exit 3. */
export async function orExit<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    console.error(`${name}: ${describe(name, error)}`);
    process.exit(3);
  }
}

function describe(name: string, error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error) || error.code !== 'EADDRINUSE') return error.message;
  const variable = `${name.toUpperCase().replaceAll('-', '_')}_LISTEN`;
  const { address, port } = error as Error & { address?: string; port?: number };
  return `${address}:${port} is in use; ${variable} names another address`;
}
