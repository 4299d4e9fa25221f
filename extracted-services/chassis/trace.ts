import { randomBytes } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What a request belongs to: a trace (W3C Trace Context, level 1) and the request id that the gateway gave it. */
export interface Trace {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits: the span of this service, which is the parent of what it asks others. */
  readonly spanId: string;
  /** Two hex digits; `01` is sampled. */
  readonly flags: string;
  /** 1 to 128 of letters, digits, `_`, `.` and `-`. */
  readonly requestId: string;
}

const shape = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(?:-|$)/;

/** The trace and the request that the caller named; new ones where it named none, or none that is valid. */
export function traceOf(headers: IncomingHttpHeaders): Trace {
  const parent = shape.exec(String(headers.traceparent ?? ''));
  const given = headers['x-request-id'];
  const isFine = typeof given === 'string' && /^[\w.-]{1,128}$/.test(given);
  return {
    traceId: parent?.[1] ?? randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    flags: parent?.[2] ?? '00',
    requestId: isFine ? given : randomBytes(8).toString('hex'),
  };
}

/** A trace that begins here: for what no request asked for, such as a timer's work. */
export const newTrace = (): Trace => traceOf({});

/** The value of `traceparent` for others, in a header or in an event. */
export const toTraceparent = ({ traceId, spanId, flags }: Trace): string =>
  `00-${traceId}-${spanId}-${flags}`;
