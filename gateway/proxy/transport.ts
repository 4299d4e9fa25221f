import type { Dispatcher } from 'undici';

/** Connections to one instance. This is the only file that knows undici. */
export interface Transport {
  /** Sends one request; the handler hears of head, body, trailers or failure. */
  dispatch(request: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean;
  /** Sockets that are open now, busy or idle. */
  openConnections(): number;
  close(): Promise<void>;
}
