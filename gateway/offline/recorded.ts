/** What a recording holds: requests that somebody once sent, each with the place where it stands. */

/** One request as it was recorded. */
export interface RecordedRequest {
  readonly method: string;
  /** In origin-form, with query, as sent. */
  readonly target: string;
  /** Origin that was asked; undefined where the recording does not say. */
  readonly origin?: string | undefined;
  /** Flat raw pairs; empty where the recording has none, as access logs do. */
  readonly fields: readonly string[];
  /** Undefined: it had none, or none was recorded. */
  readonly body?: Uint8Array | undefined;
  /** The recording says that there was a body, but not which. */
  readonly isBodyLost?: boolean;
  /** How it was answered then; undefined where the recording does not say. */
  readonly status?: number | undefined;
}

/**
 * What a reader makes of one line or entry: a request, something that is none and need not be (`passed`), or something
 * that should have been one. `place` is `line 12` or `entry 3`.
 */
export type Read =
  | { readonly place: string; readonly request: RecordedRequest }
  | { readonly place: string; readonly passed: string }
  | { readonly place: string; readonly fault: string };

/** Reads one line. Pure; what is wrong with it is data. */
export type ReadLine = (text: string) => ReadResult;

export type ReadResult =
  | { readonly request: RecordedRequest }
  | { readonly passed: string }
  | { readonly fault: string };

/** Longest target that is sent again, in characters. */
const longestTarget = 16 * 1024;
const method = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}$/;

/** Checks what a reader found; a target in absolute form is taken apart. */
export function toRequest(found: RecordedRequest): ReadResult {
  if (!method.test(found.method)) return { fault: `no method: ${show(found.method)}` };
  const absolute = /^(https?:\/\/[^/?#]+)(.*)$/is.exec(found.target);
  const origin = absolute === null ? found.origin : originOf(absolute[1] ?? '');
  const rest = (absolute?.[2] ?? found.target).replace(/#.*$/s, '');
  const target = absolute !== null && !rest.startsWith('/') ? `/${rest}` : rest;
  if (found.method === 'CONNECT' || target === '*') return { passed: 'it asks for no path' };
  if (target.length > longestTarget)
    return { fault: `target: expected at most ${longestTarget} characters, got ${target.length}` };
  if (!/^\/[\x21-\x7e]*$/.test(target))
    return { fault: `target: expected a path in printable ASCII, got ${show(target)}` };
  if (target.includes('=***')) return { passed: 'its query was redacted' };
  return { request: { ...found, method: found.method.toUpperCase(), target, origin } };
}

/** Lower case, without a default port; undefined for what is none. */
export function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** A status as a recording says it; undefined for what is none (`-`, `0`, 600). */
export function toStatus(given: unknown): number | undefined {
  const status = typeof given === 'string' && /^\d{3}$/.test(given) ? Number(given) : given;
  return typeof status === 'number' && Number.isInteger(status) && status >= 100 && status <= 599
    ? status
    : undefined;
}

/** Text of a recording as a message may quote it: short, and nothing that a terminal would obey. */
export const show = (text: string): string =>
  JSON.stringify(text.length <= 60 ? text : `${text.slice(0, 60)}…`).replace(
    /[\u007f-\u009f]/g,
    code => `\\u00${code.charCodeAt(0).toString(16)}`,
  );
