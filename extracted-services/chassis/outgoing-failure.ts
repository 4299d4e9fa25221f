import { AnswerTooLarge } from './http-client.ts';

/**
 * `refused`: no connection, so nothing was asked; `reset`: cut on the way; `timeout`: the deadline passed; `breaker-open`:
 * not tried, since it fails too often; `status`: it answered 5xx; `malformed`: not JSON, or too much of it; `token`: there
 * was no access token to ask with.
 */
export type FailureKind = 'refused' | 'reset' | 'timeout' | 'breaker-open' | 'status' | 'malformed' | 'token';

const unasked = new Set<FailureKind>(['refused', 'breaker-open', 'token']);

/** Why another service did not answer. Data for whoever decides what that means: it is caught and looked at. */
export class OutgoingFailure extends Error {
  override readonly name = 'OutgoingFailure';
  /** Who was asked. */
  readonly service: string;
  readonly kind: FailureKind;
  /** For `status`. */
  readonly status: number | undefined;
  /** What a `status` answer asked for, in milliseconds. */
  readonly retryAfter: number | undefined;

  /** Whether it is certain that the service was not asked, in none of the attempts. */
  get isUnasked(): boolean {
    return unasked.has(this.kind);
  }

  constructor(
    service: string,
    kind: FailureKind,
    more: { detail?: string; status?: number; retryAfter?: number | undefined; cause?: unknown } = {},
  ) {
    super(`${service}: ${more.detail ?? kind}`, { cause: more.cause });
    this.service = service;
    this.kind = kind;
    this.status = more.status;
    this.retryAfter = more.retryAfter;
  }
}

const unsent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** What an attempt threw, as a failure; `signal` is the one of its deadline. */
export function toFailure(service: string, error: unknown, signal: AbortSignal): OutgoingFailure {
  if (error instanceof OutgoingFailure) return error;
  if (signal.aborted) return new OutgoingFailure(service, 'timeout', { detail: 'no answer in time' });
  if (error instanceof AnswerTooLarge) {
    return new OutgoingFailure(service, 'malformed', { detail: error.message });
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isTls = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code);
  const kind = unsent.has(code) || isTls ? 'refused' : 'reset';
  return new OutgoingFailure(service, kind, { detail: code || String(error), cause: error });
}
