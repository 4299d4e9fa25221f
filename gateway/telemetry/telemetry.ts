import { type Clock, systemClock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import { logExchanges } from './access-record.ts';
import { createLineBuffer } from './line-buffer.ts';
import { createWriteLine, logEvents } from './log.ts';
import { createPrometheus, type Facts } from './prometheus.ts';
import type { LogConfig } from './schema.ts';
import { createSecurityLog } from './security-log.ts';
import { createTally, type Tally } from './tally.ts';

/** All that is told of what happens: records and events as lines, counts as metrics. It only listens. */
export interface Telemetry {
  readonly tally: Tally;
  /** The text that Prometheus scrapes. */
  metrics(): Promise<string>;
  readonly contentType: string;
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
}

export function createTelemetry(deps: TelemetryDeps): Telemetry {
  const { events, clock = systemClock } = deps;
  const tally = createTally(events);
  const buffer = createLineBuffer({ write: deps.write, backlog: deps.backlog ?? (() => 0), clock });
  const logDeps = { ...deps, clock, buffer };
  const security = createSecurityLog({ ...logDeps, write: createWriteLine(logDeps) });
  const prometheus = createPrometheus({
    tally,
    facts: deps.facts,
    droppedLines: () => ({ log: buffer.dropped, security: security.dropped }),
  });
  const stops = [logExchanges(logDeps), logEvents(logDeps), security.close];
  return {
    tally,
    metrics: prometheus.metrics,
    contentType: prometheus.contentType,
    flush: buffer.flush,
    close() {
      for (const stop of stops) stop();
      tally.close();
      prometheus.close();
      buffer.close();
    },
  };
}
