import type { ErrorCode } from './errors.ts';
import type { Exchange, RouteFacts } from './exchange.ts';
import type { Outcome, SkipReason } from './outcome.ts';
import type { GuardMode, GuardName, Stage } from './vocabulary.ts';

/** What happened, as past participles. Rooms emit; telemetry and admin listen. No label carries a raw path. */
export type GatewayEvent =
  | { type: 'exchange-finished'; exchange: Exchange; totalMs: number }
  | {
      type: 'refused';
      route: RouteFacts;
      guard: GuardName | 'target' | 'message' | 'route';
      code: ErrorCode;
      mode: GuardMode;
      exchange?: Exchange;
    }
  | { type: 'near-missed'; route: RouteFacts }
  | { type: 'fell-back'; route: RouteFacts; reason: string }
  /** No access token for an upstream came, or one came again. */
  | { type: 'token-failed'; upstream: string; reason: string }
  | { type: 'token-restored'; upstream: string }
  | { type: 'retried'; upstream: string; reason: string }
  | { type: 'upstream-answered'; upstream: string; status: number; ms: number }
  | { type: 'breaker-opened' | 'breaker-half-opened' | 'breaker-closed'; upstream: string }
  | { type: 'instance-ejected' | 'instance-restored'; upstream: string; instance: string; reason: string }
  | { type: 'config-loaded'; revision: string; hash: string; routes: number; warnings: number; ms: number }
  | { type: 'config-refused'; problems: readonly { line: string; code: string }[]; hash: string }
  | {
      type: 'route-moved';
      route: string;
      from: Stage;
      to: Stage;
      by: string;
      reason: string;
      ungated: boolean;
    }
  | { type: 'route-held'; route: string; by: string; reason: string; until: number | undefined }
  | { type: 'route-released'; route: string; by: string; reason: string }
  /** The store is away: `task` was not done there, and what runs goes on without it. */
  | { type: 'store-failed'; task: string; reason: string }
  | { type: 'store-restored' }
  /** Redis, or the process that workers share, is away or slow: this process counts limits alone. */
  | { type: 'limits-degraded'; reason: string }
  | { type: 'limits-restored' }
  /** Redis is away: holds and releases are not announced to other gateways, nor heard of. */
  | { type: 'holds-degraded'; reason: string }
  | { type: 'holds-restored' }
  /** The keys of a token issuer could not be fetched; those that are known live on. Said once until they could again. */
  | { type: 'keys-failed'; url: string; reason: string }
  | { type: 'keys-restored'; url: string }
  /** A request on a shadowed route has come to its outcome; `method` is GET for HEAD. */
  | {
      type: 'compared';
      route: RouteFacts;
      method: string;
      outcome: Outcome;
      skip: SkipReason | undefined;
      /** Requests that came to this; more than one only where they were not compared. */
      count: number;
    }
  /** A tripwire has seen enough; with `data: service` it only says so. */
  | { type: 'tripwire-tripped'; route: string; reason: string; isHeld: boolean }
  /** The thread that compares has ended by itself and was started again; what was queued is skipped. */
  | { type: 'compare-worker-lost'; reason: string; lost: number }
  /** A process that serves clients does so from now on; or has ended unasked, and another takes its place in `ms`. */
  | { type: 'worker-started'; worker: number; pid: number; ms: number }
  | { type: 'worker-lost'; worker: number; pid: number; reason: string; ms: number }
  /** What a worker had to tell found no room there: so much was served and is not counted. */
  | { type: 'worker-silent'; worker: number; untold: number }
  | { type: 'untrusted-forwarded'; peer: string }
  | { type: 'drain-began' | 'drain-ended'; detail: string }
  | { type: 'crashed'; error: unknown };

/** The event of that type. Not `Extract`, which finds nothing where one member has several types. */
export type EventOf<T extends GatewayEvent['type'], E = GatewayEvent> = E extends { type: string }
  ? T extends E['type']
    ? E
    : never
  : never;

export interface Events {
  emit(event: GatewayEvent): void;
  /** Calls `listener` for every event of that type; returns how to stop. A listener never throws. */
  on<T extends GatewayEvent['type']>(type: T, listener: (event: EventOf<T>) => void): () => void;
}

/** Synchronous and in order: a listener does little, and never waits. */
export function createEvents(): Events {
  const listeners = new Map<string, ((event: GatewayEvent) => void)[]>();
  return {
    emit(event) {
      const list = listeners.get(event.type);
      if (list !== undefined) for (const listener of list) listener(event);
    },
    on(type, listener) {
      const mine = listener as (event: GatewayEvent) => void;
      listeners.set(type, [...(listeners.get(type) ?? []), mine]);
      return () => {
        listeners.set(
          type,
          (listeners.get(type) ?? []).filter(other => other !== mine),
        );
      };
    },
  };
}
