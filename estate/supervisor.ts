import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { HttpClient } from '../extracted-services/chassis/http-client.ts';
import type { ProcessSpec } from './processes.ts';

/** A process that was started. */
export interface Running {
  readonly spec: ProcessSpec;
  readonly child: ChildProcess;
  readonly log: string;
}

/** A process that ended before it was ready. */
export class StartFailed extends Error {
  override readonly name = 'StartFailed';
  readonly exitCode: number;
  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

const startTimeout = 30_000;
/** Longer than the gateway's own drain of 30 seconds. */
const stopTimeout = 35_000;

/** Starts one process. Its output goes to `<logs>/<name>.log`, begun anew. */
export function spawnProcess(spec: ProcessSpec, logs: string): Running {
  mkdirSync(logs, { recursive: true });
  const log = join(logs, `${spec.name}.log`);
  const output = openSync(log, 'w');
  const child = spawn(process.execPath, spec.args, {
    env: { ...process.env, ...spec.env },
    stdio: ['ignore', output, output],
    // A group of its own: Ctrl-C in a terminal reaches the launcher alone, which stops them in order.
    detached: true,
  });
  closeSync(output);
  return { spec, child, log };
}

/** Rejects with StartFailed if something listens already where this process is about to. */
export async function refuseTakenPorts({ name, listens }: ProcessSpec): Promise<void> {
  for (const [variable, address] of Object.entries(listens)) {
    const { hostname, port } = new URL(`http://${address}`);
    if (await accepts(hostname.replace(/[[\]]/g, ''), Number(port || 80))) {
      throw new StartFailed(
        `${name}: ${address} is in use, by another npm start perhaps; ${variable} names another address`,
        3,
      );
    }
  }
}

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(1000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/**
 * Resolves when the process answers its health check, asked by `client`; rejects with StartFailed if it ends before, or
 * never does.
 */
export async function untilHealthy({ spec, child, log }: Running, client: HttpClient): Promise<void> {
  const deadline = Date.now() + startTimeout;
  while (!(await isHealthy(spec.health, client))) {
    if (hasEnded(child)) throw new StartFailed(lastWords(log, spec.name), child.exitCode ?? 1);
    if (Date.now() > deadline) {
      throw new StartFailed(`${spec.name}: not healthy after ${startTimeout / 1000} s at ${spec.health}`, 1);
    }
    await setTimeout(50);
  }
}

async function isHealthy(url: string, client: HttpClient): Promise<boolean> {
  const signal = AbortSignal.timeout(1000);
  try {
    const { status } = await client.send({ url: new URL(url), method: 'GET', headers: {}, signal });
    return status === 200;
  } catch {
    return false;
  }
}

/** What a process wrote last, which is where a refusal to start says why. */
function lastWords(log: string, name: string): string {
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
  return lines === '' ? `${name} ended without a word` : lines;
}

export const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

/** Asks a process to end, waits, and ends it if it does not. */
export async function stopProcess({ child }: Running): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const stopped = new AbortController();
  const late = setTimeout(stopTimeout, undefined, { signal: stopped.signal }).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  );
  await ended;
  stopped.abort();
  await late;
}
