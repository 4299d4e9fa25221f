import type { WorkerStatus } from './admin/deps.ts';
import type { Holds } from './admin/holds.ts';
import { type Comparing, createComparing } from './compare/comparing.ts';
import type { Counting } from './compare/counting.ts';
import type { Ended } from './compare/recorder.ts';
import { createRecording, type Recording } from './compare/recording.ts';
import type { Shadowing } from './compare/shadowing.ts';
import type { Clock } from './core/clock.ts';
import type { Events } from './core/events.ts';
import type { KeySetStatus } from './edge/auth/issuers.ts';
import type { LimitsStatus } from './edge/limit/limits.ts';
import { createEdgeApp } from './edge-app.ts';
import type { Good } from './live.ts';
import type { Recents } from './onlookers.ts';
import { createPipeline } from './pipeline.ts';
import { createProxy } from './proxy/middleware.ts';
import { openTransport } from './proxy/transport.ts';
import type { UpstreamStatus } from './proxy/upstream.ts';
import { createRecordRules } from './record-rules.ts';
import type { Config } from './schema.ts';
import { createEdgeServer } from './server.ts';
import type { Snapshot } from './snapshot.ts';
import type { WorkersTelemetry } from './telemetry/telemetry.ts';

/** Whoever serves clients: this process, or its workers. */
export interface Serving {
  /** Serves from now on; the URL. Rejects with node's error if the port cannot be bound. */
  listen(address: string): Promise<string>;
  /** Hears of every swap, and what the next one was compiled from. Settled once it runs wherever clients are served. */
  renew(next: Snapshot, loaded: Good): void | Promise<void>;
  /** Requests whose copy or comparison is under way. */
  comparing(): number;
  readonly recording: Pick<Recording, 'open' | 'close'>;
  /** Answers from now on carry `Connection: close`. */
  sayGoodbye(): void;
  /** Lets what is under way come to its end, at most so many milliseconds; then comparisons too. */
  drain(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Processes that serve in the place of this one, as it sees them. Nothing of it is on the path of a request. */
export interface Workers extends Serving {
  readonly telemetry: WorkersTelemetry;
  readonly recent: Recents;
  list(): readonly WorkerStatus[];
  upstreams(): readonly UpstreamStatus[];
  /** What is true of them all, with what this process says of itself. */
  limits(own: LimitsStatus): LimitsStatus;
  keySets(own: readonly KeySetStatus[]): readonly KeySetStatus[];
  /** Hears of every change of a hold. */
  holdChanged(route: string): void;
  /** Settled once what was told so far counts in all that serve. Never rejects. */
  reached(): Promise<void>;
  /** Settled once what they have seen so far is counted here, or after a short while. Never rejects. */
  gather(): Promise<void>;
}

/** What a process needs that has workers. */
export interface WorkersParts {
  readonly clock: Clock;
  readonly events: Events;
  readonly first: Good;
  readonly snapshot: () => Snapshot | undefined;
  readonly holds: Pick<Holds, 'of' | 'list'>;
  readonly counting: Pick<Counting, 'count'>;
  readonly isStoreAway: () => boolean;
  /** Takes so many whole lines of access records. */
  readonly relay: (lines: string, count: number) => void;
  readonly isHuman: boolean;
}

export type OpenWorkers = (parts: WorkersParts) => Workers;

export interface ServingParts {
  readonly clock: Clock;
  readonly events: Events;
  /** What it starts with. */
  readonly first: Config;
  /** What runs; undefined before there is something. */
  readonly snapshot: () => Snapshot | undefined;
  readonly holds: Pick<Holds, 'of'>;
  /** What comes of a comparison cannot be kept now. */
  readonly isStoreAway: () => boolean;
  /** Counts what a compared request has come to. */
  readonly count: (ended: Ended, shadowing: Shadowing) => void;
  /** Of the bounds of a gateway, that of this process; default 1. */
  readonly share?: number;
  /** What `keep: shapes` hashes with, where several processes make one gateway. */
  readonly shapeKey?: Uint8Array | undefined;
}

/** Milliseconds that comparisons have to come to their end when the gateway does, within `drain.timeout`. */
export const longestFlush = 5000;

const nothingYet = { shadowings: [], tripwires: new Map(), upstreams: new Map() };

/** Serves in this process. */
export function serveHere(parts: ServingParts): Serving {
  const { clock, events, first, snapshot, holds } = parts;
  const current = (): Config => snapshot()?.config ?? first;
  const proxy = createProxy({ events, clock });
  const recording = createRecording({
    clock,
    rulesOf: createRecordRules(current, clock.wall),
    onFault: error => events.emit({ type: 'crashed', error }),
  });
  const comparing: Comparing = createComparing({
    ...{ clock, events, openTransport, count: parts.count, share: parts.share ?? 1 },
    ...{ isStoreAway: parts.isStoreAway, shapeKey: parts.shapeKey },
    settings: () => snapshot() ?? nothingYet,
    onHeard: recording.heard,
  });
  const running = (): Snapshot => {
    const found = snapshot();
    if (found === undefined) throw new TypeError('nobody is served before there is a snapshot');
    return found;
  };
  const pipeline = createPipeline({ snapshot: running, holds, proxy, comparing, recording, events });
  const port = createEdgeServer({
    ...createEdgeApp(pipeline, events),
    upgrade: (req, socket, head) => void pipeline.upgrade(req, socket, head),
    idle: first.listen.idle,
    tls: first.listen.tls,
  });
  return {
    listen: port.listen,
    renew(next) {
      comparing.renew(next);
      port.renew(next.config.listen.tls);
    },
    comparing: comparing.inFlight,
    recording,
    sayGoodbye: () => port.sayGoodbye(pipeline.inFlight),
    async drain(ms) {
      await Promise.all([port.drain(ms), proxy.drain(ms)]);
      await comparing.drain(Math.min(ms, longestFlush));
    },
    async close() {
      recording.close();
      await comparing.close();
    },
  };
}
