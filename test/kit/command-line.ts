/** The real command line as a child process, in a folder of its own. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program itself, for tests that start it in a way of their own. */
export const main = fileURLToPath(new URL('../../gateway/main.ts', import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
  read(file: string): Promise<string>;
  write(file: string, text: string): Promise<void>;
  /** Runs `figway …` here; nobody's environment but `env` and PATH. */
  figway(words: readonly string[], env?: Record<string, string>): Promise<Ran>;
}

/** A temporary folder with these files, removed in the end. */
export async function openFolder(files: Readonly<Record<string, string>> = {}): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'figway-cli-'));
  const write = async (file: string, text: string) => {
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), text);
  };
  for (const [file, text] of Object.entries(files)) await write(file, text);
  return {
    path,
    read: file => readFile(join(path, file), 'utf8'),
    write,
    figway: (words, env = {}) => run(path, words, env),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
}

/** The child, for tests that watch it live. */
export const spawnFigway = (cwd: string, words: readonly string[], env: Record<string, string> = {}) =>
  spawn(process.execPath, [main, ...words], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });

/** Runs `figway …` there with this text on stdin. */
export async function pipeToFigway(cwd: string, words: readonly string[], text: string): Promise<string> {
  const env = { PATH: process.env.PATH ?? '' };
  const child = spawn(process.execPath, [main, ...words], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(text);
  return (await Array.fromAsync(child.stdout.setEncoding('utf8') as AsyncIterable<string>)).join('');
}

async function run(cwd: string, words: readonly string[], env: Record<string, string>): Promise<Ran> {
  const child = spawnFigway(cwd, words, env);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, stdout, stderr };
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

export interface StubAdmin extends AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[];
}

/** Something that answers like an admin port: `answer` gives status and JSON. */
export async function openStubAdmin(
  answer: (request: Seen) => readonly [status: number, body: unknown],
): Promise<StubAdmin> {
  const seen: Seen[] = [];
  const server = createServer(async (req, res) => {
    const request: Seen = {
      method: req.method ?? '',
      url: req.url ?? '',
      token: req.headers.authorization,
      body: await readBody(req),
    };
    seen.push(request);
    const [status, body] = answer(request);
    res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

async function readBody(req: IncomingMessage): Promise<unknown> {
  const text = (await Array.fromAsync(req.setEncoding('utf8') as AsyncIterable<string>)).join('');
  return text === '' ? undefined : JSON.parse(text);
}
