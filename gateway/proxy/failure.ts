import { type ErrorCode, Refusal } from '../core/errors.ts';
import type { TransportFailure } from './transport-failure.ts';

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
    | 'issuer-unreachable'
  >;
  /** `no`: not a byte of the request can have been acted on. `maybe`: it may have been. */
  readonly reached: 'no' | 'maybe';
  /** For people and the log: names the upstream, the bound and the value. */
  readonly detail: string;
  /** Seconds for `Retry-After`. */
  readonly retryAfter?: number;
}

const codes = {
  connect: 'upstream-refused',
  'connect-timeout': 'upstream-timeout',
  reset: 'upstream-reset',
  protocol: 'upstream-protocol',
  request: 'upstream-protocol',
} as const satisfies Record<TransportFailure['kind'], UpstreamFailure['code']>;

/** What the transport saw, as a failure of the upstream of that name. */
export const toUpstreamFailure = (
  upstream: string,
  failure: TransportFailure,
  isStarted: boolean,
): UpstreamFailure => ({
  code: codes[failure.kind],
  reached: isStarted ? 'maybe' : 'no',
  detail: `upstream ${upstream}: ${failure.message}`,
});

/** The answer to a client for a failed upstream. Its cause in `Proxy-Status` (RFC 9209) comes with the code. */
export function toRefusal(failure: UpstreamFailure): Refusal {
  const fields = failure.retryAfter === undefined ? [] : ['retry-after', String(failure.retryAfter)];
  return new Refusal(failure.code, failure.detail, fields);
}

/** Answers that say the upstream, or what is behind it, is not there just now. */
export const isGatewayStatus = (status: number): boolean =>
  status === 502 || status === 503 || status === 504;
