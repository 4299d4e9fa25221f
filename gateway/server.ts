import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, Refusal } from './core/errors.ts';
import { bodyRefused } from './core/exchange.ts';
import { renderRawProblem } from './core/problem-json.ts';
import { makeId } from './core/trace-context.ts';
import { formatDuration, formatSize } from './core/units.ts';
import { closeGently } from './proxy/linger.ts';
import type { ListenConfig } from './proxy/schema.ts';

/** Bounds of a connection (contract §5). */
const maxHead = 32 * 1024;
const defaultHeadTime = 30_000;

/** Milliseconds in which idle clients may still send a request to a gateway that is shutting down. */
const goodbyeTime = 500;

export interface ServerParts {
  readonly handle: (req: IncomingMessage, res: ServerResponse) => void;
  /** Gets WebSockets, and CONNECT, which has no response object either. */
  readonly upgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** The classes of the messages that `handle` gets; node's own by default. */
  readonly messages?: Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>;
  /** Milliseconds that a client's idle connection is kept. */
  readonly idle: number;
  /** Milliseconds in which a request head, and before it a TLS handshake, must be there; default 30 s. */
  readonly headTime?: number;
  /** Speaks TLS if given. */
  readonly tls?: ListenTls | undefined;
}

/** Certificates in PEM; with `clientCa` nobody comes in without one that it signed. */
export type ListenTls = NonNullable<ListenConfig['tls']>;

/** The port that clients talk to: node's server, with the answers it leaves to us. */
export interface EdgeServer {
  listen(address: string): Promise<string>;
  /** New certificates for new connections. Whether the port speaks TLS at all is settled when it is opened. */
  renew(tls: ListenTls | undefined): void;
  /** From now on answers carry `Connection: close`, those under way too. */
  sayGoodbye(inFlight: Iterable<ServerResponse>): void;
  /**
   * Accepts nothing new. Resolves once every connection is closed: those with a request after its answer, idle ones
   * after a moment, so that a request that is on its way to us is not lost; what is left after `ms` is cut.
   */
  drain(ms: number): Promise<void>;
}

export function createEdgeServer(parts: ServerParts): EdgeServer {
  const newest = new WeakMap<Socket, ServerResponse>();
  /** Pipelining: the response that has to come before. */
  const earlier = new WeakMap<ServerResponse, ServerResponse>();
  const broken = new WeakSet<Duplex>();
  const { headTime = defaultHeadTime } = parts;
  let isDraining = false;

  const pendingOn = (socket: Socket): ServerResponse | undefined => {
    const last = newest.get(socket);
    return last === undefined || last.writableFinished ? undefined : last;
  };

  const onRequest = (req: IncomingMessage, res: ServerResponse): void => {
    const before = pendingOn(req.socket);
    if (before !== undefined) earlier.set(res, before);
    newest.set(req.socket, res);
    if (isDraining) res.shouldKeepAlive = false;
    parts.handle(req, res);
  };

  const onUpgrade: ServerParts['upgrade'] = (req, socket, head) => {
    // Node has taken its own listener away, and an error without one ends the process.
    socket.on('error', () => socket.destroy());
    parts.upgrade(req, socket, head);
  };

  // Here Node has let go of the socket, so answers that are still due on it could neither be finished nor aborted.
  const onConnect: ServerParts['upgrade'] = (req, socket, head) => {
    const pending = pendingOn(socket as Socket);
    if (pending === undefined) return onUpgrade(req, socket, head);
    socket.on('error', () => {}).destroy();
    for (let res: ServerResponse | undefined = pending; res !== undefined; res = earlier.get(res)) {
      res.destroy();
      res.emit('close');
    }
  };

  const options: ServerOptions = {
    ...parts.messages,
    maxHeaderSize: maxHead,
    headersTimeout: headTime,
    requestTimeout: 0,
    keepAliveTimeout: parts.idle,
    connectionsCheckingInterval: 1000,
    noDelay: true,
    optimizeEmptyRequests: true,
    // Its own answer to a missing Host has no code and no id.
    requireHostHeader: false,
    shouldUpgradeCallback: req => isWebSocket(req) && pendingOn(req.socket) === undefined,
  };
  const secured =
    parts.tls === undefined
      ? undefined
      : createTlsServer({ ...options, ...toServerTls(parts.tls), handshakeTimeout: headTime }, onRequest);
  const server: Server = secured ?? createServer(options, onRequest);
  // A failed handshake has nobody to whom HTTP could be spoken.
  secured?.prependListener('tlsClientError', (_, socket) => socket.destroy());
  server.maxHeadersCount = 0;
  server.on('checkContinue', onRequest);
  server.on('checkExpectation', onRequest);
  server.on('connect', onConnect);
  server.on('upgrade', onUpgrade);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // The parser says it again for all that comes after.
    if (broken.has(socket)) return;
    broken.add(socket);
    onClientError(newest.get(socket as Socket), socket as Socket, refusalOf(error, headTime), error);
  });

  return {
    listen: async address => {
      const url = await listen(server, address);
      return secured === undefined ? url : url.replace('http:', 'https:');
    },
    renew(tls) {
      if (secured === undefined || tls === undefined) return;
      const renewed = toServerTls(tls);
      secured.setSecureContext(renewed);
      // What node reads for each connection, and `setSecureContext` leaves as it was.
      Object.assign(secured, { requestCert: renewed.requestCert, rejectUnauthorized: renewed.requestCert });
    },
    sayGoodbye(inFlight) {
      isDraining = true;
      for (const res of inFlight) res.shouldKeepAlive = false;
    },
    async drain(ms) {
      if (!server.listening) return;
      // http's own close would cut idle connections at once, also those with a request on its way.
      const closed = new Promise<void>(resolve => NetServer.prototype.close.call(server, () => resolve()));
      const goodbye = setTimeout(() => server.closeIdleConnections(), Math.min(goodbyeTime, ms));
      const late = setTimeout(() => server.closeAllConnections(), ms);
      await Promise.race([closed, sleep(ms + goodbyeTime, undefined, { ref: false })]);
      clearTimeout(goodbye);
      clearTimeout(late);
    },
  };
}

