import type { UpstreamFailure } from './failure.ts';
import type { UpstreamConfig } from './schema.ts';
import type { Transport } from './transport.ts';

/** A named address that is forwarded to, with its policy. Lives on over reloads that do not change its settings. */
export interface Upstream {
  readonly name: string;
  readonly isMonolith: boolean;
  readonly config: UpstreamConfig;
  /** Milliseconds to the response head, all attempts together. */
  readonly timeout: number;
  /** Milliseconds of silence inside a body. */
  readonly idle: number;
  readonly hostPolicy: 'service' | 'client';
  /** Attempts in total; 1 where nothing is retried. */
  readonly attempts: number;
  /** Attempts carry an `Authorization` of the gateway's own: that of their permit. */
  readonly hasCredentials: boolean;
  /**
   * Asks credentials, breaker, bulkhead and health for a way in. At once where it can.
   * A permit must be settled exactly once.
   * @param avoid the instance that a connect error was just seen at; another is given if there is one.
   */
  enter(avoid?: Instance): Permit | UpstreamFailure | Promise<Permit | UpstreamFailure>;
  /** One that is in, for a question of the gateway's own: no breaker, bulkhead or budget hears of it. */
  instance(): Instance;
  /**
   * What a request of the gateway's own carries as `Authorization`; undefined where it has no credentials. A failure means
   * that there is none to be had.
   */
  authorization(): string | undefined | UpstreamFailure | Promise<string | UpstreamFailure>;
  /** Whether the retry budget has a retry left; takes it if so. */
  takeRetry(): boolean;
  status(): UpstreamStatus;
  /** Ends its connections once what is in flight is done. */
  close(): Promise<void>;
}

/** One attempt's right to one instance. */
export interface Permit {
  readonly instance: Instance;
  /** `Bearer …`, where the upstream has credentials. */
  readonly authorization?: string | undefined;
  /** The upstream answered 401: its credentials hear of it. */
  denied(): void;
  /**
   * Tells the breaker that a head came which does not count against the upstream, so that a probe of a half-open
   * breaker need not wait for the end of a long body. Optional; `settle` still follows.
   */
  answered(): void;
  /** Tells breaker, bulkhead and health how it ended; only the first call counts. */
  settle(end: AttemptEnd): void;
}

/**
 * `good`: a whole answer that does not count against the upstream. `bad`: connect error, timeout, truncated answer,
 * 502, 503, 504. `unknown`: the client went away, or the answer says nothing about the upstream.
 */
export type AttemptEnd = 'good' | 'bad' | 'unknown';

/** Opens the connections to one instance; `transport.ts` implements it. */
export type OpenTransport = (origin: string, settings: TransportSettings) => Transport;

export interface TransportSettings {
  /** Milliseconds to the response head. */
  readonly timeout: number;
  /** Milliseconds of silence inside a body. */
  readonly idle: number;
  readonly tls: UpstreamConfig['tls'];
}

export interface Instance {
  /** `http://127.0.0.1:4103`. */
  readonly origin: string;
  /** `127.0.0.1:4103`, for the Host field. */
  readonly authority: string;
  readonly transport: Transport;
}

export interface UpstreamStatus {
  readonly name: string;
  readonly breaker: 'closed' | 'half-open' | 'open' | 'none';
  readonly inFlight: number;
  readonly queued: number;
  readonly openConnections: number;
  readonly instances: readonly {
    readonly origin: string;
    readonly isHealthy: boolean;
    readonly why: string;
  }[];
}
