/** What a function is: `handle(event, context)`, exported by a file of its own, which knows nothing of sockets or processes. */
export type Handler = (event: FunctionEvent, context: FunctionContext) => Promise<FunctionAnswer>;

export interface FunctionEvent {
  /** Names in lower case; of a field that came twice, what Node makes of it. */
  readonly headers: Readonly<Record<string, string>>;
  /** Base64 of the bytes as they came. */
  readonly body: string;
}

export interface FunctionContext {
  readonly requestId: string;
  /** Milliseconds since 1970 at which the instance will be killed. */
  readonly deadline: number;
  /** Whether this is the first event of its instance. */
  readonly isCold: boolean;
}

/** JSON throughout, since it leaves its process. From status 400 on the body is `{ code, detail }`. */
export interface FunctionAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * `timeout`: killed, since it took too long; `crashed`: its process ended; `failed`: it threw; `malformed`: what it answered
 * is no answer; `unstarted`: no instance came up; `busy`: as many as may be are running, and others wait already.
 */
export type FailureKind = 'timeout' | 'crashed' | 'failed' | 'malformed' | 'unstarted' | 'busy';

export class FunctionFailure extends Error {
  override readonly name = 'FunctionFailure';
  readonly kind: FailureKind;

  constructor(kind: FailureKind, detail: string) {
    super(detail);
    this.kind = kind;
  }
}

/** From the runtime to an instance, one at a time. */
export interface Invocation {
  readonly event: FunctionEvent;
  readonly context: FunctionContext;
}

/** From an instance to the runtime. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly detail: string };
