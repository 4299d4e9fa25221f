import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { coreFor, cores, findProgram, type Role } from './machine.ts';

const taskset = findProgram('taskset');
/** Most that is kept of what a child says. */
const keptText = 1_000_000;

function canTaskset(...args: string[]): boolean {
  if (taskset === undefined) return false;
  try {
    execFileSync(taskset, args, { stdio: 'ignore', timeout: 5000 });
    return true;
  } catch {
    return false;
  }
}

/** Whether the cores can be given out here. */
export const isPinned = cores > 1 && canTaskset('-c', '0', process.execPath, '--version');

/** Moves this process off the core of the proxy, so that watching does not disturb what is watched. */
export function leaveProxyCore(): void {
  if (isPinned) canTaskset('-acp', String(coreFor('load', cores)), String(process.pid));
}

export interface SpawnOptions {
  /** Pins the process to the core of this role; without it all cores are its. */
  readonly role?: Role | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** Collect stdout; else it goes to the null device, as cheap as it can be. */
  readonly hasOutput?: boolean;
  /** The process answers messages: probe.ts is loaded into it, or it is idle-clients.ts. */
  readonly isAsked?: boolean;
}

export interface Child {
  readonly pid: number;
  /** The exit code; 1 if a signal ended it. */
  readonly exited: Promise<number>;
  isRunning(): boolean;
  /** What it wrote so far: stderr, and stdout where it is collected. */
  said(): string;
  /** stdout alone. */
  output(): string;
  /** Sends a message and waits for the answer, for at most ten seconds. */
  ask<Answer>(): Promise<Answer>;
  stop(): Promise<void>;
}

export interface Finished {
  readonly code: number;
  readonly output: string;
  readonly said: string;
  readonly ms: number;
}

/** All processes and the temp folder of a run. None outlives it, whatever ends it. */
export interface Children {
  readonly folder: string;
  spawn(command: string, args: readonly string[], options?: SpawnOptions): Child;
  /** Runs a command to its end, for at most `seconds`. */
  run(command: string, args: readonly string[], seconds: number, options?: SpawnOptions): Promise<Finished>;
  /** Ends every process that runs. */
  stop(): Promise<void>;
  close(): void;
}

function pinned(command: string, args: readonly string[], role: Role | undefined): [string, string[]] {
  if (taskset === undefined || !isPinned) return [command, [...args]];
  const list = role === undefined ? `0-${cores - 1}` : String(coreFor(role, cores));
  return [taskset, ['-c', list, command, ...args]];
}

function toChild(child: ChildProcess): Child {
  let said = '';
  let output = '';
  const keep = (text: string, chunk: unknown): string => (text + String(chunk)).slice(-keptText);
  child.stderr?.on('data', chunk => {
    said = keep(said, chunk);
  });
  child.stdout?.on('data', chunk => {
    output = keep(output, chunk);
  });
  const exited = new Promise<number>(resolve => {
    child.once('error', error => {
      said += error.message;
      resolve(1);
    });
    child.once('close', code => resolve(code ?? 1));
  });
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    pid: child.pid ?? 0,
    exited,
    isRunning,
    said: () => said + output,
    output: () => output,
    async ask() {
      const answer = once(child, 'message', { signal: AbortSignal.timeout(10_000) });
      child.send('how are you');
      const [message] = await answer;
      return message;
    },
    async stop() {
      if (isRunning()) child.kill('SIGKILL');
      await exited;
    },
  };
}

export function createChildren(): Children {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'figway-bench-'));
  const running = new Set<Child>();

  function start(command: string, args: readonly string[], options: SpawnOptions = {}): Child {
    const child = spawn(...pinned(command, args, options.role), {
      cwd: folder,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', options.hasOutput ? 'pipe' : 'ignore', 'pipe', options.isAsked ? 'ipc' : 'ignore'],
    });
    const started = toChild(child);
    running.add(started);
    void started.exited.then(() => running.delete(started));
    return started;
  }

  return {
    folder,
    spawn: start,
    async run(command, args, seconds, options = {}) {
      const started = performance.now();
      const child = start(command, args, { hasOutput: true, ...options });
      const timer = setTimeout(() => void child.stop(), seconds * 1000);
      const code = await child.exited;
      clearTimeout(timer);
      return { code, output: child.output(), said: child.said(), ms: performance.now() - started };
    },
    async stop() {
      await Promise.all([...running].map(child => child.stop()));
    },
    close() {
      for (const child of running) void child.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export interface Got {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
}

/** One GET on a connection of its own; undefined if there is no answer within `timeout` milliseconds. */
export function get(
  port: number,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  timeout = 2000,
): Promise<Got | undefined> {
  return new Promise(resolve => {
    const request = http.get({ port, host: '127.0.0.1', path: target, headers, agent: false }, answer => {
      answer.resume();
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers }));
      answer.once('error', () => resolve(undefined));
    });
    request.setTimeout(timeout, () => request.destroy());
    request.once('error', () => resolve(undefined));
  });
}

/** What a process said in one line: the line that names an error, else the first; the folders of this machine left out. */
export function inOneLine(said: string): string {
  const lines = said.split('\n').filter(line => line.trim() !== '');
  const line = lines.find(one => /error/i.test(one) && !/^\s+at |^node:/.test(one)) ?? lines[0] ?? 'nothing';
  return line
    .trim()
    .replaceAll(/(?:file:\/\/)?(?:\/[\w.+@-]+)+\/(?=[\w.+@-]+)/g, '')
    .slice(0, 200);
}

/** What the first answer is asked for with. */
export interface FirstRequest {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Waits until the child answers 200 there. Throws with what it said if it ends or stays silent for 15 s. */
export async function untilAnswers(child: Child, port: number, first: FirstRequest): Promise<void> {
  const seconds = 15;
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    const got = await get(port, first.path, first.headers);
    if (got?.status === 200) return;
    if (!child.isRunning()) throw new Error(`it ended at start and said: ${inOneLine(child.said())}`);
    await pause(5);
  }
  throw new Error(`no answer of 200 within ${seconds} s; it said: ${inOneLine(child.said())}`);
}
