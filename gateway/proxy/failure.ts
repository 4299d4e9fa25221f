import type { ErrorCode } from '../core/errors.ts';

/** How an attempt at an upstream failed. Data, not an exception. */
export interface UpstreamFailure {
  readonly code: Extract<
    ErrorCode,
    | 'upstream-refused'
    | 'upstream-reset'
    | 'upstream-protocol'
    | 'upstream-timeout'
    | 'breaker-open'
    | 'no-healthy-instance'
    | 'overloaded'
  >;
  /** `no`: not a byte of the request can have been acted on. `maybe`: it may have been. */
  readonly reached: 'no' | 'maybe';
  /** For people and the log: names the upstream, the bound and the value. */
  readonly detail: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfter?: number;
}
