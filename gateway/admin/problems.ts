import type { ProblemRow } from '../core/problem-json.ts';

/** Errors that only the admin port answers with; the others are in `core/errors.ts`. */
export const adminErrors = {
  'bad-request': { status: 400, title: 'Malformed request' },
  'not-found': { status: 404, title: 'Not found' },
  'hold-refused': { status: 409, title: 'Route cannot be held' },
  'gate-closed': { status: 409, title: 'Evidence is missing' },
  'move-illegal': { status: 409, title: 'Not a legal move' },
  'move-refused': { status: 409, title: 'The file could not be changed' },
  'moves-proposed': { status: 409, title: 'Stages are moved by commits here' },
  'data-unacknowledged': { status: 409, title: 'The data of legacy is stale' },
  'media-type': { status: 415, title: 'Not JSON' },
  'too-many-previews': { status: 503, title: 'Too many previews' },
  'too-many-listeners': { status: 503, title: 'Too many event streams' },
} as const satisfies Record<string, ProblemRow>;

export type AdminErrorCode = keyof typeof adminErrors;

/** Why the admin port does not do what it was asked. Thrown; the app turns it into problem+json. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal';
  readonly code: AdminErrorCode;
  /** Members that the problem has besides (RFC 9457 §3.2). */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(code: AdminErrorCode, detail: string, more: Readonly<Record<string, unknown>> = {}) {
    super(detail);
    this.code = code;
    this.more = more;
  }
}