const toServerTls = ({ cert, key, clientCa }: ListenTls) => ({
  cert,
  key,
  ...(clientCa === undefined ? {} : { ca: clientCa }),
  requestCert: clientCa !== undefined,
  rejectUnauthorized: clientCa !== undefined,
  minVersion: 'TLSv1.2' as const,
  ALPNProtocols: ['http/1.1'],
});

/**
 * What node's parser or timers found. `newest` is the last request of that connection, if there was one:
 * either its own body is broken, or it came whole and is answered before the broken one (pipelining).
 */
function onClientError(
  newest: ServerResponse | undefined,
  socket: Socket,
  refusal: Refusal,
  error: NodeJS.ErrnoException,
): void {
  if (!socket.writable || error.code === 'ECONNRESET') socket.destroy();
  else if (newest === undefined) refuseRaw(socket, refusal);
  else if (!newest.req.complete) {
    const isHeard = newest.req.emit(bodyRefused, refusal);
    if (isHeard) return;
    if (newest.headersSent) socket.destroy();
    else refuseRaw(socket, refusal);
  } else if (newest.writableFinished) refuseRaw(socket, refusal);
  else newest.once('close', () => refuseRaw(socket, refusal));
}

/** Any other protocol, and a WebSocket that could not be one, is a plain request (RFC 9110 §7.8). */
const isWebSocket = ({ method, headers, httpVersionMinor }: IncomingMessage): boolean =>
  method === 'GET' &&
  httpVersionMinor > 0 &&
  headers.upgrade?.toLowerCase() === 'websocket' &&
  headers['content-length'] === undefined &&
  headers['transfer-encoding'] === undefined;

const parserCodes: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'header-timeout',
};

function refusalOf(error: NodeJS.ErrnoException, headTime: number): Refusal {
  const code = parserCodes[error.code ?? ''] ?? 'bad-message';
  switch (code) {
    case 'headers-too-large':
      return new Refusal(code, `the request head is over ${formatSize(maxHead)}`);
    case 'header-timeout':
      return new Refusal(code, `the request head took over ${formatDuration(headTime)}`);
    default:
      return new Refusal(code, `the message is malformed (${error.code ?? 'unknown'})`);
  }
}

function refuseRaw(socket: Socket, refusal: Refusal): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.write(
    renderRawProblem(refusal.code, { detail: refusal.message, instance: makeId(), fields: refusal.fields }),
  );
  closeGently(socket);
}

/** Binds `host:port` and returns the URL that was bound; rejects with node's error, `EADDRINUSE` and the like. */
export async function listen(server: Server, address: string): Promise<string> {
  const { host, port } = splitAddress(address);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  return `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

/** `127.0.0.1:8080`, `[::1]:8080`, `:8080`. */
function splitAddress(address: string): { host: string | undefined; port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  return { host: host === '' ? undefined : host, port: Number(address.slice(colon + 1)) };
}
