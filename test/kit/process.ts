import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A gateway in a process of its own, as users run it: for signals, memory and exit codes. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly adminUrl: string;
  readonly file: string;
  readonly child: ChildProcess;
  /** All that it wrote so far. */
  readonly output: () => string;
  /** Resident set in bytes. */
  memory(): Promise<number>;
  /** The exit code, once it has ended. */
  readonly exited: Promise<number | null>;
  /** Another process over the same folder, with further arguments. The folder goes with the last of them. */
  restart(args?: readonly string[]): Promise<GatewayProcess>;
}

export const root = resolve(import.meta.dirname, '../..');

/**
 * @param yaml a routes.yaml without `listen`, `admin` and `store`. Rejects with the output if it does not start.
 * @param args of `figway start`.
 */
export async function startGatewayProcess(
  yaml: string,
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<GatewayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'figway-'));
  await writeFile(
    join(folder, 'routes.yaml'),
    `listen: { gateway: "127.0.0.1:0" }\nadmin: { listen: "127.0.0.1:0" }\nstore: { path: ${JSON.stringify(join(folder, 'figway.db'))} }\n${yaml}`,
  );
  return start(folder, env, args);
}

async function start(
  folder: string,
  env: Record<string, string>,
  args: readonly string[],
): Promise<GatewayProcess> {
  const file = join(folder, 'routes.yaml');
  const child = spawn(process.execPath, [join(root, 'gateway/main.ts'), 'start', '--config', file, ...args], {
    env: { ...process.env, FIGWAY_STORE: join(folder, 'figway.db'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const take = (chunk: Buffer): void => {
    output += chunk;
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  const urls = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /listens on (http:\/\/[\d.:]+), admin port on (http:\/\/[\d.:]+)/.exec(output);
      if (found !== null) resolve(found);
    });
    child.once('close', code => reject(new Error(`exited with ${code}:\n${output}`)));
  });
  return {
    url: urls[1] ?? '',
    adminUrl: urls[2] ?? '',
    file,
    child,
    output: () => output,
    exited,
    async memory() {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) * 1024;
    },
    restart: (more = []) => start(folder, env, more),
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
