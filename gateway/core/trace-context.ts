import { randomFillSync } from 'node:crypto';

/** What `traceparent` says (W3C Trace Context, level 1). */
export interface TraceParent {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits, not all zero. */
  readonly parentId: string;
  /** Two hex digits; `01` is sampled. */
  readonly flags: string;
}

const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeroTrace = '0'.repeat(32);
const zeroParent = '0'.repeat(16);

/** Undefined if it is not valid or not one; then the trace begins anew, and `tracestate` is dropped (§3.2, §4.3). */
export function parseTraceparent(value: string | readonly string[] | undefined): TraceParent | undefined {
  if (typeof value !== 'string') return undefined;
  const found = shape.exec(value);
  if (found === null) return undefined;
  const [, version, traceId = '', parentId = '', flags = '', rest] = found;
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (traceId === zeroTrace || parentId === zeroParent) return undefined;
  return { traceId, parentId, flags };
}

/** The `traceparent` for an upstream: the caller's trace under a new parent id, or a new trace, not sampled. */
export function continueTrace(value: string | readonly string[] | undefined): string {
  const caller = parseTraceparent(value);
  if (caller === undefined) return `00-${randomHex(16)}-${randomHex(8)}-00`;
  return `00-${caller.traceId}-${randomHex(8)}-${caller.flags}`;
}

/** A request id: 32 hex digits. */
export const makeId = (): string => randomHex(16);

const pool = Buffer.allocUnsafe(8192);
let used = pool.length;

/** `bytes` random bytes as hex, never all zero. Drawn in advance: one call to the system serves hundreds of requests. */
function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const hex = pool.toString('hex', used, used + bytes);
  used += bytes;
  return /^0*$/.test(hex) ? randomHex(bytes) : hex;
}
