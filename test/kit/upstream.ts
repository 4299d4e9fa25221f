import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A scripted upstream: a real HTTP server on a free port that remembers what it was asked. */
export interface ScriptedUpstream {
  readonly url: string;
  /** Requests seen, oldest first. */
  readonly seen: readonly SeenRequest[];
  readonly server: Server;
  /** Replaces what it answers from now on. */
  answer(listener: RequestListener): void;
  /** Refuses connections until `revive`: the port stays its own. */
  kill(): Promise<void>;
  revive(): Promise<void>;
  close(): Promise<void>;
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly rawHeaders: readonly string[];
}

export async function openUpstream(listener: RequestListener): Promise<ScriptedUpstream> {
  const seen: SeenRequest[] = [];
  let current = listener;
  const sockets = new Set<Socket>();
  const server = createServer((req, res) => {
    seen.push({
      method: req.method ?? '',
      url: req.url ?? '',
      headers: req.headers,
      rawHeaders: req.rawHeaders,
    });
    current(req, res);
  });
  server.keepAliveTimeout = 60_000;
  server.on('connection', socket => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const stop = (): Promise<void> =>
    new Promise(resolve => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    server,
    answer(next) {
      current = next;
    },
    kill: stop,
    revive: () => listen(port),
    close: () => (server.listening ? stop() : Promise.resolve()),
  };
}

/** Answers with its name, the method and the target, as JSON. */
export const echo =
  (name: string): RequestListener =>
  (req, res) => {
    let bytes = 0;
    req.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    req.on('end', () => {
      res.setHeader('content-type', 'application/json');
      res.end(JSON.stringify({ from: name, method: req.method, url: req.url, bytes }));
    });
  };
