import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from './auth.ts';
import type { Trace } from './trace.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * Who may call: everybody, whose token is not looked at; whoever has a valid token; or whoever has one with all of these
 * scopes.
 */
export type Access = 'open' | { readonly caller: 'any' } | { readonly scopes: readonly string[] };

/** One path and method that a service answers. */
export interface Endpoint {
  readonly method: Method;
  /** Literal segments and `:name` for one segment, as `/v1/orders/:id`. */
  readonly path: string;
  readonly access: Access;
  /** The type that a body must have; another one is 415. Default `json`. */
  readonly takes?: BodyType;
  /** Throws a Problem instead of an answer. */
  readonly handle: (call: Call) => Answer | Promise<Answer>;
}

export type BodyType = 'json' | 'form' | 'any';

export interface Call {
  /** What stands for each `:name`, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** At most `maxBody` bytes; empty for GET and DELETE. */
  readonly body: Buffer;
  /** The body as JSON, in UTF-8. Throws the Problem 400 `bad-json` if it is none. */
  json(): unknown;
  /** `anonymous` for an open endpoint. */
  readonly caller: Caller;
  readonly trace: Trace;
  /** Address of the peer: the gateway's, if it came through the gateway. */
  readonly peer: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text as it is, undefined for an empty body, anything else as JSON. */
  readonly body: unknown;
}
