import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { AuthConfig } from './auth/schema.ts';
import { type BruteForce, createBruteForce } from './limit/brute-force.ts';
import { createCounters, type Limits, type LimitsStatus } from './limit/limits.ts';
import type { EdgeConfig } from './schema.ts';

/** What guards lean on and what lives on over reloads: keys, caches, counters. Compiled for one snapshot. */
export interface EdgeServices {
  readonly limits: Limits;
  /** Never blocks anybody where it is off. */
  readonly bruteForce: BruteForce;
}

/** What the edge is told by a config. */
export interface EdgeSettings {
  readonly auth?: AuthConfig | undefined;
  readonly edge: EdgeConfig;
  /** Address of Redis; empty or absent: this process counts alone. */
  readonly redis?: string | undefined;
}

export interface EdgeDeps {
  readonly events: Events;
  readonly clock: Clock;
}

/** The services that run, whatever snapshots use them. */
export interface Edge {
  /** The services of a config. Those whose settings are what they were are the same as before. Nothing is ended here. */
  apply(settings: EdgeSettings): EdgeServices;
  /** Ends what is not in `kept`. Called with the new services after a swap. */
  retire(kept: EdgeServices): void;
  /** Settled once it is known whether shared counters are there; within a second. */
  ready(): Promise<void>;
  limits(): LimitsStatus;
  close(): Promise<void>;
}

export function createEdge({ events, clock }: EdgeDeps): Edge {
  const counters = createCounters({ events, clock });
  return {
    apply({ edge, redis = '' }) {
      const limits = counters.apply(redis);
      return { limits, bruteForce: createBruteForce(edge.bruteForce, limits) };
    },
    retire: ({ limits }) => counters.retire(limits),
    ready: counters.ready,
    limits: counters.status,
    async close() {
      counters.close();
    },
  };
}
