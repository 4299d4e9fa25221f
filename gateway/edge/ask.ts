/**
 * One small request to an upstream on the gateway's own behalf. Never rejects. The root injects it: the edge knows no
 * upstreams.
 */
export type Ask = (upstream: string, request: AskRequest) => Promise<UpstreamAnswer | UpstreamAway>;

export interface AskRequest {
  /** In origin-form. */
  readonly path: string;
  /** Flat raw pairs, without Host. */
  readonly fields: readonly string[];
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

export interface UpstreamAnswer {
  readonly status: number;
  /** At most 64 KiB. */
  readonly body: Buffer;
}

/** No whole answer came in time. */
export interface UpstreamAway {
  /** For people: names what was seen, never a credential. */
  readonly why: string;
}
