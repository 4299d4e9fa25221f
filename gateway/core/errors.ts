/** Whose fault an error is: it decides the log level and whether a breaker counts it. */
export type Fault = 'client' | 'policy' | 'upstream' | 'gateway';

interface ErrorRow {
  readonly status: number;
  readonly title: string;
  readonly fault: Fault;
  /** The error type of RFC 9209 §2.3, on answers made for a failed upstream. */
  readonly proxyStatus?: string;
}

/**
 * Every error that the gateway answers with. The code is the same in the problem type (RFC 9457),
 * the log, the metric and the docs.
 */
export const errors = {
  'bad-message': { status: 400, title: 'Malformed message', fault: 'client' },
  'bad-request-target': { status: 400, title: 'Malformed request target', fault: 'client' },
  'token-missing': { status: 401, title: 'Credentials are required', fault: 'client' },
  'token-invalid': { status: 401, title: 'Credentials are not valid', fault: 'client' },
  'token-expired': { status: 401, title: 'Credentials have expired', fault: 'client' },
  'scope-missing': { status: 403, title: 'A scope is missing', fault: 'client' },
  'role-missing': { status: 403, title: 'A role is missing', fault: 'client' },
  'address-denied': { status: 403, title: 'Address denied', fault: 'client' },
  'origin-denied': { status: 403, title: 'Origin denied', fault: 'client' },
  'route-gone': { status: 404, title: 'No longer served here', fault: 'client' },
  'method-not-allowed': { status: 405, title: 'Method not allowed', fault: 'client' },
  'header-timeout': { status: 408, title: 'Request head took too long', fault: 'client' },
  'body-too-large': { status: 413, title: 'Body too large', fault: 'client' },
  'url-too-long': { status: 414, title: 'URL too long', fault: 'client' },
  'expectation-failed': { status: 417, title: 'Expectation not supported', fault: 'client' },
  'limit-exceeded': { status: 429, title: 'Too many requests', fault: 'policy' },
  'headers-too-large': { status: 431, title: 'Request head too large', fault: 'client' },
  internal: { status: 500, title: 'Internal error', fault: 'gateway', proxyStatus: 'proxy_internal_error' },
  'transfer-coding': { status: 501, title: 'Transfer coding not supported', fault: 'client' },
  'upstream-refused': {
    status: 502,
    title: 'Upstream refused the connection',
    fault: 'upstream',
    proxyStatus: 'connection_refused',
  },
  'upstream-reset': {
    status: 502,
    title: 'Upstream closed the connection before it answered',
    fault: 'upstream',
    proxyStatus: 'connection_terminated',
  },
  'upstream-protocol': {
    status: 502,
    title: 'Upstream broke the protocol',
    fault: 'upstream',
    proxyStatus: 'http_protocol_error',
  },
  'breaker-open': {
    status: 503,
    title: 'Upstream is being given a rest',
    fault: 'upstream',
    proxyStatus: 'destination_unavailable',
  },
  'no-healthy-instance': {
    status: 503,
    title: 'No healthy instance',
    fault: 'upstream',
    proxyStatus: 'destination_unavailable',
  },
  overloaded: {
    status: 503,
    title: 'Too many requests in flight',
    fault: 'policy',
    proxyStatus: 'connection_limit_reached',
  },
  held: { status: 503, title: 'Route is held', fault: 'policy', proxyStatus: 'destination_unavailable' },
  draining: { status: 503, title: 'Gateway is shutting down', fault: 'policy' },
  'issuer-unreachable': { status: 503, title: 'Token issuer cannot be reached', fault: 'upstream' },
  'session-unreachable': { status: 503, title: 'Session check cannot be reached', fault: 'upstream' },
  'upstream-timeout': {
    status: 504,
    title: 'Upstream did not answer in time',
    fault: 'upstream',
    proxyStatus: 'http_response_timeout',
  },
  'loop-detected': {
    status: 508,
    title: 'Loop detected',
    fault: 'gateway',
    proxyStatus: 'proxy_loop_detected',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;

export const errorRow = (code: ErrorCode): ErrorRow => errors[code];

/** An answer given instead of forwarding. Thrown; the one error handler turns it into problem+json. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ErrorCode;
  /** Further response fields as flat raw pairs, e.g. `['retry-after', '5']`. */
  readonly fields: readonly string[];

  /** @param detail names the thing, the bound and the value; it never carries a credential. */
  constructor(code: ErrorCode, detail: string, fields: readonly string[] = []) {
    super(detail);
    this.code = code;
    this.fields = fields;
  }
}
