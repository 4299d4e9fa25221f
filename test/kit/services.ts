import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';

/** Services that some tests need and that not every machine has. */
const services = { redis: 'redis-server', chromium: 'chromium' } as const;

const isInstalled = (binary: string): boolean => {
  try {
    execFileSync('which', [binary], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

/**
 * Whether tests that need the service are skipped, for `describe.skipIf`. With FIGWAY_REQUIRE_SERVICES=1 they run, and
 * fail where it is missing.
 */
export const isMissing = (service: keyof typeof services): boolean =>
  process.env.FIGWAY_REQUIRE_SERVICES !== '1' && !isInstalled(services[service]);

/** A Redis of the test's own, on a free port. */
export interface RedisServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Ends it at once; `start` brings it back on the same port, empty. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** It keeps its connections and answers nothing, until `resume`. */
  pause(): void;
  resume(): void;
  /** One command and its answer as it came, such as `+OK`. */
  command(line: string): Promise<string>;
}

/** @param options `{ isDown: true }`: it is not started yet. */
export async function openRedisServer(options: { readonly isDown?: boolean } = {}): Promise<RedisServer> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'figway-redis-'));
  let child: ChildProcess | undefined;

  const server: RedisServer = {
    url: `redis://127.0.0.1:${port}`,
    port,
    async start() {
      child = spawn(
        'redis-server',
        ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
        { stdio: 'ignore' },
      );
      await untilAnswers(port);
    },
    async stop() {
      if (child === undefined) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      child = undefined;
    },
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    command: line => commandOf(port, line),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  if (options.isDown !== true) await server.start();
  return server;
}

async function untilAnswers(port: number): Promise<void> {
  const deadline = Date.now() + 5000;
  for (;;) {
    try {
      if ((await commandOf(port, 'PING')).startsWith('+PONG')) return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

async function commandOf(port: number, line: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    socket.write(`${line}\r\n`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return chunk.toString().trim();
  } finally {
    socket.destroy();
  }
}
