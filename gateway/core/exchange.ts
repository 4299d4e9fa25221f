import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from './errors.ts';
import type { SkipReason } from './outcome.ts';
import type { Tap } from './tap.ts';
import type { Because, DataOwner, GuardName, Side, Stage } from './vocabulary.ts';

/**
 * Event of a request whose body turns out to be malformed while it is read; the listener gets the Refusal. Not Node's
 * `error`, which ends the process where nobody listens.
 */
export const bodyRefused = Symbol('body-refused');

/** What every room may know of a route. `routing/` compiles the whole of it. */
export interface RouteFacts {
  /** Name in routes.yaml, or `unclaimed`. */
  readonly name: string;
  /** Position in the snapshot's list of routes; `unclaimed` is 0. Per-route tables are arrays by it. */
  readonly index: number;
  readonly owner: string;
  readonly stage: Stage;
  readonly data: DataOwner | undefined;
  /** Name of the service's upstream; undefined for `unclaimed`. */
  readonly service: string | undefined;
}

/** Who sent the request, as far as the connection and trusted proxies tell. */
export interface Client {
  /** Address of the TCP peer, IPv4-mapped IPv6 unwrapped. */
  readonly peer: string;
  /** Whether the peer is in `trust`. */
  readonly trusted: boolean;
  /** Address that counts: the peer, or the rightmost untrusted one of X-Forwarded-For. */
  readonly address: string;
  readonly proto: 'http' | 'https';
}

/** The request target (RFC 9112 §3.2), split once. `raw` is forwarded byte for byte. */
export interface Target {
  /** In origin-form, as sent. */
  readonly raw: string;
  /** Before the `?`, as sent. */
  readonly path: string;
  /** From the `?` on, with it, as sent; empty if there is none. */
  readonly query: string;
  /** Has a dot segment, an empty segment, an encoded slash or backslash, a backslash, or an invalid escape. */
  readonly isOdd: boolean;
}

/** Who the credentials say it is. Anonymous until the auth guard knows better. */
export interface Identity {
  readonly user: string | undefined;
  readonly key: string | undefined;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

export const anonymous: Identity = { user: undefined, key: undefined, scopes: [], roles: [] };

/** Which side serves and which gets a copy. Pure data; shared between requests where it can be. */
export interface Decision {
  readonly serve: Side;
  readonly shadow: Side | undefined;
  readonly because: Because;
  /** For people: `bucket 412 of 10000 is below 1000`, `pinned: role:staff`, `held: errors 12 %`; may be empty. */
  readonly detail: string;
}

/**
 * All that is known of one request, filled from top to bottom by `pipeline.ts`.
 * A class, so that every exchange has one shape; it has no behaviour.
 */
export class Exchange {
  readonly req: IncomingMessage;
  /** `x-request-id`. */
  readonly id: string;
  /** Monotonic, milliseconds (`performance.now()`). */
  readonly startedAt: number;
  readonly client: Client;
  readonly method: string;
  /** `/` until it has been read. */
  target: Target;
  /** Carries a method-override field: then it is neither safe nor idempotent, and never falls back. */
  readonly isOverridden: boolean;
  /** Asks in advance whether a browser may send the request proper: it is decided by the stage alone, and never copied. */
  readonly isPreflight: boolean;
  /** Asks for a WebSocket. */
  readonly isUpgrade: boolean;
  /** `traceparent` for the upstream: the caller's trace with a new parent id. */
  readonly traceparent: string;

  route: RouteFacts;
  /** Position of the match entry within its route; -1 for `unclaimed`. */
  entry = -1;
  /** The values of `:name` and `*` of the pattern as sent (not decoded), in order of their places. */
  params: readonly string[] = [];
  /** The route that an unclaimed path would match but for case, a trailing slash or parameters. */
  nearMiss: RouteFacts | undefined = undefined;
  /** A copy of it is never sent: odd target, or a guard would refuse it. */
  isUncopied = false;
  identity: Identity = anonymous;
  /** `Authorization` for a service in the place of the client's: a token that the gateway minted. */
  minted: string | undefined = undefined;
  decision: Decision;
  /** The side that a copy of the request goes to. */
  copied: Side | undefined = undefined;
  /** Why none goes anywhere, although the route is shadowed. */
  skip: SkipReason | undefined = undefined;
  /** Its comparison, which hears when the client has its answer; undefined where there is none, or none any more. */
  pairing: { finish(): void } | undefined = undefined;
  /** Hears of what passes by, for the comparison; undefined: nobody does. */
  tap: Tap | undefined = undefined;
  /** Fields that the gateway adds to whatever answer the client gets, as flat raw pairs. */
  readonly answerFields: string[] = [];

  /** How it ended. */
  served: Side | undefined = undefined;
  because: Because;
  status = 0;
  refusal: ErrorCode | undefined = undefined;
  /** Why legacy answered instead of the service: an error code, or `status-404` and the like. */
  fallback: string | undefined = undefined;
  /** Milliseconds from the first byte to the upstream to its response head; -1 if none came. */
  upstreamMs = -1;
  bytesIn = 0;
  bytesOut = 0;
  /** What observing guards would have refused; undefined: nothing. */
  wouldRefuse: { readonly guard: GuardName; readonly code: ErrorCode }[] | undefined = undefined;
  /** Observing guards that have not made up their mind; it never rejects. */
  observing: Promise<unknown> | undefined = undefined;
  /** `Location` of the answer, as the client got it. */
  location: string | undefined = undefined;
  /** The answer set a cookie. */
  setsCookie = false;
  /** Whether the client had everything that was meant for it. */
  isComplete = false;

  constructor(facts: {
    req: IncomingMessage;
    id: string;
    startedAt: number;
    client: Client;
    method: string;
    target: Target;
    isOverridden: boolean;
    isPreflight?: boolean;
    isUpgrade: boolean;
    traceparent: string;
    route: RouteFacts;
    decision: Decision;
  }) {
    this.req = facts.req;
    this.id = facts.id;
    this.startedAt = facts.startedAt;
    this.client = facts.client;
    this.method = facts.method;
    this.target = facts.target;
    this.isOverridden = facts.isOverridden;
    this.isPreflight = facts.isPreflight ?? false;
    this.isUpgrade = facts.isUpgrade;
    this.traceparent = facts.traceparent;
    this.route = facts.route;
    this.decision = facts.decision;
    this.because = facts.decision.because;
  }
}
