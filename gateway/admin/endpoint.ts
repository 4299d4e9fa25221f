import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from './caller.ts';
import type { Sessions } from './dashboard/sessions.ts';
import type { AdminDeps } from './deps.ts';
import type { Fields, Values } from './fields.ts';

/**
 * `open`: the probes and /metrics, for whom neither token nor host name is asked. `page`: what a browser needs before
 * it can show a token; without tokens from loopback only, like all else.
 */
export type Access = 'open' | 'page' | 'viewer' | 'operator' | 'admin';

/** One entry of the admin port: the app serves it, `/openapi.json` describes it. */
export interface Endpoint {
  readonly method: 'get' | 'post';
  /** `/api/routes/:id`. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly query: Fields;
  readonly body: Fields | undefined;
  readonly mediaType: string;
  /** The longest body that is read, bytes; default 16 KiB. */
  readonly maxBody?: number;
  /** What it gives is sent as JSON; undefined: it has answered by itself. */
  handle(call: Call<Fields, Fields>): unknown;
}

export interface Call<Query extends Fields, Body extends Fields> {
  readonly deps: AdminDeps;
  readonly sessions: Sessions;
  /** Undefined where nobody is asked who they are, and they have not said so. */
  readonly visitor: Caller | undefined;
  readonly caller: Caller;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  /** The `:id` of the path, decoded. */
  readonly id: string;
  readonly query: Values<Query>;
  readonly body: Values<Body>;
}

type Path = readonly [path: string, access: Access, summary: string];

export function get<Query extends Fields = Record<never, never>>(
  [path, access, summary]: Path,
  handle: (call: Call<Query, Record<never, never>>) => unknown,
  options: { readonly query?: Query; readonly mediaType?: string } = {},
): Endpoint {
  const { query = {}, mediaType = 'application/json' } = options;
  return {
    method: 'get',
    path,
    access,
    summary,
    query,
    body: undefined,
    mediaType,
    handle: handle as Endpoint['handle'],
  };
}

export function post<Body extends Fields>(
  [path, access, summary]: Path,
  body: Body,
  handle: (call: Call<Record<never, never>, Body>) => unknown,
  options: { readonly maxBody?: number } = {},
): Endpoint {
  const mediaType = 'application/json';
  return {
    method: 'post',
    path,
    access,
    summary,
    query: {},
    body,
    mediaType,
    ...options,
    handle: handle as Endpoint['handle'],
  };
}
