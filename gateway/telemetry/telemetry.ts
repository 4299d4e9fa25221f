import { type Clock, systemClock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import { logExchanges } from './access-record.ts';
import { createLineBuffer } from './line-buffer.ts';
import { createWriteLine, logEvents } from './log.ts';
import { createPrometheus, type Facts, type ProcessMetrics } from './prometheus.ts';
import type { LogConfig } from './schema.ts';
import { createSecurityLog } from './security-log.ts';
import { createTally, type Tally } from './tally.ts';

/** All that is told of what happens: records and events as lines, counts as metrics. It only listens. */
export interface Telemetry {
  readonly tally: Tally;
  /** The text that Prometheus scrapes. */
  metrics(): Promise<string>;
  readonly contentType: string;
  /** Takes in so many whole lines that a worker has written. */
  relay(lines: string, count: number): void;
  /** Writes out what is buffered. */
  flush(): void;
  close(): void;
}

export interface TelemetryDeps {
  readonly events: Events;
  /** Asked for each line, so that a reload counts at once. */
  log(): LogConfig;
  revision(): string;
  /** What runs, asked for when metrics are scraped. */
  facts(): Facts;
  /** Gets one or more lines, without the last line break. */
  write(lines: string): void;
  /** Readable text for a terminal instead of JSON. */
  readonly isHuman: boolean;
  /** Bytes that `write` has taken and not passed on yet; above 1 MiB lines wait, and beyond a bound are dropped. */
  backlog?(): number;
  readonly clock?: Clock;
  /** Where workers serve: they write the access records, and this is what else they know. */
  readonly workers?: WorkersTelemetry | undefined;
}

/** What is asked of workers when metrics are scraped. */
export interface WorkersTelemetry {
  processes(): Promise<readonly ProcessMetrics[]>;
  /** Access records that found no room there. */
  droppedLines(): number;
}

export function createTelemetry(deps: TelemetryDeps): Telemetry {
  const { events, clock = systemClock, workers } = deps;
  const tally = createTally(events);
  const buffer = createLineBuffer({ write: deps.write, backlog: deps.backlog ?? (() => 0), clock });
  const logDeps = { ...deps, clock, buffer };
  const security = createSecurityLog({ ...logDeps, write: createWriteLine(logDeps) });
  const prometheus = createPrometheus({
    tally,
    facts: deps.facts,
    droppedLines: () => ({
      log: buffer.dropped + (workers?.droppedLines() ?? 0),
      security: security.dropped,
    }),
    processes: workers?.processes,
  });
  const stops = [
    workers === undefined ? logExchanges(logDeps) : () => {},
    logEvents(logDeps),
    security.close,
  ];
  return {
    tally,
    metrics: prometheus.metrics,
    contentType: prometheus.contentType,
    relay: buffer.add,
    flush: buffer.flush,
    close() {
      for (const stop of stops) stop();
      tally.close();
      prometheus.close();
      buffer.close();
    },
  };
}

/** The access records of a process that serves for another one; all else is told there. */
export interface AccessLog {
  /** Lines that found no room since the start. */
  readonly dropped: number;
  flush(): void;
  close(): void;
}

export function createAccessLog(
  deps: Pick<TelemetryDeps, 'events' | 'log' | 'revision' | 'write' | 'isHuman'> & {
    readonly clock: Clock;
    readonly backlog: () => number;
  },
): AccessLog {
  const buffer = createLineBuffer(deps);
  const stop = logExchanges({ ...deps, buffer });
  return {
    get dropped() {
      return buffer.dropped;
    },
    flush: buffer.flush,
    close() {
      stop();
      buffer.close();
    },
  };
}
