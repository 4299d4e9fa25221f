import type { KeySetStatus } from '../edge/auth/issuers.ts';
import type { LimitsStatus } from '../edge/limit/limits.ts';
import type { Good } from '../live.ts';
import type { UpstreamStatus } from '../proxy/upstream.ts';
import type { Hold } from '../routing/route.ts';
import type { Config, RouteConfig } from '../schema.ts';
import type { ProcessMetrics } from '../telemetry/prometheus.ts';
import type { Recent } from '../telemetry/recent-requests.ts';

/** What a worker is told once, before anything else. */
export interface StartOrder {
  /** From 1. */
  readonly worker: number;
  /** Of the bounds of the gateway, those of one worker. */
  readonly share: number;
  readonly address: string;
  readonly listen: Config['listen'];
  readonly isHuman: boolean;
  readonly holds: readonly Hold[];
  /** What request lines are hashed with, so that those of all workers are of one kind. */
  readonly recentKey: string;
  /** What `keep: shapes` hashes with. */
  readonly shapeKey: Uint8Array;
  /** Of the gateway itself, in PEM: where the config names none. */
  readonly mintingKey: string;
}

export interface RecordAsked {
  readonly id: number;
  readonly route: string | undefined;
  /** Milliseconds. */
  readonly time: number;
}

/** What a worker is asked for. Its answer stands for all that it was told before. */
export interface Answers {
  readonly report: Report;
  readonly recent: Recent;
  readonly processes: ProcessMetrics;
}

export type Question = keyof Answers;

/** How a worker is. */
export interface Report {
  readonly upstreams: readonly UpstreamStatus[];
  readonly limits: LimitsStatus;
  readonly keySets: readonly KeySetStatus[];
  readonly comparing: number;
  /** Access records that found no room. */
  readonly dropped: number;
}

export type ToWorker =
  | { readonly kind: 'start'; readonly order: StartOrder }
  /** A config comes in slices: all but its routes, the routes, and the word that it is whole. */
  | { readonly kind: 'config'; readonly loaded: Good }
  | { readonly kind: 'routes'; readonly routes: readonly (readonly [string, RouteConfig])[] }
  | { readonly kind: 'run' }
  | { readonly kind: 'holds'; readonly set: readonly Hold[]; readonly gone: readonly string[] }
  | { readonly kind: 'counted'; readonly id: number; readonly answer: readonly number[] }
  /** Asked every 2 s, so a worker knows as quickly whether what it compares can be kept. */
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly question: Question;
      readonly isStoreAway: boolean;
    }
  | { readonly kind: 'record'; readonly asked: RecordAsked }
  | { readonly kind: 'record-end'; readonly id: number }
  | { readonly kind: 'goodbye' }
  | { readonly kind: 'drain'; readonly ms: number };

export type FromWorker =
  /** It can be told things. */
  | { readonly kind: 'hello' }
  | { readonly kind: 'ready'; readonly url: string }
  /** It cannot serve; it ends. `code` is node's where the port cannot be bound. */
  | { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
  /** JSON of `Item`s: see told.ts. */
  | { readonly kind: 'told'; readonly items: string }
  | { readonly kind: 'untold'; readonly items: number }
  | { readonly kind: 'lines'; readonly lines: string; readonly count: number }
  | {
      readonly kind: 'hits';
      readonly id: number;
      readonly keys: readonly string[];
      readonly args: readonly string[];
    }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answers[Question] }
  /** Lines that were left out since it was told last come with the next line, or with a report. */
  | { readonly kind: 'recorded'; readonly id: number; readonly line: string; readonly leftOut: number }
  | { readonly kind: 'left-out'; readonly id: number; readonly leftOut: number }
  /** All that it had is told. */
  | { readonly kind: 'drained' };
