import type { IncomingHttpHeaders } from 'node:http';
import type { Decision, Identity, RouteFacts, Target } from '../core/exchange.ts';
import type { Stage } from '../core/vocabulary.ts';
import type { MoveEvidence } from './move-evidence.ts';

/** One route of routes.yaml, compiled: nothing about it is worked out again for a request. */
export interface Route extends RouteFacts {
  readonly entries: readonly MatchEntry[];
  readonly cohort: Cohort | undefined;
  /** Whether a hold, or a fallback, may give safe methods the monolith's stale data (`fallback.stale`). */
  readonly allowsStale: boolean;
  /** What the stage alone decides; in canary, per request by bucket and pins. */
  readonly decision: Decision;
}

/** One line of `match:`, compiled. */
export interface MatchEntry {
  /** As written, for people: `GET /orders/:id`. */
  readonly text: string;
  /** The pattern alone: `/orders/:id`. */
  readonly pattern: string;
  /** Undefined means any. GET implies HEAD. */
  readonly methods: readonly string[] | undefined;
  readonly host: string | undefined;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly query: readonly (readonly [name: string, value: string])[];
}

/** Clients that are split together, by one key and one percent. */
export interface Cohort {
  readonly name: string;
  /** 0 to 10,000: the service serves buckets below. */
  readonly threshold: number;
  readonly by: readonly KeySource[];
  readonly pins: { readonly service: readonly Pin[]; readonly legacy: readonly Pin[] };
}

export type KeySource =
  | { readonly kind: 'user' | 'ip' }
  | { readonly kind: 'cookie' | 'header'; readonly name: string };

/** `user:qa-1`, `role:staff`, `header:x-preview=1`, … with its text for people. */
export interface Pin {
  readonly text: string;
  readonly kind: 'user' | 'role' | 'ip' | 'cookie' | 'header';
  readonly name: string;
  readonly value: string;
}

/** What the table needs of a request. */
export interface RequestFacts {
  /** For a preflight, the method that it asks for. */
  readonly method: string;
  /** Default false; the table does not look at it. */
  readonly isPreflight?: boolean;
  /** Lower case, without port; empty if there is none. */
  readonly host: string;
  readonly target: Target;
  readonly headers: IncomingHttpHeaders;
}

/** Who asks, as far as the split of a canary needs to know. */
export interface Asker {
  readonly identity: Identity;
  readonly address: string;
  readonly headers: IncomingHttpHeaders;
}

export type Match =
  | {
      readonly kind: 'route';
      readonly route: Route;
      readonly entry: number;
      readonly params: readonly string[];
    }
  /** Goes to legacy; `nearMiss` is the route it would match but for case, a trailing slash or parameters. */
  | { readonly kind: 'unclaimed'; readonly nearMiss: Route | undefined }
  /** An odd target of which some reading matches `route`: refused from canary on, else legacy as sent, never copied. */
  | { readonly kind: 'odd'; readonly route: Route };

/** A runtime brake on a route. Times are wall-clock milliseconds. */
export interface Hold {
  readonly route: string;
  readonly by: string;
  readonly reason: string;
  readonly since: number;
  /** Released by itself then; undefined: until somebody releases it. */
  readonly until: number | undefined;
  /** While a release ramps up: the share of clients (0 to 100) that the hold no longer covers. */
  readonly released: number;
  /** What is left of that ramp; absent while nobody has released it. */
  readonly ramp?: Ramp;
}

/** A release in steps: at `nextAt` the first of `steps` counts, the others follow `every` milliseconds. */
export interface Ramp {
  /** Shares in percent, rising; 100 ends the hold. */
  readonly steps: readonly number[];
  readonly every: number;
  /** Wall clock, milliseconds. */
  readonly nextAt: number;
  readonly by: string;
  readonly reason: string;
}

/** One change of stage or percent. */
export interface Move {
  readonly id: string;
  readonly at: number;
  readonly route: string;
  readonly from: { readonly stage: Stage; readonly percent: number | undefined };
  readonly to: { readonly stage: Stage; readonly percent: number | undefined };
  readonly by: string;
  readonly reason: string;
  readonly revision: string;
  /** It passed over a gate that was closed: by a hand edit, or by `--force`. */
  readonly ungated: boolean;
  /** What was known at that moment; undefined where nothing was, or an older Figway recorded it. */
  readonly evidence?: MoveEvidence | undefined;
}

/** Implemented by `store/`. Every method rejects if the store is away; callers go on without it, loudly. */
export interface HoldStore {
  holds(): Promise<readonly Hold[]>;
  /** Replaces the route's hold, unless that began later: then another gateway has held it meanwhile. */
  hold(hold: Hold): Promise<void>;
  /** @param since only a hold that began no later; undefined: whichever. */
  release(route: string, since?: number): Promise<void>;
}

/** The last time that the tripwire of a route has seen enough. */
export interface Trip {
  readonly route: string;
  /** Wall clock, milliseconds. */
  readonly at: number;
  readonly reason: string;
}

export interface TripStore {
  /** Of each route the last one, oldest first. */
  trips(): Promise<readonly Trip[]>;
  /** Replaces the route's, unless that came later. One of 90 days ago is forgotten. */
  keepTrip(trip: Trip): Promise<void>;
}

export interface MoveStore {
  /** Newest first. */
  moves(limit: number): Promise<readonly Move[]>;
  record(move: Move): Promise<void>;
  /**
   * Records a move that the gateway saw in its file, once for all gateways of a store: not where the newest move of the
   * route was the same, of one revision, at most ten minutes ago.
   */
  recordEdit(move: Move): Promise<void>;
}
