import { isIP } from 'node:net';
import type { Duplex, Readable } from 'node:stream';
import { buildConnector, Client, type Dispatcher, Pool } from 'undici';
import { toTlsOptions } from '../config/tls.ts';
import { type Connection, watchSocket } from './connection.ts';
import { classifyError, type TransportFailure } from './transport-failure.ts';
import type { TransportSettings } from './upstream.ts';

/** One request as it goes out. `fields` are flat raw pairs without hop-by-hop fields; framing is by `content-length`. */
export interface TransportRequest {
  readonly method: string;
  /** In origin-form, with query. */
  readonly target: string;
  readonly fields: string[];
  /** Sent chunked where `fields` have no `content-length`. */
  readonly body: Readable | undefined;
  /** Hears of each chunk of the body that is `isFreeable`, once nothing here reads it any more. */
  readonly onWritten?: ((chunk: Uint8Array) => void) | undefined;
  /** The protocol to change to; then a 101 is an answer too. */
  readonly upgrade: string | undefined;
  /** On a connection of its own, which no upstream can be about to close for having been idle. */
  readonly isFresh: boolean;
}

/** How a request that is under way is steered. */
export interface TransportControl {
  /** Ends the request, and its connection if it has one. The receiver hears nothing more. */
  abort(): void;
  pause(): void;
  resume(): void;
}

/**
 * Hears of one request, in this order: start, first byte, interim heads, then head, data, end. A failure may come at
 * any point, even before `dispatch` returns, and is the last that is heard.
 */
export interface TransportReceiver {
  /**
   * A connection is there and the request is about to be written to it: from here on it may have been acted on.
   * @param isReused the connection has served other requests, so the upstream may be closing it at this moment.
   */
  onStart(isReused: boolean): void;
  /** The first byte of an answer has come. */
  onFirstByte(): void;
  onInterim(status: number, fields: string[]): void;
  /** `status` is 200 to 599. `fields` are flat raw pairs, as they came. */
  onHead(status: number, reason: string, fields: string[]): void;
  onData(chunk: Buffer): void;
  onEnd(trailers: string[]): void;
  /** A 101 to a request that asked for it. */
  onUpgrade(fields: string[], socket: Duplex): void;
  onFailure(failure: TransportFailure): void;
}

/** Connections to one instance, HTTP/1.1, kept alive. This is the only file that knows undici. */
export interface Transport {
  dispatch(request: TransportRequest, receiver: TransportReceiver): TransportControl;
  /** Sockets that are open now, busy or idle; those of upgrades are not counted. */
  openConnections(): number;
  /** Ends idle connections now and busy ones once they are done. */
  close(): Promise<void>;
}

/** Upstreams close idle sockets after 5 s (Node) or more; a hint in `Keep-Alive` is followed. */
const keepAlive = 4000;
const maxConnectTime = 10_000;
/** A bulkhead is the proper bound; this one only keeps the process from running out of descriptors. */
const maxConnections = 4096;
const clientOptions = {
  pipelining: 1,
  allowH2: false,
  keepAliveTimeout: keepAlive,
  maxHeaderSize: 64 * 1024,
  // Timers are the caller's: undici's are half a second coarse, and know no attempts.
  headersTimeout: 0,
  bodyTimeout: 0,
};

export function openTransport(origin: string, settings: TransportSettings): Transport {
  const connect = connectorTo(origin, settings);
  // Else undici takes the name for TLS from Host, which may be the client's.
  const { hostname: servername } = new URL(origin);
  const pool = new Pool(origin, {
    connections: maxConnections,
    factory: (url, options) => createClient(url, options, connect),
    ...clientOptions,
  });
  return {
    dispatch(request, receiver) {
      const handler = new Handler(receiver, request.onWritten);
      const options = {
        method: request.method,
        path: request.target,
        headers: request.fields,
        body: request.body ?? null,
        upgrade: request.upgrade ?? null,
        servername,
      };
      if (request.isFresh) {
        const client = createClient(new URL(origin), clientOptions, connect);
        client.dispatch(options, handler);
        // Only once that request is done.
        void client.close();
      } else pool.dispatch(options, handler);
      return handler;
    },
    openConnections: () => pool.stats.connected,
    close: () => pool.close(),
  };
}

