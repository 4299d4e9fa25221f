import { execFileSync } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Cores that this process had at its start, before it left the one of the proxy. */
export const cores = os.availableParallelism();

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory: string;
  readonly system: string;
  readonly node: string;
  /** Open files that a process may have. */
  readonly openFiles: number;
}

/** Where else than on the PATH servers are installed. */
const alsoIn = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/opt/homebrew/bin'];

/** The file of an installed program; undefined if there is none. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...alsoIn];
  return folders
    .map(folder => path.join(folder, name))
    .find(file => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The first line that a program prints about itself, on either stream; wrk exits with 1 after it. */
export function versionOf(file: string, ...args: string[]): string {
  try {
    const quoted = [file, ...args].map(part => `'${part}'`).join(' ');
    const said = execFileSync('sh', ['-c', `${quoted} 2>&1 || true`], { encoding: 'utf8', timeout: 5000 });
    return /\d+\.\d+(\.\d+)?/.exec(said)?.[0] ?? 'unknown';
  } catch {
    return 'unknown';
  }
}

/** The version of an installed npm package. */
export function packageVersion(name: string): string {
  const file = path.join(import.meta.dirname, '../../node_modules', name, 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')).version;
}

function openFiles(): number {
  try {
    const said = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
    return said === 'unlimited' ? Number.POSITIVE_INFINITY : Number(said);
  } catch {
    return 1024;
  }
}

export const describeMachine = (): Machine => ({
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores,
  memory: `${Math.round(os.totalmem() / 1024 ** 3)} GiB`,
  system: `${os.type()} ${os.release()} ${os.arch()}`,
  node: process.version,
  openFiles: openFiles(),
});

/** Who runs where. */
export type Role = 'proxy' | 'load' | 'upstream';

/**
 * The core of a role: the proxy has core 0 for itself, the load core 1, the upstream core 2 where there is one,
 * else it shares core 1. Undefined: not pinned.
 */
export function coreFor(role: Role, cores: number): number | undefined {
  if (cores < 2) return undefined;
  if (role === 'proxy') return 0;
  return role === 'upstream' && cores > 2 ? 2 : 1;
}