/** Opens sockets to one origin. An address has no name for TLS (RFC 6066 §3): its certificate names the address. */
function connectorTo(origin: string, settings: TransportSettings): buildConnector.connector {
  const { hostname } = new URL(origin);
  const connect = buildConnector({
    ...toTlsOptions(settings.tls),
    allowH2: false,
    timeout: Math.min(settings.timeout, maxConnectTime),
  });
  const servername = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? hostname : '';
  return (target, callback) => connect({ ...target, servername }, callback);
}

/** A client of undici whose handlers know their connection. */
function createClient(origin: URL, options: object, connect: buildConnector.connector): Client {
  const connection: Connection = { requests: 0, awaitsHead: false, onWritten: undefined };
  const client = new Client(origin, {
    ...options,
    connect(target, callback) {
      connect(target, (...outcome) => {
        connection.requests = 0;
        if (outcome[1]) watchSocket(outcome[1], connection);
        callback(...outcome);
      });
    },
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    if (handler instanceof Handler) handler.connection = connection;
    return dispatch(request, handler);
  };
  return client;
}

/** Tells a receiver what undici tells, in words of our own, and refuses what no client may see. */
class Handler implements Dispatcher.DispatchHandler, TransportControl {
  readonly #receiver: TransportReceiver;
  readonly #onWritten: TransportRequest['onWritten'];
  connection: Connection | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #isOver = false;

  constructor(receiver: TransportReceiver, onWritten: TransportRequest['onWritten']) {
    this.#receiver = receiver;
    this.#onWritten = onWritten;
  }

  abort(): void {
    this.#isOver = true;
    this.#controller?.abort(aborted);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const isSecondTime = this.#controller !== undefined;
    this.#controller = controller;
    // Given up before it had a connection; or, whatever undici might do some day, written a second time.
    if (this.#isOver || isSecondTime) {
      controller.abort(aborted);
      return;
    }
    const { connection } = this;
    if (connection !== undefined) {
      connection.requests++;
      connection.awaitsHead = true;
      connection.onWritten = this.#onWritten;
    }
    this.#receiver.onStart(connection !== undefined && connection.requests > 1);
  }

  onResponseStarted(): void {
    if (!this.#isOver) this.#receiver.onFirstByte();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    reason = '',
  ): void {
    if (status >= 200 && this.connection !== undefined) this.connection.awaitsHead = false;
    if (this.#isOver) return;
    const fields = toFields(controller.rawHeaders);
    if (status >= 200 && status <= 599) this.#receiver.onHead(status, toReason(reason), fields);
    else if (status > 101 && status < 200) this.#receiver.onInterim(status, fields);
    else this.#fail({ kind: 'protocol', message: `status ${status} is not one of an answer` });
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isOver) this.#receiver.onData(chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#receiver.onEnd(toFields(controller.rawTrailers));
  }

  onRequestUpgrade(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    socket: Duplex,
  ): void {
    if (this.#isOver || status !== 101) socket.destroy();
    else {
      this.#isOver = true;
      this.#receiver.onUpgrade(toFields(controller.rawHeaders), socket);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#receiver.onFailure(classifyError(error, this.#controller !== undefined));
  }

  #fail(failure: TransportFailure): void {
    this.abort();
    this.#receiver.onFailure(failure);
  }
}

const aborted = new Error('aborted by the gateway');

/** Flat raw pairs of Buffers as strings, a character a byte. */
function toFields(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  if (!Array.isArray(raw)) return [];
  const fields = new Array<string>(raw.length);
  for (let i = 0; i < raw.length; i++) {
    fields[i] = (raw[i] as Buffer).toString('latin1');
  }
  return fields;
}

/** undici reads the reason phrase as UTF-8: back to its bytes; dropped where they are lost. */
function toReason(reason: string): string {
  if (!/[^\x20-\x7e]/.test(reason)) return reason;
  return reason.includes('\ufffd') ? '' : Buffer.from(reason, 'utf8').toString('latin1');
}
